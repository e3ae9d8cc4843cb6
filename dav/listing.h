/*
 * A multistatus answer (RFC 4918, 13) into entries, octets in pieces of any
 * size in, one call an entry out. Memory does not grow with the answer. No
 * network.
 */
#ifndef DAV_LISTING_H
#define DAV_LISTING_H

#include <stddef.h>

#include "base/error.h"
#include "dav/dav.h"

/* What to ask for, the body of a PROPFIND. */
extern const char LISTING_ASKED[];

struct listing;

/* path: the collection's, encoded, with its "/". NULL: no memory. */
struct listing *listing_new(const char *path,
	int (*each)(const struct dav_entry *entry, void *arg), void *arg);
void listing_free(struct listing **l);

/* 0: go on; 1: each wants no more; -1: ERROR_BAD. */
int listing_read(
	struct listing *l, const char *octets, size_t length, struct error *e);
/* Was it whole? */
int listing_end(struct listing *l, struct error *e);

#endif
