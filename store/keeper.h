/*
 * The keeper does the housekeeping, once a second: recovery after trouble,
 * checkpoints, removal of logs, purge of what expired, compaction.
 */
#ifndef STORE_KEEPER_H
#define STORE_KEEPER_H

#include "store/store.h"

struct keeper;

struct keeper *keeper_new(struct store *s);
void keeper_free(struct keeper **k);
int keeper_start(struct keeper *k, struct error *e);
void keeper_stop(struct keeper *k);
/* One round, now; see store_tend. */
int keeper_round(
	struct keeper *k, int64_t now, uint64_t *purged_r, struct error *e);

#endif
