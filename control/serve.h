/*
 * One connection to the control socket, from the daemon's side; for
 * control/socket.c only.
 */
#ifndef CONTROL_SERVE_H
#define CONTROL_SERVE_H

#include "control/command.h"

struct place;

/* Takes the request, runs it, answers. The caller closes the connection. */
void control_serve(
	struct place *place, const struct command_context *base, int stop);

/* Answers that nothing was run, and why. */
void control_refuse(int connection, enum exit_code code, const char *why);

#endif
