/*
 * The store as a whole: opened by the one process that owns it, with recovery,
 * under an exclusive lock. What is in it: store/registry.h (centers, devices,
 * keys), store/ledger.h (Email-IDs, what was seen, admission) and the
 * publisher that turns outbox rows into spool segments.
 *
 * Any thread may call anything here and in those two; writers take turns.
 * ERROR_TROUBLE from any call means: our failure, nothing was changed or it is
 * not known whether it was; ask again later. When the database has to be
 * recovered (after a full disk, say) the keeper does it, a thread of the
 * store's (store_start), and calls fail with ERROR_TROUBLE meanwhile.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/crypto.h"
#include "base/error.h"

struct store;

enum { MODEL_SIZE = 64 + 1 }; /* what a device is called */

struct store_options {
	const char *state_directory;
	const char *spool_directory;
	const char *archive_directory; /* "" or NULL: none */
	const unsigned char
		*master_key; /* MASTER_KEY_SIZE octets, copied;
				NULL: keys cannot be added or read */
	const unsigned char
		*next_master_key;  /* what it is to become, or has become
				      already; NULL: it stays */
	int64_t cache_size;        /* octets */
	int64_t min_free_space;    /* octets */
	int64_t publish_interval;  /* seconds; 0: at once */
	int64_t segment_reports;   /* most reports in one segment */
	int64_t clock_hold;        /* seconds; see store/belief.h */
	int64_t archive_retention; /* seconds */
	bool no_sync; /* benchmarks only: commits are not durable */
	bool behind;  /* open also one that is behind its spool; it
			 will neither admit nor publish */
};

/* ERROR_EXISTS: a process has the store open. Touches nothing. */
int store_unused(const struct store_options *o, struct error *e);

/*
 * Makes the directories, or sets right what is there. Spool new/ and cur/ get
 * the group ((gid_t)-1: none) and mode 2770, tmp/ 2700 (so that segments get
 * the group), state 0700.
 */
int store_places(const struct store_options *o, unsigned int owner,
	unsigned int group, unsigned int spool_group, struct error *e);
/* Has there ever been a complete store? */
bool store_there(const struct store_options *o);
/*
 * The same, and an empty store, or checks what is there: idempotent. Not for
 * root, who would follow whatever the daemon's user has put there.
 */
int store_init(const struct store_options *o, unsigned int owner,
	unsigned int group, unsigned int spool_group, struct error *e);

/*
 * ERROR_EXISTS: another process holds the lock. ERROR_NOT_FOUND: no store
 * there (run init). ERROR_DENIED: it was made with another master key, or is
 * older than what its spool has had, or the spool is another store's.
 * ERROR_BAD: its schema is newer than this program. ERROR_TROUBLE, among
 * others: less than 16 MB are free, which recovery may need.
 */
int store_open(
	const struct store_options *o, struct store **store_r, struct error *e);
/* Publishes what is in the outbox if it can, checkpoints, closes. */
void store_close(struct store **store);

/*
 * Starts and stops the two background threads: the publisher, and the keeper
 * (checkpoints, log removal, purge of what expired, recovery after trouble).
 * Without them (csrcadm with no daemon running) nothing is published until
 * store_publish is called.
 */
int store_start(struct store *s, struct error *e);
void store_stop(struct store *s);

/* Publishes everything in the outbox now. */
int store_publish(struct store *s, struct error *e);
/* One round of the keeper's work, now; *purged_r (may be NULL) rows. */
int
store_tend(struct store *s, int64_t now, uint64_t *purged_r, struct error *e);

/*
 * 0 if a report could be admitted now; else ERROR_TROUBLE and why not: no disk
 * space, spool missing or not writable, database in recovery, a background
 * thread that hangs, a clock that is not believed.
 */
int store_healthy(struct store *s, struct error *e);

/*
 * Makes peace between a store and a spool that has had more than the store
 * knows of, or another store's reports, so that the next number can be set:
 * what is in the spool is not published again. ERROR_DENIED: the spool has had
 * numbers from next on; ERROR_EXISTS: reports wait that another spool numbered.
 */
int store_catch_up(struct store *s, uint64_t next, struct error *e);

/*
 * What time it is, if our own clock can be true: -1 and ERROR_TROUBLE if not;
 * *now_r is the last believed time then. Believed time never goes back.
 */
int store_clock(struct store *s, int64_t *now_r, struct error *e);
/* The same where it decides nothing. */
int64_t store_time(struct store *s);
/* The operator says that the clock is right. */
int store_clock_accept(struct store *s, struct error *e);
struct store_clock {
	bool believed;
	bool held;         /* a little behind; time stands still meanwhile */
	int64_t time;      /* as believed; 0: never yet */
	int64_t own;       /* what the machine says */
	bool synchronised; /* the kernel says so */
	int64_t seconds;   /* for how long it has been as it is */
	char why[128];     /* where it is not believed */
};
void store_clock_look(struct store *s, struct store_clock *clock_r);

/*
 * The next report gets this number; those between are never given. Durable
 * when it returns 0. ERROR_DENIED: it would go down; ERROR_EXISTS: reports are
 * not yet in the spool; ERROR_BAD: 0, or above SEQUENCE_MAX, which JSON readers
 * still read exactly.
 */
#define SEQUENCE_MAX ((UINT64_C(1) << 53) - 1)
int store_set_next_sequence(struct store *s, uint64_t next, struct error *e);

/* A consistent copy of the database in directory (made if absent, must be
 * empty), while everything goes on. Its db is there when it is whole and on the
 * disk; one that was cut off has left partial. */
int store_backup(struct store *s, const char *directory, struct error *e);

/*
 * Such a copy becomes the store, which nobody may have open; one that is there
 * is moved aside with force. The copy is opened and checked first, and whatever
 * happens meanwhile, a whole store is there. Not for root, as store_init.
 * ERROR_EXISTS: a store is there, or in use; ERROR_NOT_FOUND: no backup is;
 * ERROR_DENIED: it may not be read, or was made with another master key.
 */
struct store_restored {
	uint64_t next_sequence; /* as the backup has it */
	bool spool_knows;       /* the spool says which number it had last */
	char behind[512]; /* why it cannot go on from there, and what to type;
			     "": it can */
	char aside[4096]; /* where the old one is; "": there was none */
};
int store_restore(const struct store_options *o, const char *backup, bool force,
	struct store_restored *found, struct error *e);

/*
 * Wraps all keys under next_master_key instead of master_key, in a store that
 * nobody has open. If it is cut off, store_open ends it when it gets both;
 * ERROR_DENIED without. When it is done either may be given in master_key's or
 * next_master_key's place.
 */
int store_rotate(const struct store_options *o, struct error *e);

/* Verifies structure and cross references, while writers wait (seconds for a
 * million devices); one line a fault to out (may be NULL). -1 and
 * ERROR_BAD if there are any. */
int store_check(struct store *s, FILE *out, struct error *e);

struct store_stats {
	uint64_t centers, devices, keys; /* rows */
	uint64_t agents;
	uint64_t next_sequence;       /* of the next report admitted */
	uint64_t next_published;      /* all below are in the spool */
	uint64_t calls, call_seconds; /* on lines, ever */
	uint64_t call_octets;
	uint64_t published;      /* segments since open */
	uint64_t recoveries;     /* since open, beside the one at open */
	int64_t last_checkpoint; /* seconds since 1970 */
};
int store_stats(struct store *s, struct store_stats *stats_r, struct error *e);

#endif
