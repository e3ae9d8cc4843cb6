/*
 * The few numbers that the store keeps about itself, one row each in the
 * table meta.
 */
#ifndef STORE_META_H
#define STORE_META_H

#include "store/db.h"

enum { SCHEMA_VERSION = 4 };

#define META_SCHEMA "schema"
#define META_UNFINISHED "schema-unfinished"  /* step from this one; 0: none */
#define META_NEXT_SEQUENCE "next-sequence"   /* of the next admission */
#define META_NEXT_PUBLISHED "next-published" /* all below are out */
#define META_CENTERS "centers"               /* rows */
#define META_DEVICES "devices"
#define META_KEYS "keys"
/* Calls on lines, of all devices there ever were. */
#define META_CALLS "calls"
#define META_CALL_SECONDS "calls.seconds"
#define META_CALL_OCTETS "calls.octets" /* both ways */
#define META_AGENTS "agents" /* rows; none: there are no such tables yet */
#define META_FLOOR "floor"   /* of schema 1: for sealed and plain alike */
/* Reports up to this time were forgotten. */
#define META_FLOOR_SEALED "floor.sealed"
#define META_FLOOR_PLAIN "floor.plain"
#define META_FLOOR_READING "floor.reading"
#define META_BARE_DIGESTS "bare-digests" /* when the last expires */
/* When the last digest of schema 3 expires: makers' texts had no domain. */
#define META_MIXED_PLAIN "mixed-plain"
#define META_MASTER "master-key"
#define META_MASTER_NEXT "master-key.next" /* while it is changed */
#define META_CLOCK "clock"                 /* struct clock_mark */
#define META_BATCH "batch"
#define META_CHAIN "chain"       /* struct chain: the last record's */
#define META_ARCHIVE "archive"   /* its first record must be this one; 0: any */
#define META_STORE_ID "store-id" /* octets, random */
#define META_COMPACTED "compacted"       /* when that was last done */
#define META_CERTIFICATES "certificates" /* rows; and of them: */
#define META_REVOKED "certificates.revoked"
#define META_REVISION                                          \
	"certificates.revision" /* one more with each of those \
				 */
/* The CRL that was published last: struct crl has what they are. */
#define META_CRL_REVISION "crl.revision"
#define META_CRL_NUMBER "crl.number"
#define META_CRL_THIS "crl.this-update"
#define META_CRL_NEXT "crl.next-update" /* 0: none was */

/* fallback: what a missing row means. */
int meta_number(struct db_txn *t, const char *name, uint64_t fallback,
	uint64_t *value_r, struct error *e);
int
meta_set(struct db_txn *t, const char *name, uint64_t value, struct error *e);
int
meta_add(struct db_txn *t, const char *name, int64_t change, struct error *e);

enum batch_state { BATCH_NONE, BATCH_PLANNED, BATCH_WRITTEN };

/* The segment that is on its way: its reports, and how far it has come. */
struct batch {
	enum batch_state state;
	uint64_t first;
	uint64_t count;
};

enum { STORE_ID_OCTETS = 16 };
/* 1; 0: the store has none yet. */
int meta_store_id(
	struct db_txn *t, unsigned char id[STORE_ID_OCTETS], struct error *e);
int meta_store_id_set(struct db_txn *t, const unsigned char id[STORE_ID_OCTETS],
	struct error *e);

/* It is written, and number is its last. */
bool batch_ends(const struct batch *batch, uint64_t number);
/* BATCH_NONE if there is none. */
int meta_batch(struct db_txn *t, struct batch *batch_r, struct error *e);
/* BATCH_NONE removes it. */
int
meta_batch_set(struct db_txn *t, const struct batch *batch, struct error *e);

/* In the transaction that makes a store: whoever runs init knows the time. */
int store_clock_first(struct db_txn *t, struct error *e);

#endif
