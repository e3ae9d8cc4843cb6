/*
 * Spool segments as a consumer sees them (csrc-report(5)): files of new/ and
 * cur/, found by name, and one of them checked line by line.
 */
#ifndef CONTROL_COMMANDS_SPOOL_SEGMENT_H
#define CONTROL_COMMANDS_SPOOL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "store/spool.h"

enum { SEGMENT_PATH_SIZE = 4096 };

struct segment {
	uint64_t first; /* sequence number, as its name says */
	bool claimed;   /* in cur/ */
	char name[SEGMENT_NAME_SIZE];
};

/* The path of a segment; place: "new" or "cur". */
void segment_path(const char *spool, const char *place, const char *name,
	char out[SEGMENT_PATH_SIZE]);
/* The name in text: that itself, or the path that "spool next" printed. */
const char *segment_name(const char *spool, const char *text);

/*
 * The segments of new/, and of cur/ if claimed too, in order of sequence; other
 * files, and what has a segment's name but is no regular file, are left out,
 * and counted. The caller frees *segments_r.
 */
int segment_list(const char *spool, bool claimed, struct segment **segments_r,
	size_t *count_r, size_t *others_r, struct error *e);

/*
 * Reads the whole of in: each line one JSON object with its sequence number,
 * the first as in the name, the others one by one behind it. *last_r: of the
 * last good line, first - 1 if there is none. ERROR_BAD says what is wrong and
 * in which line; ERROR_TROUBLE: it cannot be read.
 */
int segment_check(FILE *in, uint64_t first, uint64_t *last_r, struct error *e);

#endif
