/*
 * Requests that wait for a channel to fetch them: the message of each, from the
 * transaction in which its Email-ID was issued until it was delivered, answered
 * or cancelled, expired, or its device is gone. Which channel that is stands
 * with the device, so what waits moves along when that is changed.
 */
#ifndef STORE_PENDING_H
#define STORE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "store/ledger.h"
#include "store/registry.h"

enum {
	PENDING_MAX = 16, /* for one device; and their octets: */
	PENDING_OCTETS_MAX = 256 * 1024
};

struct pending {
	char email_id[EMAIL_ID_SIZE];
	char serial[SERIAL_SIZE];
	char center[CENTER_ID_SIZE];
	int64_t issued, expires; /* as the request's */
	uint64_t octets;         /* of its message */
	bool sealed;             /* or plain, as its device may have it */
};

/* What is to be kept until a channel fetches it. */
struct pending_message {
	const void *octets;
	size_t length; /* not 0 */
	bool sealed;
};

/*
 * ledger_issue, and its message, in one transaction. ERROR_NOT_FOUND: no such
 * device; ERROR_LIMIT: as much waits for it as may. m NULL: it is ledger_issue.
 */
int pending_issue(struct store *s, const struct request *r,
	const struct pending_message *m, struct error *e);

/*
 * Walks in order of serial and Email-ID, as the walks of store/registry.h.
 * serial "": those of all devices. after: from the first above that one on
 * (its serial and Email-ID count); NULL: from the beginning.
 */
int
pending_walk(struct store *s, const char *serial, const struct pending *after,
	int (*each)(const struct pending *w, void *arg), void *arg,
	struct error *e);
int pending_count(
	struct store *s, const char *serial, size_t *count_r, struct error *e);

/*
 * What waits by an Email-ID, and its message (appended). wanted: only if its
 * device is of that channel, NULL: of any; principal: only if it is that
 * device, or one assigned to that agent, "": whichever. ERROR_NOT_FOUND: it
 * does not wait (any more), or not for them.
 */
int pending_fetch(struct store *s, const char *email_id,
	const enum device_channel *wanted, const char *principal,
	struct pending *pending_r, struct buffer *message, struct error *e);
/* Forgets it. What does not wait, or not for them, is none of it and no error:
 * that a channel fetches once more than needed harms nobody. */
int pending_delivered(struct store *s, const char *email_id,
	const enum device_channel *wanted, const char *principal,
	struct error *e);

#endif
