/*
 * The center's end of a call: the daemon is asked who is there, gets what
 * comes, and says what waits.
 */
#ifndef LINE_CENTER_ANSWER_H
#define LINE_CENTER_ANSWER_H

#include "base/error.h"
#include "line/center/configuration.h"
#include "line/line.h"

/* A call, and what is known of it before anybody has said anything. */
struct answer_call {
	int in, out;
	int stop;             /* a descriptor, as pump_run has it */
	const char *from;     /* for the log */
	const char *client;   /* an IP address; NULL: not known */
	const char *expected; /* the device that was called; NULL: any */
};

/* Would the gateway let a call begin? ERROR_DENIED: it is not there, or does
 * not let us, which may change; ERROR_TROUBLE. */
int answer_ready(const struct line_configuration *c, struct error *e);
/* Until it is over; logged. It did not begin: as answer_ready. */
int
answer_run(const struct line_configuration *c, const struct answer_call *call,
	enum line_state *state_r, struct error *e);

#endif
