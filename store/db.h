/*
 * Tables of octets in a transactional, recoverable environment: all that the
 * store needs of a database. Its three files, store/db*.c, are the only ones
 * that know which one it is; a second engine means others in their place.
 *
 * One process owns an environment. Its caller sees to it that at most one
 * db_write runs at a time and no db_read beside it (store_write and store_read
 * do); everything else may run at any time. After db_broken nothing works any
 * more but db_close; db_open then recovers every commit that was flushed.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum table {
	TABLE_CENTERS,
	TABLE_ADDRESSES,
	TABLE_DEVICES,
	TABLE_DEVICE_ADDRESSES,
	TABLE_ACTIVITY,
	TABLE_KEYS,
	TABLE_PRINCIPAL_KEYS,
	TABLE_REQUESTS,
	TABLE_SEEN,
	TABLE_EXPIRY,
	TABLE_OUTBOX,
	TABLE_META,    /* the last of schema 1 */
	TABLE_SENDERS, /* the last of schema 2 */
	TABLE_PENDING,
	TABLE_MESSAGES,
	TABLE_SERVERS,
	TABLE_LICENCES, /* the last of schema 3 */
	TABLE_CERTIFICATES,
	TABLE_CERTIFICATE_INDEX,
	TABLE_SIGNINGS,
	TABLE_DOCUMENTS,
	TABLE_ALIASES,
	TABLE_FORWARDERS,
	TABLE_READINGS,
	TABLE_AGENTS,
	TABLE_ASSIGNMENTS,
	TABLE_AGENT_DEVICES,
	TABLE_UNASSIGNED,
	TABLES
};

struct octets {
	const void *data;
	size_t length;
};

enum { TABLE_KEY_MAX = 512 }; /* octets */

struct db;
struct db_txn; /* lives while db_read or db_write runs its body */

struct db_options {
	const char *directory;
	int64_t cache_size; /* octets */
	bool create;        /* make tables that are missing */
};

/*
 * Recovers, then opens all tables; those that schema 1 did not have may be
 * missing until db_complete. ERROR_BAD, so that trying again helps nothing: a
 * table is missing, a file is damaged or not ours, or a DB_CONFIG is there,
 * which would override what we set.
 */
int db_open(const struct db_options *o, struct db **db_r, struct error *e);
/* Opens the tables that schema 1 did not have, and makes those from that one on
 * (TABLES: none). ERROR_BAD: one is missing. Before anybody reads or writes. */
int db_complete(struct db *db, enum table create, struct error *e);
/* It leaves a mark unless all went well; where there is one of this boot,
 * db_open writes all files anew first (store/renew.h). */
void db_close(struct db **db);
bool db_broken(const struct db *db);

/* 0: commit. Anything else: abort; e says why. It may run more than once. */
typedef int db_body(struct db_txn *t, void *arg, struct error *e);
/* Commits without waiting for the disk. Returns what the body returned. */
int db_write(struct db *db, db_body *body, void *arg, struct error *e);
int db_read(struct db *db, db_body *body, void *arg, struct error *e);
/* All that is committed reaches the disk; callers at once share one sync. */
int db_flush(struct db *db, struct error *e);

/* 1: found and copied; 0: no such row; -1: trouble, or more than size. */
int db_get(struct db_txn *t, enum table table, const struct octets *key,
	void *out, size_t size, size_t *length_r, struct error *e);
int db_put(struct db_txn *t, enum table table, const struct octets *key,
	const struct octets *value, struct error *e);
/* 1: deleted; 0: was not there; -1: trouble. */
int db_delete(struct db_txn *t, enum table table, const struct octets *key,
	struct error *e);

/*
 * Rows in order of key, from the first one not below from. each returns 0 to
 * go on; else db_scan ends and returns that. 0 at the end of the table, -1 also
 * for trouble.
 */
typedef int
db_each(const struct octets *key, const struct octets *value, void *arg);
int db_scan(struct db_txn *t, enum table table, const struct octets *from,
	db_each *each, void *arg, struct error *e);
/* The other way: from the last one below before. */
int db_scan_back(struct db_txn *t, enum table table,
	const struct octets *before, db_each *each, void *arg, struct error *e);

/*
 * Housekeeping. A checkpoint happens when that many kilobytes of log or
 * minutes have passed (0 and 0: now). db_sync brings the files up to date with
 * every commit. db_compact gives the pages that emptied between two keys back
 * (an empty stop: to the end); it counts as a write.
 */
int db_checkpoint(
	struct db *db, uint32_t kilobytes, uint32_t minutes, struct error *e);
int db_remove_logs(struct db *db, struct error *e);
int db_sync(struct db *db, struct error *e);
int db_compact(struct db *db, enum table table, const struct octets *start,
	const struct octets *stop, struct error *e);

/* A copy that db_open can recover, into an empty directory. */
int db_backup(struct db *db, const char *directory, struct error *e);
/* The file's structure, read past any open handle; faults go to the log.
 * ERROR_BAD if there are any. */
int db_verify(const char *directory, enum table table, struct error *e);
const char *db_table_name(enum table table);

struct db_stats {
	int64_t last_checkpoint; /* seconds since 1970 */
	unsigned int locks_used; /* per cent, most since the last call */
};
int db_stats(struct db *db, struct db_stats *stats_r, struct error *e);

#endif
