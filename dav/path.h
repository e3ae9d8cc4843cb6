/*
 * Paths on a server: written once, one way, and read back from what it says,
 * which may spell them as it likes.
 */
#ifndef DAV_PATH_H
#define DAV_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * base, which is encoded and ends in "/", and path, which is not encoded; a
 * collection's gets its "/". To be freed; NULL: ERROR_USAGE, or no memory.
 */
char *
path_join(const char *base, const char *path, bool collection, struct error *e);

/* Takes the percent-encoding off, once. False: a broken %, or a NUL. */
bool path_decode(const char *encoded, char *out, size_t size);

/*
 * What of: a path that a server spells, below: ours, encoded. 1: name_r is the
 * name of a direct child; 0: it is the collection itself; -1: neither.
 */
int path_child(const char *of, const char *below, char *name_r, size_t size);

#endif
