/*
 * A part of what a listing shows: the names that can be worked on now. What is
 * not in it is there the next time; so memory is bounded however full a
 * directory is.
 */
#ifndef WEBDAV_SLICE_H
#define WEBDAV_SLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "webdav/filename.h"
#include "webdav/round.h"

enum {
	SLICE_MAX = 4096,
	WORK_TAG = 16, /* octets before the "." of a name in work/ */
	WORK_NAME_SIZE = WORK_TAG + 1 + FILENAME_SIZE
};

struct slice {
	size_t count;
	char names[SLICE_MAX][WORK_NAME_SIZE];
};

/* Fills s->slice, in an order by chance, from inbox/ or work/, and adds to
 * s->left what was seen. ERROR_NOT_FOUND: there is no such directory. */
int slice_inbox(struct station *s, struct error *e);
int slice_work(struct station *s, struct error *e);

#endif
