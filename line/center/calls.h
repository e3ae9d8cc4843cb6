/*
 * Where calls come from, and how they are made: standard input, a terminal
 * line, a command.
 */
#ifndef LINE_CENTER_CALLS_H
#define LINE_CENTER_CALLS_H

#include "base/error.h"
#include "line/center/configuration.h"
#include "line/line.h"

/* Each until it is over; stop is as pump_run has it. ERROR_TROUBLE and others:
 * there was no call. */

/* The one that is on standard input. */
int calls_here(const struct line_configuration *c, int stop,
	enum line_state *state_r, struct error *e);
/* The next one on a terminal line, of which none is taken that the gateway
 * would not have. ERROR_NOT_FOUND: we were stopped, or there was none.
 * ERROR_EXISTS: somebody else has the line; ERROR_DENIED: as answer_ready. */
int
calls_line(const struct line_configuration *c, const struct line_section *line,
	int stop, enum line_state *state_r, struct error *e);
/* To a device. */
int calls_device(const struct line_configuration *c,
	const struct device_section *device, int stop, enum line_state *state_r,
	struct error *e);

#endif
