/*
 * Which store it is: its id, and its master key.
 */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H

#include "store/db.h"
#include "store/store.h"

/* Reads its id into s->id, or gives it one. ERROR_DENIED: it was made with
 * another master key than s has; without one, that is not looked at. A change
 * of the master key that was cut off is ended, for which s needs both. */
int identity_take(struct store *s, struct error *e);

/* Leaves a trace of a master key in a row of its own. */
int identity_trace(struct db_txn *t, const char *name,
	const unsigned char *master, struct error *e);
/* From now on s->next is s->master. */
void identity_take_next(struct store *s);

#endif
