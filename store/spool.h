/*
 * The spool's files: the steps of which the publisher makes a segment appear
 * whole or not at all. Directories are never made here.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum { SEGMENT_NAME_SIZE = 20 + 6 + 1 }; /* 20 digits, ".jsonl" */

struct spool {
	int base, tmp, new; /* directories; base: the spool's own */
};

/* Fails unless it, tmp, new and cur are there, writable, on one file system. */
int spool_open(const char *directory, struct spool *s, struct error *e);
void spool_close(struct spool *s);

void spool_name(uint64_t first, char out[SEGMENT_NAME_SIZE]);
/* Is this a segment's name? */
bool spool_named(const char *name, uint64_t *first_r);
/* Removes unfinished segments from tmp, but not the one named keep. */
int spool_clean(const struct spool *s, const char *keep, struct error *e);

/* A new file tmp/name, readable for new's group. */
int spool_create(const struct spool *s, const char *name, FILE **file_r,
	struct error *e);
/* Syncs and closes it (also when it fails), then syncs tmp. */
int spool_finish(const struct spool *s, FILE *file, struct error *e);

/*
 * Moves tmp/name to new/. *gone_r: tmp/name is not there. Never over a
 * segment that has other content (ERROR_TROUBLE): that means that numbers are
 * being given twice, after an old backup was put back, say.
 */
int spool_release(
	const struct spool *s, const char *name, bool *gone_r, struct error *e);
int spool_sync_new(const struct spool *s, struct error *e);

#endif
