/*
 * What the ledger needs of Email-IDs within its transaction.
 */
#ifndef STORE_EMAIL_ID_H
#define STORE_EMAIL_ID_H

#include "store/db.h"
#include "store/ledger.h"

int email_id_put(struct db_txn *t, const struct email_id *id, struct error *e);

#endif
