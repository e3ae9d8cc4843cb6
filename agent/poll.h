/*
 * Asks many printers at once, by SNMP, in one loop: a window of them at a time,
 * each with a session of its own that is made when its turn comes and closed
 * after. Whatever one answers, or does not, costs itself only.
 *
 * A printer is asked in rounds: the caller says what (struct queries), gets all
 * answers so far, and may ask more, until it has enough. Single objects come by
 * Get, subtrees by GetBulk (v1: GetNext). A question without an answer is asked
 * again, each time after a longer pause and in smaller pieces; an answer that
 * comes late to an earlier asking counts. A version is never changed.
 *
 * One thread. The process has one poller at a time, as the library below keeps
 * its users and engines in globals.
 */
#ifndef AGENT_POLL_H
#define AGENT_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/answer.h"
#include "agent/credentials.h"
#include "agent/engine.h"
#include "base/error.h"

enum poll_outcome {
	POLL_ANSWERED, /* all there is */
	POLL_SILENT,   /* no answer in time; also in the middle */
	POLL_REFUSED,  /* user, passphrase or rights are not what it wants */
	POLL_LIED,     /* answers that cannot be: out of order, without end, to
			  questions nobody asked, of no known form */
	POLL_ENGINE_CHANGED, /* not the engine that is expected; nothing was
				asked of it */
	POLL_LIMIT,   /* more rows, octets, rounds or time than it may take */
	POLL_STOPPED, /* poll_stop */
	POLL_FAILED   /* our own trouble, that of this one printer */
};

/* One word for a log, as "answered". */
const char *poll_outcome_name(enum poll_outcome outcome);

struct poll_target {
	struct sockaddr_storage address;
	const struct credentials *credentials; /* made ready; outlives it */
	void *arg;
};

struct poll_calls {
	/*
	 * With the answers so far, at first none, what is to be asked next;
	 * queries come empty. 1: ask these; 0: enough. What was asked for and
	 * is not there is among the answers as ANSWER_ABSENT, and what the
	 * printer had an error for as ANSWER_FAILED.
	 */
	int (*next)(void *arg, const struct answers *so_far,
		struct queries *queries);
	/* The end, once a target: what came until then, and why it was the
	 * end, for people ("" if all was well). May add targets. */
	void (*done)(void *arg, const struct answers *all,
		enum poll_outcome outcome, const char *why);
};

struct poll_options {
	size_t window;        /* printers at once */
	int64_t timeout;      /* milliseconds for the first asking; doubled each
				 time, 16 s at most, and learned for the next */
	unsigned int tries;   /* of each question */
	int64_t patience;     /* milliseconds for a printer, all in all */
	unsigned int rows;    /* of one GetBulk */
	unsigned int objects; /* of one Get */
	struct engines *engines; /* pins; outlives the poller */
};

extern const struct poll_options poll_defaults;

struct poller;

/* What is 0 in options, or NULL instead of them, is as in poll_defaults;
 * engines NULL: none is remembered. ERROR_TROUBLE. */
int poller_open(const struct poll_options *options, struct poller **poller_r,
	struct error *e);
void poller_free(struct poller **poller);

/* At the end of the queue; calls outlive it. ERROR_TROUBLE: no memory. */
int poller_add(struct poller *poller, const struct poll_target *target,
	const struct poll_calls *calls, struct error *e);

/* Until all are done. ERROR_TROUBLE: it cannot go on at all; what was not done
 * is done with POLL_FAILED. */
int poller_run(struct poller *poller, struct error *e);

/* From a signal handler or another thread: all that is left is done with
 * POLL_STOPPED, and poller_run returns. */
void poller_stop(struct poller *poller);

/* Datagrams and octets in both directions since it was opened. */
struct poll_traffic {
	uint64_t sent, sent_octets, received, received_octets;
};
void
poller_traffic(const struct poller *poller, struct poll_traffic *traffic_r);

#endif
