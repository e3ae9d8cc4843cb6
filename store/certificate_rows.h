/*
 * What the store's other files need of certificates and licences, within their
 * transactions.
 */
#ifndef STORE_CERTIFICATE_ROWS_H
#define STORE_CERTIFICATE_ROWS_H

#include "store/certificate.h"
#include "store/db.h"
#include "store/rows.h"

/* Writes the row of one that was so, with its rows in the index, the counts,
 * and the revision if it is revoked by it. NULL: there is none, before or
 * after. */
int certificate_put(struct db_txn *t, const struct certificate *before,
	const struct certificate *after, struct error *e);
/* ERROR_NOT_FOUND. */
int certificate_find(struct db_txn *t, const char *number,
	struct certificate *certificate_r, struct error *e);
/* Its octets, in place of what out has. */
int certificate_octets(struct db_txn *t, const char *number, struct buffer *out,
	struct error *e);
/* What it is now, with a look at its licence, which is told, and at whom it is
 * for. */
int certificate_look(struct db_txn *t, const struct certificate *c, int64_t now,
	struct licence *licence_r, enum certificate_state *state_r,
	struct error *e);
/* Each of a principal's, as it was when this began; ends with what each
 * returns if that is not 0. */
int certificate_each_of(struct db_txn *t, const char *principal,
	int (*each)(struct db_txn *t, const struct certificate *c, void *arg,
		struct error *e),
	void *arg, struct error *e);
/* Revokes what a principal has that is neither revoked nor expired; licence:
 * only what it had by that one, NULL: all. */
int certificate_revoke_all(struct db_txn *t, const char *principal,
	const char *licence, enum revocation reason, int64_t now,
	struct error *e);
/* The octets of a row of documents, by the number of a certificate, the id of
 * a licence that a signing request waits for, or this name. 1, 0 or -1. */
#define AUTHORITY_DOCUMENT "authority"
int document_get(struct db_txn *t, const char *name, struct buffer *out,
	struct error *e);
int document_there(struct db_txn *t, const char *name, struct error *e);
int document_put(struct db_txn *t, const char *name,
	const struct octets *octets, struct error *e);
int document_drop(struct db_txn *t, const char *name, struct error *e);

/* For the purge. */
int certificate_forget(struct db_txn *t, const char *number, struct error *e);
int signing_forget(
	struct db_txn *t, const char *licence, int64_t now, struct error *e);
/* Unless it was used, or lasts longer by now. */
int
licence_forget(struct db_txn *t, const char *id, int64_t now, struct error *e);

int licence_forget_later(
	struct db_txn *t, const struct licence *l, struct error *e);

/* When a licence that nobody used, and a certificate, may be forgotten. */
int64_t licence_kept(const struct licence *l);
int64_t certificate_kept(const struct certificate *c);
int64_t signing_kept(const struct signing *g);

/* licence_use and licence_confirm, within a transaction. */
int licence_take(struct db_txn *t, const char *id, const char *transaction,
	const unsigned char key[SHA256_SIZE], int64_t now,
	struct licence *licence_r, bool *again_r, struct error *e);
int licence_note_confirmed(struct db_txn *t, const char *id,
	const unsigned char key[SHA256_SIZE], int64_t now, struct error *e);
/* Is it good for anything now? As licence_reserve says. */
int
licence_check(struct db_txn *t, const char *id, int64_t now, struct error *e);
/* Is whom it is for registered since before it was made, and enabled?
 * ERROR_DENIED. */
int licence_owner(struct db_txn *t, const struct licence *l, struct error *e);

/* The transaction has given a waiting request this certificate. */
int signing_done(struct db_txn *t, const char *licence, const char *transaction,
	const char *number, struct error *e);

#endif
