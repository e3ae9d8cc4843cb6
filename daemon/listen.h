/*
 * The daemon's sockets, opened while it is root, with the modes and owners that
 * the MTA and csrcadm need.
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include "control/socket.h"
#include "base/error.h"
#include "config/settings.h"
#include "base/privileges.h"

/*
 * Opens both. Their directories are made if absent (mode 0755, the daemon's):
 * run directories vanish at every boot. ERROR_EXISTS: a daemon listens already.
 */
int
listen_open(const struct settings *settings, const struct identity *identity,
	struct control **control_r, struct error *e);

/* Ends the control socket's service and removes both sockets' files. */
void listen_close(const struct settings *settings, struct control **control);

#endif
