/*
 * One round of a server: what is in work/ and inbox/ goes up, one slice of it,
 * and the center's requests come down.
 */
#ifndef WEBDAV_ROUND_H
#define WEBDAV_ROUND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "webdav/copies.h"
#include "webdav/link.h"
#include "webdav/pace.h"
#include "webdav/tries.h"

/* What was done since the start, and what was left in the last round. */
struct tally {
	atomic_ullong taken, refused; /* and removed */
	atomic_ullong later;  /* the gateway said so: these stay in work/ */
	atomic_ullong failed; /* what did not end as it should */
	atomic_ullong foreign, oversized; /* left alone */
	atomic_ullong requests;           /* put */
};

/* A server, as the threads that work for it share it. */
struct station {
	const struct configuration *configuration;
	const struct server *server;
	struct copies *copies;  /* its center's */
	unsigned int number;    /* among the servers of its center */
	struct link *links;     /* server->connections of them */
	struct tries *tries;    /* by the names of files */
	struct tries *requests; /* by Email-ID */
	struct slice *slice;
	uint32_t instance; /* tells our names in work/ from others' */
	atomic_uint moved; /* how many of them we gave */
	atomic_bool *stopping;
	struct tally tally;

	/* of the thread that makes the rounds */
	bool settled;            /* work/ was seen once */
	struct look work;        /* by clock_milliseconds */
	int64_t look_at_work;    /* when it is to be seen again */
	unsigned long long told; /* how many were left alone, in the log */
	/* in the last round: messages seen, requests that were not put */
	unsigned long long left, requests_left;

	/* of one round */
	atomic_bool broken;    /* it ends here */
	atomic_uint troubles;  /* of the server, in a row */
	atomic_uint unsettled; /* of work/ something is to be seen soon */
	atomic_uint progress;  /* messages that are gone */
	pthread_mutex_t mutex; /* of: */
	struct error why;      /* the first that broke it */
};

/* Checks all that can be checked without traffic. copies is the caller's. */
int station_open(struct station *s, const struct configuration *c,
	const struct server *server, struct error *e);
void station_close(struct station *s);

/* why_r: only if it failed. */
enum outcome round_run(struct station *s, struct error *why_r);
/* Lists once more, to say what is left: messages, whoever works on them. */
int round_count(struct station *s, unsigned long long *left_r, struct error *e);

/* For those who work in a round: should they go on? */
bool round_goes_on(const struct station *s);
/* The whole round ends: it would fail for the next one as well. */
void round_break(struct station *s, const struct error *e);
/* The server did not do it: some of that in a row breaks the round. */
void round_trouble(struct station *s, const struct error *e);
void round_well(struct station *s);

#endif
