/*
 * The steps that make a store of an older schema one of ours.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/store.h"

/*
 * Killed at any moment, what is begun is finished by the next call; from the
 * first change on an older program refuses the store. ERROR_NOT_FOUND: the
 * store is not made; ERROR_BAD: its schema is newer than this program.
 */
int schema_take_over(struct store *s, struct error *e);

#endif
