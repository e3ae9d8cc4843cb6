/*
 * One connection to the control socket, from the daemon's side; for
 * admin/control.c only.
 */
#ifndef ADMIN_CONTROL_REQUEST_H
#define ADMIN_CONTROL_REQUEST_H

#include "admin/command.h"

struct place;

/* Takes the request, runs it, answers. The caller closes the connection. */
void control_serve(
	struct place *place, const struct command_context *base, int stop);

/* Answers that nothing was run, and why. */
void control_refuse(int connection, enum exit_code code, const char *why);

#endif
