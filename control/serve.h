/*
 * One connection to the control socket, from the daemon's side; for
 * control/socket.c only.
 */
#ifndef CONTROL_SERVE_H
#define CONTROL_SERVE_H

#include "control/command.h"

struct place;

/* Takes requests, runs them, answers, until no more come. The caller closes the
 * connection. */
void control_serve(
	struct place *place, const struct command_context *base, int stop);

/* why: nothing was run; "": it was. */
void control_answer(int connection, enum exit_code code, const char *why);

#endif
