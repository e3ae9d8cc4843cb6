/*
 * The control socket: csrcadm hands its arguments and its open files to the
 * daemon, which runs the command and answers with the exit code.
 *
 * One request a connection. The client sends one message: the arguments, each
 * ended by NUL, at most CONTROL_REQUEST_MAX octets in all, with its standard
 * output, standard error and, where the command takes one, its input file
 * attached (SCM_RIGHTS). The answer is one octet, the exit code. A peer whose
 * effective user is neither root nor the daemon's is refused (SO_PEERCRED).
 */
#ifndef ADMIN_CONTROL_H
#define ADMIN_CONTROL_H

#include "admin/command.h"
#include "base/error.h"

enum { CONTROL_REQUEST_MAX = 32768 };

struct control; /* the daemon's end */

/* Binds path, mode 0660 (as root, before privileges are dropped). */
int
control_listen(const char *path, struct control **control_r, struct error *e);
/* Serves from threads of its own until control_close. base is copied for each
 * request, with in, out, err, json and cancelled filled in; its rules are taken
 * from base->gate for each request. */
int control_start(
	struct control *c, const struct command_context *base, struct error *e);
/* Waits for running commands, removes the socket. */
void control_close(struct control **c);

/*
 * csrcadm's end. 0: *code_r is the command's exit code. ERROR_NOT_FOUND: no
 * daemon listens there. in is -1 if the command takes no file.
 */
int control_ask(const char *path, int argc, char **argv, int in, int out,
	int err, enum exit_code *code_r, struct error *e);

#endif
