/*
 * Housekeeping. A checkpoint each minute or each 4 MB of log keeps recovery
 * short; logs from before it go, so what a lost disk takes can only come back
 * from a backup, not from old logs.
 */
#include "store/keeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/watch.h"
#include "base/worker.h"
#include "store/clock.h"
#include "store/archive.h"
#include "store/authority.h"
#include "store/compact.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/publisher.h"
#include "store/purge.h"
#include "store/repair.h"

enum {
	DAY = 24 * 3600, /* seconds */
	CHECKPOINT_KILOBYTES = 4096,
	CHECKPOINT_MINUTES = 1,
	PURGE_ROUNDS = 50,          /* transactions in one round */
	COMPACT_EVERY = 24 * 3600,  /* seconds, once it is */
	QUIET = 5,                  /* seconds without a report; but */
	COMPACT_LATEST = 48 * 3600, /* by then at any rate */
	LOCKS_ALARM = 80            /* per cent */
};

struct keeper {
	struct store *store;
	pthread_mutex_t round; /* one at a time */
	char trouble[512];     /* last one logged; under round */
	int64_t archive_day;   /* the archive was looked at last; likewise */
	struct worker worker;
};

struct keeper *
keeper_new(struct store *s)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->store = s;
	pthread_mutex_init(&k->round, NULL);
	worker_init(&k->worker);
	return k;
}

void
keeper_free(struct keeper **kp)
{
	struct keeper *k = *kp;

	if (k == NULL)
		return;
	keeper_stop(k);
	worker_clear(&k->worker);
	pthread_mutex_destroy(&k->round);
	free(k);
	*kp = NULL;
}

/* A backup needs the logs that are there: while one runs they stay. */
static int
tend_logs(struct store *s, struct error *e)
{
	int rc = -1;

	if (store_enter(s, e) == -1)
		return -1;
	rc = db_checkpoint(s->db, CHECKPOINT_KILOBYTES, CHECKPOINT_MINUTES, e);
	if (rc == 0 && pthread_mutex_trylock(&s->housekeeping) == 0) {
		rc = db_remove_logs(s->db, e);
		pthread_mutex_unlock(&s->housekeeping);
	}
	store_leave(s);
	return rc;
}

static int
watch_locks(struct store *s, struct error *e)
{
	struct db_stats stats;
	int rc;

	if (store_enter(s, e) == -1)
		return -1;
	rc = db_stats(s->db, &stats, e);
	store_leave(s);
	if (rc == 0 && stats.locks_used >= LOCKS_ALARM)
		log_warn("the database has used %u%% of its locks",
			stats.locks_used);
	return rc;
}

struct compacted {
	int64_t now, last; /* seconds since 1970; last 0: unknown */
};

static int
last_compacted(struct db_txn *t, void *arg, struct error *e)
{
	struct compacted *c = arg;
	uint64_t last;

	if (meta_number(t, META_COMPACTED, 0, &last, e) == -1)
		return -1;
	c->last = (int64_t)last;
	return 0;
}

static int
note_compacted(struct db_txn *t, void *arg, struct error *e)
{
	const struct compacted *c = arg;

	return meta_set(t, META_COMPACTED, (uint64_t)c->now, e);
}

/* The day counts on over a restart. A clock that was put back begins a new
 * one; a wrong one makes it come early or late, which does no harm. */
static int
tend_size(struct keeper *k, int64_t now, struct error *e)
{
	struct compacted c = { .now = now };
	struct store *s = k->store;
	bool quiet = clock_seconds() - atomic_load(&s->written) >= QUIET;
	int64_t age;

	if (store_read(s, last_compacted, &c, e) == -1)
		return -1;
	age = c.last == 0 ? 0 : now - c.last;
	if (c.last == 0 || age < 0)
		return store_write(s, LATER, note_compacted, &c, e);
	if (age < COMPACT_EVERY || (!quiet && age < COMPACT_LATEST))
		return 0;
	if (store_write(s, LATER, note_compacted, &c, e) == -1 ||
		compact_tables(s, e) == -1)
		return -1;
	atomic_fetch_add(&s->compactions, 1);
	return 0;
}

static int
set_archive(struct db_txn *t, void *arg, struct error *e)
{
	return meta_set(t, META_ARCHIVE, *(const uint64_t *)arg, e);
}

/* Looked for once a day. What is removed is noted before, so that an audit
 * misses what nobody has removed by right. */
static int
tend_archive(struct keeper *k, int64_t now, struct error *e)
{
	struct store *s = k->store;
	uint64_t first;

	if (s->archive[0] == '\0' || now / DAY == k->archive_day)
		return 0;
	if (archive_over(s->archive, now - s->options.archive_retention, &first,
		    e) == -1 ||
		(first != 0 &&
			(store_write(s, DURABLE, set_archive, &first, e) ==
					-1 ||
				archive_forget(s->archive, first, e) == -1)))
		return -1;
	k->archive_day = now / DAY;
	return 0;
}

/* What goes by the time; now 0: it is not known well enough for that. */
static int
forget(struct keeper *k, int64_t now, uint64_t *purged_r, struct error *e)
{
	if (now == 0)
		return 0;
	if (purge_expired(k->store, now, PURGE_ROUNDS, purged_r, e) == -1 ||
		tend_archive(k, now, e) == -1)
		return -1;
	return tend_size(k, now, e);
}

int
keeper_round(struct keeper *k, int64_t now, uint64_t *purged_r, struct error *e)
{
	uint64_t purged = 0;
	int rc = -1;

	pthread_mutex_lock(&k->round);
	if (repair_if_broken(k->store, e) == 0 && tend_logs(k->store, e) == 0 &&
		store_clock_tend(k->store, e) == 0 &&
		watch_locks(k->store, e) == 0 &&
		forget(k, now, &purged, e) == 0 &&
		authority_warn(k->store, e) == 0)
		rc = 0;
	if (rc == 0)
		k->trouble[0] = '\0';
	else if (strcmp(k->trouble, e->text) != 0) {
		log_error("housekeeping of the store: %s", e->text);
		memcpy(k->trouble, e->text, sizeof(k->trouble));
	}
	pthread_mutex_unlock(&k->round);
	if (purged_r != NULL)
		*purged_r = purged;
	return rc;
}

static void *
keep(void *arg)
{
	struct keeper *k = arg;
	struct error e;
	int64_t now, pause = 0;

	for (; worker_rest(&k->worker, pause); pause = 1) {
		watch_begin(k->store->watch, WATCH_KEEPER);
		if (!store_clock_purge(k->store, &now))
			now = 0;
		keeper_round(k, now, NULL, &e);
		watch_end(k->store->watch, WATCH_KEEPER);
	}
	return NULL;
}

int
keeper_start(struct keeper *k, struct error *e)
{
	return worker_start(&k->worker, "the keeper", keep, k, e);
}

void
keeper_stop(struct keeper *k)
{
	worker_stop(&k->worker);
}
