/*
 * Forgets what expired: Email-IDs (RETENTION after they did) and
 * digests of admitted content.
 */
#ifndef STORE_PURGE_H
#define STORE_PURGE_H

#include "base/error.h"
#include "store/store.h"

/* At most rounds transactions of PURGE_ROWS rows; *purged_r counts rows. */
int purge_expired(struct store *s, int64_t now, unsigned int rounds,
	uint64_t *purged_r, struct error *e);

#endif
