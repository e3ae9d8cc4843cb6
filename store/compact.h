/*
 * Gives the file system back what purged and published rows left empty: the
 * files of a Berkeley DB only ever grow by themselves.
 */
#ifndef STORE_COMPACT_H
#define STORE_COMPACT_H

#include "base/error.h"
#include "store/store.h"

/* Goes through the tables that shrink, in steps that hold up a writer for
 * some milliseconds each. */
int compact_tables(struct store *s, struct error *e);

#endif
