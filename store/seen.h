/*
 * What was admitted before, by digest: of content, and of what a maker's text
 * says. In the transactions of store/ledger.c.
 */
#ifndef STORE_SEEN_H
#define STORE_SEEN_H

#include "store/db.h"
#include "store/ledger.h"

struct seen {
	bool duplicate;
	bool by_said;       /* all that it says was; its octets were not */
	uint64_t sequence;  /* of the first, or of the reading; 0: of none */
	struct known known; /* no duplicate: what of it was */
};

int seen_find(struct db_txn *t, const struct admission *a, struct seen *seen_r,
	struct error *e);
/* Remembers all of it that was not known, until expires. */
int seen_put(struct db_txn *t, const struct admission *a, uint64_t sequence,
	int64_t expires, struct error *e);
/* Only its octets: what it says is remembered already. */
int seen_put_octets(struct db_txn *t, const struct admission *a,
	uint64_t sequence, int64_t expires, struct error *e);

#endif
