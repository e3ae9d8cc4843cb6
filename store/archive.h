/*
 * The archive: each segment of the spool once more, by a hard link, before
 * consumers can see it: DIRECTORY/YYYY-MM/NAME.jsonl, the month being the one
 * in which its first record came. Directories of months are made here.
 */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/spool.h"

/* 0: it may be the archive of that spool. ERROR_BAD: it is not on its file
 * system, or no directory that we may write to. */
int archive_check(const char *directory, const char *spool, struct error *e);

/*
 * Links tmp/name, durably. Again is no error. ERROR_TROUBLE: it cannot be done,
 * or another file of that name is there.
 */
int archive_keep(const char *directory, const struct spool *s, const char *name,
	struct error *e);

/* A line of the archive, without its newline; it goes with the call. */
struct archive_line {
	const char *file; /* "2026-11/00000000000000000001.jsonl" */
	size_t number;    /* of the line, from 1 */
	uint64_t first;   /* sequence that the file's name says */
	const char *text;
	size_t length;
	bool cut; /* the file ends without a newline */
};

/*
 * All lines of files whose name is not above to, in order of the names. What
 * each returns that is not 0 ends the walk. ERROR_NOT_FOUND: there is no
 * archive.
 */
int archive_each(const char *directory, uint64_t to,
	int (*each)(const struct archive_line *line, void *arg), void *arg,
	struct error *e);

/*
 * Which files are over: of the first ones, in order of number, those whose
 * month ended before the time given and that were written before it. *first_r
 * is the number of the first one that stays, of the last one at least; 0: there
 * is none.
 */
int archive_over(const char *directory, int64_t before, uint64_t *first_r,
	struct error *e);
/* Removes those below that number, and months that are empty then. */
int archive_forget(const char *directory, uint64_t first, struct error *e);
/* The number of the last record in it; 0: there is none. */
int archive_last(const char *directory, uint64_t *last_r, struct error *e);

#endif
