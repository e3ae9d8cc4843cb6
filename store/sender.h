/*
 * The index from sender, network and center to the plain devices that are
 * registered with all three, and enabled. In the transactions of
 * store/device.c.
 */
#ifndef STORE_SENDER_H
#define STORE_SENDER_H

#include "store/db.h"
#include "store/registry.h"

/* Nothing for a device that is none of those. */
int sender_put(struct db_txn *t, const struct device *d, struct error *e);
int sender_drop(struct db_txn *t, const struct device *d, struct error *e);
/* 1: the index has it, or need not; 0; -1. */
int sender_has(struct db_txn *t, const struct device *d, struct error *e);
/* Is the row this device's, as it is registered? */
bool sender_is(const struct octets *key, const struct device *d);
/* Whose row it is; false: it is damaged. */
bool sender_serial(const struct octets *key, char serial[SERIAL_SIZE]);

#endif
