/*
 * The store's own sense of time: the believed clock, whose mark is kept in the
 * store. Tests put other clocks in the place of the machine's.
 */
#ifndef STORE_CLOCK_H
#define STORE_CLOCK_H

#include "store/belief.h"
#include "store/inside.h"

/* Makes a mark of a time that an older store proves to have been. */
int store_clock_proved(struct db_txn *t, int64_t time, struct error *e);
/* Reads the mark; a store that was just made has one. */
int store_clock_begin(struct store *s, struct error *e);
/* A look, as each second has one; keeps the mark now and then. */
int store_clock_tend(struct store *s, struct error *e);
/* Keeps the mark, at the end. */
int store_clock_end(struct store *s, struct error *e);
/*
 * Up to when the keeper may forget. False: nothing for now, since the clock has
 * not been believed for ten minutes; it never goes on by more than a day at
 * once.
 */
bool store_clock_purge(struct store *s, int64_t *until_r);

#endif
