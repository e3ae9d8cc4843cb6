/*
 * The control socket: csrcadm hands its arguments and its open files to the
 * daemon, which runs the command and answers with the exit code.
 *
 * What is said there is in control/protocol.h. Who asks is known by the user
 * id that the kernel says (SO_PEERCRED, control/peers.h): one without a role is
 * refused before it is heard, and hears no more than that.
 *
 * The daemon never waits for a peer without end: a first request must come
 * within CONTROL_REQUEST_WAIT seconds, the next one within CONTROL_IDLE_WAIT,
 * and a command whose client hangs up, or that still writes when the daemon
 * stops, finds its files closed. At most CONTROL_REQUESTS_MAX commands work at
 * once, those not counted that wait for their clients, or that only look how
 * things are (PLACE_STATE). There are CONTROL_CLIENTS_MAX connections, the last
 * CONTROL_RESERVED of which are for the latter; who is idle longest, or else
 * who lets its command wait longest, goes when one more comes.
 */
#ifndef CONTROL_SOCKET_H
#define CONTROL_SOCKET_H

#include "control/command.h"
#include "control/protocol.h"
#include "base/error.h"

enum {
	CONTROL_REQUEST_WAIT = 5, /* seconds */
	CONTROL_IDLE_WAIT = 60,
	CONTROL_REQUESTS_MAX = 8,
	CONTROL_CLIENTS_MAX = 64,
	/* Of those, the most that are not operators', and that are one such
	 * user's. */
	CONTROL_OTHERS_MAX = 40,
	CONTROL_USER_MAX = 16,
	/* Likewise, of the commands at work. */
	CONTROL_OTHERS_WORKING = 6,
	CONTROL_USER_WORKING = 4,
	CONTROL_RESERVED = 8
};

struct control; /* the daemon's end */

/*
 * Binds path, mode 0660 (as root, before privileges are dropped). A socket file
 * that nobody listens on is replaced. ERROR_EXISTS: somebody listens there;
 * ERROR_DENIED: the path is no socket.
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

#endif
