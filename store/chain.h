/*
 * The chain over all records: each names the SHA-256 of the one before it, in
 * hex, as its member "chain". What is hashed is a record without its newline
 * and with the digest of its report in the report's place,
 *
 *     {"sequence":17,...,"report":"sha256:9f86..."}
 *
 * which is what is left of one whose report was erased: so the chain holds with
 * and without it. The first record has 64 zeros.
 */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/crypto.h"
#include "base/error.h"
#include "store/db.h"

struct chain {
	uint64_t sequence; /* of the last record; 0: there is none yet */
	unsigned char digest[SHA256_SIZE]; /* of that one; zeros */
};

/* What is hashed of a record; ERROR_BAD: it is none. */
int chain_erased(const char *record, size_t length, struct buffer *erased_r,
	struct error *e);
/* The digest of that. */
int chain_digest(const char *record, size_t length,
	unsigned char digest_r[SHA256_SIZE], struct error *e);

/* In the transaction that admits. */
int chain_head(struct db_txn *t, struct chain *head_r, struct error *e);
int chain_set(struct db_txn *t, uint64_t sequence, const char *record,
	size_t length, struct error *e);

#endif
