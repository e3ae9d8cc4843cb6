/*
 * csrc-line as a process.
 */
#ifndef LINE_CENTER_PROCESS_H
#define LINE_CENTER_PROCESS_H

#include <stdbool.h>

#include "base/error.h"
#include "control/protocol.h"

/* NULL: not given. */
struct process_options {
	const char *config;
	const char *dial; /* a device's serial, */
	const char *line; /* or a line's name; or neither */
	bool check;       /* read the configuration, no more */
};

/* e->text is "" unless there is something to say. */
enum exit_code
line_process_run(const struct process_options *o, struct error *e);

#endif
