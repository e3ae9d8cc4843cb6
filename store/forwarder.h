/*
 * Rows of the table of forwarders, for the store's other files.
 */
#ifndef STORE_FORWARDER_H
#define STORE_FORWARDER_H

#include "store/db.h"
#include "store/registry.h"

/* False: the row is damaged. */
bool forwarder_read(const struct octets *key, struct forwarder *f);
/* Those of a center that goes. */
int forwarder_drop_all(struct db_txn *t, const char *center, struct error *e);

#endif
