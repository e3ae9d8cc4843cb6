/*
 * What carries a message: a connection to a WebDAV server and one to the
 * daemon. Of one thread at a time.
 */
#ifndef WEBDAV_LINK_H
#define WEBDAV_LINK_H

#include "base/error.h"
#include "control/client.h"
#include "dav/dav.h"
#include "webdav/configuration.h"

struct link {
	const struct configuration *configuration; /* outlives it */
	const struct server *server;
	struct dav *dav;
	struct client *client; /* NULL: not connected */
};

/* How s reaches its authority (enrol/enrol.h). Of texts that s has. */
void link_authority(const struct configuration *c, const struct server *s,
	struct dav_options *options_r);

/* Checks url and files; no traffic yet. Of a struct that is all zero. */
int link_open(struct link *l, const struct configuration *c,
	const struct server *s, struct error *e);
void link_close(struct link *l);

/* Sees to it that l->client is there; waits for a place, if there are more
 * links than the daemon has for us. */
int link_daemon(struct link *l, struct error *e);
/* The daemon has answered, and what comes next may take long: l->client may be
 * gone then. */
void link_rest(struct link *l);
/*
 * Puts something into the outbox of that device, which is made if it is not
 * there. As dav_put.
 */
int link_put(struct link *l, const char *serial, const char *path,
	const void *octets, size_t length, bool create_only, struct error *e);
/* It did not answer: the next one connects anew. */
void link_hang_up(struct link *l);

#endif
