/*
 * The index from sender and network to the plain devices that are registered
 * with both. In the transactions of store/device.c.
 */
#ifndef STORE_SENDER_H
#define STORE_SENDER_H

#include "store/db.h"
#include "store/registry.h"

/* Nothing for a device that is not plain or not registered with both. */
int sender_put(struct db_txn *t, const struct device *d, struct error *e);
int sender_drop(struct db_txn *t, const struct device *d, struct error *e);
/* 1: the index has it, or need not; 0; -1. */
int sender_has(struct db_txn *t, const struct device *d, struct error *e);
/* The parts of a row's key; false: it is damaged. */
bool sender_split(const struct octets *key, char from[ADDRESS_SIZE],
	char network[NETWORK_SIZE], char serial[SERIAL_SIZE]);

#endif
