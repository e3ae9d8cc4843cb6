/*
 * Recovery of the environment.
 */
#ifndef STORE_REPAIR_H
#define STORE_REPAIR_H

#include "store/store.h"

/* Opens s->db, which recovers it. ERROR_TROUBLE, among others: there is not
 * room enough for a recovery. */
int repair_open(struct store *s, struct error *e);

/* Any thread. Closes and recovers, if it is broken and a recovery is due. 0: it
 * works; ERROR_TROUBLE: not yet, and why. */
int repair_if_broken(struct store *s, struct error *e);

#endif
