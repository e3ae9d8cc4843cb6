/*
 * What the store's other files need of the keys of principals.
 */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include "store/registry.h"
#include "store/rows.h"

/* All keys of a principal, with their count in meta. */
int key_remove_all(struct db_txn *t, const char *principal, struct error *e);
/* registry_key_add, within a transaction, of a row that is complete. */
int key_add(struct db_txn *t, const struct octets *id,
	const struct key_row *added, struct error *e);
/* The principal has proved to have this key, now. */
int key_used(struct db_txn *t, const struct octets *id, int64_t now,
	struct error *e);
/* The row of principal_keys: PRINCIPAL NUL KEY-ID. */
struct packer key_index(const char *principal, const struct octets *id);

#endif
