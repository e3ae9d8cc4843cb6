/*
 * The index from an alias and a center to the device that makers' texts mean
 * by it. In the transactions of store/device.c.
 */
#ifndef STORE_ALIAS_H
#define STORE_ALIAS_H

#include "store/db.h"
#include "store/registry.h"

/* ERROR_EXISTS: another device of the center has that alias, it is some
 * device's serial, or the device's serial is another's alias. */
int alias_check(struct db_txn *t, const struct device *d, struct error *e);
int alias_put(struct db_txn *t, const struct device *d, struct error *e);
int alias_drop(struct db_txn *t, const struct device *d, struct error *e);
/* 1: the index has it, or need not; 0; -1. */
int alias_has(struct db_txn *t, const struct device *d, struct error *e);
/* Is the row this device's, as it is registered? */
bool alias_is(const struct octets *key, const struct device *d);

#endif
