/*
 * The queue as its own files know it.
 */
#ifndef AGENT_BACKLOG_INSIDE_H
#define AGENT_BACKLOG_INSIDE_H

#include "agent/backlog.h"

#define BACKLOG_BAD ".bad"

enum { BACKLOG_NAME_SIZE = 64 };

struct backlog_file {
	uint64_t number;
	off_t size, done;
	bool undated;
};

struct backlog {
	int directory, refused; /* descriptors */
	int64_t limit;
	struct backlog_file *files; /* in order of number */
	size_t count, room;
	uint64_t next; /* number */
	/* The last file, if it is written to; else -1. */
	int current;
	off_t synced;
	size_t lines;
	bool dropped; /* lines that were put, and no backlog_sync has told */
	size_t refused_files, bad_files;
	uint64_t refused_first; /* the oldest one's number */
};

/* "jsonl", "done" or "undated". */
void
backlog_name(uint64_t number, const char *kind, char out[BACKLOG_NAME_SIZE]);
int backlog_sync_directory(int fd, struct error *e);
/* Its file is there no more. */
void backlog_drop(struct backlog *b, struct backlog_file *file);
/* Nothing is written to the last file any more. */
void backlog_end_file(struct backlog *b);
/* errno is of a file: ERROR_BAD if it is that file's own, and not the
 * machine's. */
int backlog_file_error(struct error *e, const char *name);
/* e says what is bad with one, and then, -1, why it has no new name. */
int backlog_rename_bad(
	struct backlog *b, uint64_t number, const char *kind, struct error *e);
/* The same for a file of lines, which is none of the queue's any more. */
int backlog_set_aside(
	struct backlog *b, struct backlog_file *file, struct error *e);
/* As backlog_sync, which is still to tell whoever has put the lines. */
int backlog_flush(struct backlog *b, struct error *e);
/* All its lines are done with: the file and its place go. */
int
backlog_remove(struct backlog *b, struct backlog_file *file, struct error *e);
/* How much of it is on the disk. */
off_t backlog_settled(const struct backlog *b, const struct backlog_file *file);

#endif
