/*
 * What the ledger needs of requests within its transaction.
 */
#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H

#include "store/db.h"
#include "store/ledger.h"

int request_put(struct db_txn *t, const struct request *r, struct error *e);

#endif
