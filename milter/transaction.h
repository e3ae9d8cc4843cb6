/*
 * One mail transaction (RFC 5321 3.3) as it comes in: the envelope, and, if a
 * center or a device is among the recipients, the mail's octets. What it holds
 * is bounded: by the limit on one mail, and by the daemon's limit on all
 * together. Knows neither libmilter nor the gate. One thread at a time.
 */
#ifndef MILTER_TRANSACTION_H
#define MILTER_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/gate.h"
#include "outgoing/outgoing.h"
#include "base/load.h"

struct transaction;

/*
 * Begins with MAIL FROM; sender as the MTA gives it, brackets or not. NULL when
 * memory is short. message_size and buffered: the two limits in octets.
 */
struct transaction *transaction_new(struct load *load, const char *sender,
	int64_t message_size, int64_t buffered);
void transaction_free(struct transaction **transaction);

/* As whom the client has logged in; "": not at all. */
void transaction_account(struct transaction *t, const char *login);
/* Its submitter is one of the center's own; until said, it is not. */
void transaction_trust(struct transaction *t);

/* The sender as the MTA has completed it; until said, not at all. */
void transaction_rewritten(struct transaction *t, const char *sender);
/* Whether it is cannot be known, since this never came (a constant). */
void transaction_unknown(struct transaction *t, const char *what);

/* A recipient that is neither. */
void transaction_other(struct transaction *t);
/* One that is a device. -1: memory is short; there will be no mail. */
int transaction_device(
	struct transaction *t, const char *address, const char *serial);
/* One that is a center; as above. */
int transaction_center(
	struct transaction *t, const char *address, const char *center);

bool transaction_has_center(const struct transaction *t);
bool transaction_has_device(const struct transaction *t);
/* Are there recipients beside centers that are no devices either? */
bool transaction_is_mixed(const struct transaction *t);
/* The centers' addresses, exactly as they were given, NULL at the end. */
char *const *transaction_addresses(const struct transaction *t);
/* The devices'. */
char *const *transaction_device_addresses(const struct transaction *t);

/*
 * The mail, in order. Once it is too large, or memory has run out, what was
 * collected is let go and more is not taken.
 */
void
transaction_field(struct transaction *t, const char *name, const char *value);
void transaction_end_of_header(struct transaction *t);
void transaction_body(
	struct transaction *t, const unsigned char *octets, size_t length);
/* Is there no use in giving more? */
bool transaction_is_over(const struct transaction *t);

/*
 * The mail as the gate wants it, but for trace and client; everything in it
 * belongs to the transaction. -1: memory ran out on the way, so that there is
 * none: answer with a 4xx.
 */
int transaction_arrival(const struct transaction *t, struct arrival *arrival_r,
	struct error *e);
/* The same as a mail to a device. */
int transaction_outgoing(const struct transaction *t,
	struct outgoing *outgoing_r, struct error *e);

#endif
