/*
 * What the store's other files need of agents, within their transactions.
 */
#ifndef STORE_AGENT_ROWS_H
#define STORE_AGENT_ROWS_H

#include "store/agent.h"
#include "store/db.h"
#include "store/registry.h"

/* 0, or ERROR_NOT_FOUND. id is canonical. */
int agent_find(struct db_txn *t, const char *id, struct agent *agent_r,
	struct error *e);
int agent_put(struct db_txn *t, const struct agent *a, struct error *e);
/* Is one of that center? 1, 0 or -1. */
int agent_of_center(struct db_txn *t, const char *center, struct error *e);

/* Whose a device is: 1, 0 or -1. */
int assignment_of(struct db_txn *t, const char *serial,
	char id_r[AGENT_ID_SIZE], struct error *e);
/* It is nobody's any more, if it was somebody's. What waits for it stays. */
int assignment_drop(struct db_txn *t, const char *serial, struct error *e);
/* Of some that are an agent's: few, since each holds locks. *left_r: there may
 * be more. */
int assignment_drop_some(struct db_txn *t, struct agent *a, int64_t now,
	bool *left_r, struct error *e);

/* Whether it was seen or not; counted in a, whose row is the caller's. */
int unassigned_drop(
	struct db_txn *t, struct agent *a, const char *serial, struct error *e);
int unassigned_drop_all(struct db_txn *t, const char *id, struct error *e);

/* In store/device.c: a new one, counted; and one as it is to be, if neither its
 * center nor what leads to it changes. */
int device_add(
	struct db_txn *t, const struct device *d, int64_t now, struct error *e);
int device_put(struct db_txn *t, const struct device *d, struct error *e);

#endif
