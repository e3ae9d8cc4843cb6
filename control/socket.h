/*
 * The control socket: csrcadm hands its arguments and its open files to the
 * daemon, which runs the command and answers with the exit code.
 *
 * One request a connection (SOCK_SEQPACKET). The client sends one message: the
 * arguments, each ended by NUL, at most CONTROL_REQUEST_MAX octets in all, with
 * its standard output, standard error and, where the command takes one, its
 * input file attached (SCM_RIGHTS). The answer is one octet, the exit code; a
 * request that was not run at all is answered by an exit code and, behind it,
 * why. A peer whose effective user is neither root nor the daemon's is refused
 * (SO_PEERCRED).
 *
 * The daemon never waits for a peer without end: a request must come within
 * CONTROL_REQUEST_WAIT seconds, and a command whose client hangs up, or that
 * still writes when the daemon stops, finds its files closed. At most
 * CONTROL_REQUESTS_MAX commands work at once, those not counted that wait for
 * their clients, or that only look how things are (PLACE_STATE). There are
 * CONTROL_CLIENTS_MAX connections, the last CONTROL_RESERVED of which are for
 * the latter; who lets its command wait longest goes when one more comes.
 */
#ifndef CONTROL_SOCKET_H
#define CONTROL_SOCKET_H

#include "control/command.h"
#include "base/error.h"

enum {
	CONTROL_REQUEST_MAX = 32768, /* octets */
	CONTROL_REQUEST_WAIT = 5,    /* seconds */
	CONTROL_STATE_WAIT = 10,     /* for an answer to PLACE_STATE */
	CONTROL_REQUESTS_MAX = 8,
	CONTROL_CLIENTS_MAX = 64,
	CONTROL_RESERVED = 8
};

struct control; /* the daemon's end */

/*
 * Binds path, mode 0660 (as root, before privileges are dropped). A socket file
 * that nobody listens on is replaced. ERROR_EXISTS: somebody listens there, or
 * the path is no socket.
 */
int
control_listen(const char *path, struct control **control_r, struct error *e);
/* Serves from threads of its own until control_close. base is copied for each
 * request, with in, out, err, json and cancelled filled in; its rules are taken
 * from base->gate for each request. */
int control_start(
	struct control *c, const struct command_context *base, struct error *e);
/* Cancels running commands and waits for them, removes the socket. */
void control_close(struct control **c);

/*
 * csrcadm's end. 0: *code_r is the command's exit code. ERROR_NOT_FOUND: no
 * daemon listens there. ERROR_DENIED: not allowed. in is -1 if the command
 * takes no file; seconds is how long an answer is waited for (0: for ever),
 * after which it is ERROR_TROUBLE.
 */
int control_ask(const char *path, int argc, char **argv, int in, int out,
	int err, int seconds, enum exit_code *code_r, struct error *e);

#endif
