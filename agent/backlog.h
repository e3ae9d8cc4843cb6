/*
 * Readings on their way to the center: a directory of files of lines, each a
 * report, where they lie from the poll until the center's receipt is there.
 *
 *     NUMBER.jsonl    lines with their dates, as they will be sent
 *     NUMBER.done     how many octets of that file the center has
 *     NUMBER.undated  lines that wait for a clock: when in which boot, report
 *     refused/        what the center will not have, file by file
 *     NUMBER.KIND.bad   any of the first three that could not be read
 *
 * A file's number is that of its first line, and one that was begun by an
 * earlier process is never written to again. Whatever a call has changed is on
 * the disk when it returns; of a line that was being put nothing is left if it
 * fails. Cut off at any moment nothing is lost that backlog_sync has returned
 * for, and nothing is there twice but what was sent and whose receipt was lost,
 * which is sent again, octet for octet.
 *
 * One process has it open, and one thread uses it at a time.
 */
#ifndef AGENT_BACKLOG_H
#define AGENT_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/dating.h"
#include "base/buffer.h"
#include "base/error.h"

enum {
	BACKLOG_LINE_MAX = 512 << 10, /* octets of a report */
	BACKLOG_LINES_MAX = 10000,    /* of a file, and so of a bundle */
	BACKLOG_REFUSED_MAX = 100     /* files; the oldest go */
};

struct backlog;

/* Makes the directory if it is missing. limit: octets of all files.
 * ERROR_BAD: it is not ours, or has what is none of it; ERROR_TROUBLE. */
int backlog_open(const char *path, int64_t limit, struct backlog **backlog_r,
	struct error *e);
void backlog_close(struct backlog **backlog);

/*
 * A report as one JSON object, without newline. undated NULL: it has its date;
 * else boot is when it was read, seconds of that boot's CLOCK_BOOTTIME, and the
 * date is put into it later. ERROR_LIMIT: the queue is full, or the report too
 * long; ERROR_BAD: it is no object on one line; ERROR_TROUBLE: the disk.
 */
int backlog_put(struct backlog *b, const void *report, size_t length,
	const struct dating *undated, int64_t boot, struct error *e);
/* All that was put since the last call is on the disk; -1: of some of it that
 * cannot be said, which is to be put again. */
int backlog_sync(struct backlog *b, struct error *e);

/* The clock came: what waited for it gets its date, and what another boot left
 * the latest one that it can have, and "date_uncertain". *files_r: how many
 * files that were. */
int backlog_date(struct backlog *b, const struct dating *dating,
	size_t *files_r, struct error *e);

/* Lines that go together; where they stand. */
struct backlog_slice {
	uint64_t file;
	off_t from, to;
	size_t lines;
};

/* Appends the oldest lines that have a date, as many as fit, and no more than
 * lines. Their number is 0: there are none. ERROR_LIMIT: not even one fits. */
int backlog_take(struct backlog *b, size_t octets, size_t lines,
	struct buffer *out, struct backlog_slice *slice_r, struct error *e);
/* The center has answered for all of them: they are forgotten, but for those
 * (an octet a line, not 0) that go to refused/. */
int backlog_answered(struct backlog *b, const struct backlog_slice *slice,
	const unsigned char *refused, struct error *e);

struct backlog_count {
	size_t files, undated, refused_files;
	size_t bad_files; /* of lines, which could not be read */
	int64_t octets;   /* that wait */
	int64_t limit;
};
void backlog_count(const struct backlog *b, struct backlog_count *count_r);

#endif
