/*
 * The steps that make a store of an older schema one of ours.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/store.h"

/*
 * Each step is one durable transaction: killed at any moment, the store is of
 * the one schema or of the next. ERROR_NOT_FOUND: the store is not made;
 * ERROR_BAD: its schema is newer than this program.
 */
int schema_take_over(struct store *s, struct error *e);

#endif
