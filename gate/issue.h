/*
 * Issuing Email-IDs: the one place where they are minted and recorded. First
 * mint, then make what is to be sealed, then record, and only then seal: an
 * Email-ID that was never recorded can never leave. What waits in the store is
 * sealed before, and recorded with it.
 */
#ifndef GATE_ISSUE_H
#define GATE_ISSUE_H

#include "base/buffer.h"
#include "base/error.h"
#include "gate/gate.h"
#include "parser/claims.h"
#include "parser/limits.h"
#include "store/agent.h"
#include "store/ledger.h"
#include "store/pending.h"
#include "store/registry.h"

/* 130 random bits as 26 of "a-z 2-7" (RFC 4648 base32 in lower case). */
int issue_mint(char email_id_r[EMAIL_ID_SIZE], struct error *e);

/*
 * Records row->id for row->serial of row->center, durably. content: what is
 * going to be sealed (or sent plain); row->digest is set from it.
 */
int issue_record(struct store *store, struct request *row,
	const struct buffer *content, struct error *e);

/* The same, with a message that is sealed already: it waits in the store, in
 * one transaction with its Email-ID, until its device's channel fetches it. */
int issue_waiting(struct store *store, struct request *row,
	const struct buffer *content, const struct pending_message *message,
	struct error *e);

/*
 * Appends what stands for a mail of the center's to a device, sealed or sent
 * plain: claims, Date, and the mail's own MIME fields and body, untouched.
 */
int issue_content(const struct claims *claims, int64_t issued,
	const void *octets, size_t length, const struct limits *l,
	struct buffer *content, struct error *e);

/* SHA-256 of what was sealed, as issue_record keeps it. */
int issue_digest(const void *content, size_t length,
	unsigned char digest[SHA256_SIZE], struct error *e);

/*
 * How what is for a device is to leave by a channel: 1: sealed with key_r,
 * which is the device's or, by its agent, the agent's (the caller wipes it); 0:
 * plain, since it has no live key and may do without; -1: not at all
 * (ERROR_DENIED), or trouble.
 */
int issue_key(struct store *store, const struct device *device,
	enum device_channel channel, struct key *key_r, struct error *e);

/* All three claims from a row and a device. */
void issue_claims(const struct request *row, struct claims *claims_r);

#endif
