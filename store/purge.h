/*
 * Forgets what expired: Email-IDs, licences that nobody used, certificates
 * (RETENTION after they did) and digests of admitted content.
 */
#ifndef STORE_PURGE_H
#define STORE_PURGE_H

#include "base/error.h"
#include "store/rows.h"
#include "store/store.h"

/* The row by which something is forgotten; and it is not forgotten so. */
struct expiry
purge_mark(int64_t when, enum expiry_kind kind, const void *key, size_t length);
int purge_not(struct db_txn *t, const struct expiry *x, struct error *e);
/* Notes that a row of the table of that kind may be forgotten then. */
int purge_later(struct db_txn *t, int64_t when, enum expiry_kind kind,
	const void *key, size_t length, struct error *e);

/* At most rounds transactions of PURGE_ROWS rows; *purged_r counts rows. */
int purge_expired(struct store *s, int64_t now, unsigned int rounds,
	uint64_t *purged_r, struct error *e);

#endif
