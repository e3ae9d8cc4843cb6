/*
 * What the store's other files need of what waits, within their transactions.
 */
#ifndef STORE_PENDING_ROWS_H
#define STORE_PENDING_ROWS_H

#include "store/db.h"
#include "store/pending.h"

int pending_put(struct db_txn *t, const struct request *r,
	const struct pending_message *m, struct error *e);
/* Whether it waits or not. */
int pending_drop(struct db_txn *t, const char *serial, const char *email_id,
	struct error *e);
int pending_drop_all(struct db_txn *t, const char *serial, struct error *e);
/* The requests are cancelled, too: an answer to one comes late. */
int pending_cancel_all(
	struct db_txn *t, const char *serial, int64_t now, struct error *e);

#endif
