/*
 * Asking the daemon over its control socket: for csrcadm, and for the programs
 * of channels, which link nothing else of ours but base/.
 *
 * One thread a client. The daemon writes what it has to say to the descriptors
 * that come with a request, and hangs up on a client that was idle for long:
 * the next request then connects again.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include "control/protocol.h"
#include "base/error.h"

struct client;

/* What the command reads and writes; in is -1 if it takes no file. The daemon
 * gets copies. */
struct client_files {
	int in, out, err;
};

/*
 * Connects. seconds is how long for, and how long each answer is waited for (0:
 * for ever), after which it is ERROR_TROUBLE. ERROR_NOT_FOUND: no daemon
 * listens there. ERROR_DENIED: not allowed.
 */
int client_open(const char *path, int seconds, struct client **client_r,
	struct error *e);
/*
 * 0: *code_r is the command's exit code. ERROR_DENIED, ERROR_USAGE: refused,
 * not run. ERROR_LIMIT: the arguments are too long. ERROR_TROUBLE: no answer
 * came, and it may have been run. After a failure the next request connects
 * again.
 */
int client_ask(struct client *client, int argc, char **argv,
	const struct client_files *files, enum exit_code *code_r,
	struct error *e);
void client_close(struct client **client);

/* One request on a connection of its own. */
int client_ask_once(const char *path, int seconds, int argc, char **argv,
	const struct client_files *files, enum exit_code *code_r,
	struct error *e);

#endif
