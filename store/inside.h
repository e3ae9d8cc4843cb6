/*
 * What the files of the store share and nobody else sees.
 *
 * Two locks, taken in this order: life (shared by every call, exclusive while
 * the environment is closed and recovered) and turn (shared by readers, held
 * alone by the one writer). So no two transactions ever meet inside the
 * database, sequence numbers are given without gaps, and a transaction that a
 * breakdown left behind blocks nobody. The disk is waited for outside turn,
 * where those who wait share one sync.
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/belief.h"
#include "store/db.h"
#include "store/pack.h"
#include "store/published.h"
#include "store/store.h"

enum {
	STORE_PATH_SIZE = 4096,
	/*
	 * How much longer than it could be of use anything is remembered: 30
	 * days. A late answer is then called late and not unknown, and a mail
	 * that was kept unread can be admitted weeks later without the risk
	 * that its like was admitted meanwhile and forgotten.
	 */
	RETENTION = 30 * 24 * 3600,
	PURGE_ROWS = 200 /* in one transaction */
};

struct publisher;
struct keeper;
struct watch;
enum { WATCH_PUBLISHER, WATCH_KEEPER }; /* its rows */

struct store {
	char state[STORE_PATH_SIZE];
	char environment[STORE_PATH_SIZE]; /* state/db */
	char spool[STORE_PATH_SIZE];
	char archive[STORE_PATH_SIZE]; /* "": there is none */
	struct store_options options;  /* its pointers are not kept */
	bool keyed;                    /* master holds a key */
	unsigned char master[MASTER_KEY_SIZE];
	/* What it is to be, or is already: has_next until that is known. */
	bool has_next;
	unsigned char next[MASTER_KEY_SIZE];
	/* Opened in place of a key that is not there: see secret_spend. */
	unsigned char decoy[WRAPPED_KEY_MAX];
	size_t decoy_length;
	int lock; /* of the lock file, held for life */
	char id[STORE_ID_SIZE];
	pthread_mutex_t counting; /* of the spool's file "published" */

	pthread_rwlock_t life, turn;
	struct db *db; /* NULL while it cannot be recovered */
	atomic_uint_fast64_t recoveries, compactions;
	/* Under life, held alone: what the last attempt said, and when the
	 * next may be made. */
	struct error repair_trouble;
	int64_t repair_at, repair_pause; /* monotonic seconds; seconds */
	atomic_int_fast64_t written;  /* monotonic seconds of the last write */
	pthread_mutex_t housekeeping; /* log removal, backup: not together */

	clock_source *clock_source; /* tests set another */
	pthread_mutex_t mark_lock;  /* while the mark is written; then */
	pthread_mutex_t clock_lock; /* of the following */
	struct belief belief;
	int64_t purged;           /* up to when; the keeper's */
	int64_t mark_kept;        /* monotonic seconds */
	int64_t authority_warned; /* the keeper's; 0: not yet */

	atomic_int_fast64_t authority_heard; /* monotonic seconds; 0: not */

	struct publisher *publisher;
	struct keeper *keeper;
	struct watch *watch;

	/* Tests set it, to die between two steps. */
	void (*step)(const char *name, void *arg);
	void *step_arg;
};

enum durability { DURABLE, LATER };

int store_read(struct store *s, db_body *body, void *arg, struct error *e);
int store_write(struct store *s, enum durability durability, db_body *body,
	void *arg, struct error *e);

/* False: it waits for recovery. */
bool store_works(struct store *s);
/* Every call on s->db that is neither: holds life, refuses while broken. */
int store_enter(struct store *s, struct error *e);
void store_leave(struct store *s);
/* With store_enter held: waits until commits are on disk. */
int store_settle(struct store *s, struct error *e);
/* Closes without publishing. */
void store_shut(struct store **s);
/* What store_healthy asks, but for the clock: whoever admits by the time has
 * asked that of store_clock. */
int store_healthy_but_clock(struct store *s, struct error *e);

/* Rows that begin with prefix, in batches and outside any lock:
 * registry walks. each as in db_scan, but may call the store. */
int store_walk(struct store *s, enum table table, const struct octets *prefix,
	db_each *each, void *arg, struct error *e);
/* Of those only the ones not below from. */
int
store_walk_from(struct store *s, enum table table, const struct octets *prefix,
	const struct octets *from, db_each *each, void *arg, struct error *e);

#endif
