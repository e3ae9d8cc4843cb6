/*
 * A contact with the center: who we are is confirmed first, each time, and only
 * then does anything leave; csrc-agent(5). What the center has, by a receipt
 * that holds, goes from the queue.
 */
#ifndef AGENT_CONTACT_H
#define AGENT_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/backlog.h"
#include "agent/configuration.h"
#include "agent/dating.h"
#include "agent/https.h"
#include "agent/verdicts.h"
#include "base/error.h"
#include "device/keyfile.h"

enum contact_state {
	CONTACT_NONE,        /* not yet tried */
	CONTACT_CONFIRMED,   /* all went well */
	CONTACT_UNREACHABLE, /* network, time, or cut off */
	CONTACT_UNTRUSTED,   /* it is not the center, as TLS shows */
	CONTACT_REFUSED,     /* it does not take us for who we are: 403 */
	CONTACT_MISMATCH,    /* it takes us for another, or is another */
	CONTACT_LATER,       /* 503, or what will pass likewise */
	CONTACT_BROKEN,      /* it answers what makes no sense */
	CONTACT_UNRECEIPTED, /* it has no receipt for what it got */
	CONTACT_TROUBLE      /* our own */
};

/* One word. */
const char *contact_state_name(enum contact_state state);

struct claims;

struct contact {
	const struct dca_configuration *configuration;
	const struct device_key *key;
	struct backlog *backlog;
	struct dating *dating;
	struct https *https;
	char path[64]; /* /csrc/agent/ID */
	/* Most of a bundle: smaller after it was too much, larger again when it
	 * was not. */
	size_t octets, lines;
	struct greeting greeting;                            /* the last one */
	uint64_t genuine, duplicate, kept, refused, bundles; /* so far */
	int64_t began; /* the bundle in hand, milliseconds of clock_milliseconds
			*/
	int64_t retry_after; /* seconds; -1: it does not say */
	/* After each bundle, how many octets still wait; may be NULL. */
	void (*progress)(void *arg, const struct contact *c);
	void *progress_arg;
	/* Asked between two bundles; true ends it, as if there were no more. */
	bool (*enough)(void *arg);
	void *enough_arg;
};

int
contact_open(struct contact *c, const struct dca_configuration *configuration,
	const struct device_key *key, struct backlog *backlog,
	struct dating *dating, struct error *e);
void contact_close(struct contact *c);

/*
 * "Who are we?" No body is sent. CONTACT_CONFIRMED: it is our center, and it
 * takes us for who we are.
 */
enum contact_state contact_greet(struct contact *c, struct error *e);

/* After that: what waits in the queue, oldest first, until it is empty. */
enum contact_state contact_send(struct contact *c, struct error *e);

/* The header of what is to be sealed, which makes these claims, for lines of
 * reports to be put behind it. */
int contact_entity(struct contact *c, const struct claims *claims,
	struct buffer *entity, struct error *e);
/*
 * Seals it, sends it and checks the receipt: what became of its count lines is
 * in v.
 */
enum contact_state contact_post(struct contact *c, const struct claims *claims,
	const struct buffer *entity, size_t count, struct verdicts *v,
	struct error *e);

/* What an answer's status means for us; 200 is CONTACT_CONFIRMED. */
enum contact_state contact_status(struct contact *c,
	const struct https_reply *reply, const char *what, struct error *e);
/* What a failure below HTTP does. */
enum contact_state contact_failure(const struct error *e);

#endif
