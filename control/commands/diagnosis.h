/*
 * What setup and doctor found: a row each, with what to type where it is wrong.
 */
#ifndef CONTROL_COMMANDS_DIAGNOSIS_H
#define CONTROL_COMMANDS_DIAGNOSIS_H

#include "control/command.h"

enum diagnosis_state {
	SEEN_OK,
	SEEN_WRONG,
	SEEN_NOT /* it could not be looked at */
};

struct diagnosis {
	struct command_context *c;
	unsigned int count[SEEN_NOT + 1];
	struct error e;
	bool failed; /* e says why: the output is closed */
};

/* what: which thing; cure: what to type or NULL; fmt: how it is. */
void diagnosis_row(struct diagnosis *d, enum diagnosis_state state,
	const char *what, const char *cure, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Says how many are what. EXIT_DONE: nothing is wrong; EXIT_NO. */
enum exit_code diagnosis_end(struct diagnosis *d);

#endif
