/*
 * Asking printers: who is known, all of them or some, once; what they answered
 * goes into the queue as reports.
 */
#ifndef AGENT_ROUND_H
#define AGENT_ROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/answer.h"
#include "agent/park.h"
#include "agent/poll.h"
#include "agent/printer.h"
#include "agent/site.h"
#include "base/error.h"

/* What one printer's turn came to. */
struct round_visit {
	const struct sockaddr_storage *address;
	const struct answers *answers;
	const struct profile *profile;
	const struct printer *printer; /* NULL: it has not answered */
	enum poll_outcome outcome;
	const char *why;
};

struct round {
	/* NULL: all that are known; else these. */
	const struct sockaddr_storage *addresses;
	size_t address_count;
	bool keep; /* into the queue, and what is known of it */
	/* After each; may be NULL. */
	void (*each)(void *arg, const struct round_visit *visit);
	void *arg;
	/* what it came to */
	size_t asked, done, answered, reports;
	size_t lost; /* reports that found no room */
	int64_t milliseconds;
	struct poll_traffic traffic;
};

/* ERROR_TROUBLE: it could not be done at all, or not be kept. ERROR_NOT_FOUND:
 * an address is in no section, and nobody was asked. */
int round_poll(struct site *s, struct round *r, struct error *e);

/* Looks for printers in the ranges, and puts those that are new into the park.
 * each, progress: may be NULL; as in agent/discover.h. */
struct found;
int round_discover(struct site *s,
	void (*each)(void *arg, const struct found *one, const char *section),
	void (*progress)(void *arg, size_t asked, size_t found), void *arg,
	size_t *new_r, struct error *e);

#endif
