/*
 * Proves over the archive that nothing of it was altered, added or left out,
 * and that it ends where the store does; or finds the first place where it is
 * not so.
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/chain.h"
#include "store/store.h"

struct audit_question {
	uint64_t from, to; /* sequence numbers; to 0: up to the store's last */
	/* A record and its digest, kept elsewhere; sequence 0: none. */
	struct chain checkpoint;
};

struct audit_result {
	uint64_t first, last; /* record that was looked at; 0: none */
	uint64_t records;
	uint64_t unchained; /* of before there was a chain */
	uint64_t erased;    /* whose report was erased */
	uint64_t breaks;    /* that say so: numbers were skipped */
	uint64_t unproved; /* records of before a break that it does not name */
	bool pinned;       /* the checkpoint was found, and holds */
	/* Of the last one. */
	unsigned char digest[SHA256_SIZE];
};

/*
 * 0: all is well. ERROR_BAD: it is not, where and why; result_r is what held up
 * to there. ERROR_NOT_FOUND: there is no archive. Publishes first. tell, which
 * may be NULL, hears of each thousandth record.
 */
int store_audit(struct store *s, const struct audit_question *q,
	struct audit_result *result_r,
	void (*tell)(uint64_t records, void *arg), void *arg, struct error *e);

/* The chain's head: sequence 0 where there is no record yet. */
int store_chain(struct store *s, struct chain *head_r, struct error *e);
/* The store's number, in hex. */
const char *store_id(const struct store *s);

#endif
