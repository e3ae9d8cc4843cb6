/*
 * The conversation with the MTA: the milter protocol by way of libmilter, which
 * nothing outside session.c and finish.c knows. Sessions hand each mail with a
 * center or a device among its recipients to the gate, and turn what it says
 * into changes of the mail and the MTA's reply.
 *
 * libmilter calls back with nothing of ours in hand, so there is one service a
 * process: these functions are called once each, in this order.
 */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include "base/error.h"
#include "config/settings.h"
#include "gate/gate.h"
#include "base/load.h"

/*
 * Takes the listening milter socket: MTAs that connect wait until
 * session_serve.
 */
int
session_listen(const struct settings *settings, int listener, struct error *e);

/*
 * Serves, and returns when libmilter has stopped: by a signal that it caught
 * (it takes SIGTERM, SIGINT and SIGHUP as such), or since it cannot go on (-1).
 * It is never asked to stop, since smfi_stop waits for up to five seconds until
 * its listener looks: the process ends under it. Sessions may call load and
 * gate until then: load_stop keeps them from the gate, load must stay for ever.
 */
int session_serve(struct gate *gate, struct load *load, struct error *e);

#endif
