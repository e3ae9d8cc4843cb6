/*
 * One segment's way from the outbox into the spool, in steps of which each may
 * be the last one before a crash.
 */
#ifndef STORE_SEGMENT_H
#define STORE_SEGMENT_H

#include <stdbool.h>

#include "base/error.h"
#include "store/store.h"

/*
 * Publishes the next segment, or goes on with one that was begun. 1: done; 0:
 * the outbox is empty; -1: trouble, to be tried again. clean: first remove
 * what a crash left in tmp.
 */
int segment_publish(struct store *s, bool clean, struct error *e);

#endif
