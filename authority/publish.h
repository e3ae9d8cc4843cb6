/*
 * What is given out: the authority's certificate and its list of revoked ones,
 * in the public directory. A file there is a whole one at any moment, the old
 * or the new. Of one thread.
 */
#ifndef AUTHORITY_PUBLISH_H
#define AUTHORITY_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "authority/configuration.h"
#include "authority/crl.h"
#include "authority/issuer.h"
#include "base/error.h"
#include "control/client.h"

struct published {
	const struct ca_configuration *configuration;
	struct issuer *issuer;
	struct crl_facts crl; /* number 0: there is none yet */
	uint64_t revision;    /* of the store, that it has */
	bool known;           /* the revision is */
	bool told;            /* the daemon knows of that list */
};

/* Puts the certificate there, and looks what list is there: one that is not
 * ours, or none, is no failure. */
int publish_begin(struct published *p, const struct ca_configuration *c,
	struct issuer *issuer, struct error *e);

/* Is a new list due, for this revision of the store or because of its age? */
bool publish_due(const struct published *p, uint64_t revision, int64_t now);

/*
 * Makes one of what the daemon says is revoked, puts it there, on disk, and
 * tells the daemon. Its number is above that of each before it: above the
 * last one's, and no less than the time, so that a directory that was emptied,
 * or put back, leads to none that was there. ERROR_TROUBLE.
 */
int publish_crl(struct published *p, struct client *client, uint64_t revision,
	int64_t now, struct error *e);
/* Tells the daemon, if it has not heard of the list. */
int publish_tell(struct published *p, struct client *client, struct error *e);

#endif
