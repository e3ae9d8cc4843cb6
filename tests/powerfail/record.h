/*
 * What a process does to the files below one directory, in order and with its
 * data. The calls are this program's own functions of the libraries' names, so
 * that also what Berkeley DB does passes through them; stdio's writes do not,
 * and a file outside the database is recorded whole when it is synced.
 */
#ifndef TESTS_POWERFAIL_RECORD_H
#define TESTS_POWERFAIL_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum change {
	CHANGE_CREATE,
	CHANGE_WRITE,
	CHANGE_TRUNCATE,
	CHANGE_SYNC,
	CHANGE_SYNC_ALL, /* syncfs */
	CHANGE_LOST, /* a sync that failed: what was dirty stays in memory */
	CHANGE_LOST_ALL, /* a syncfs */
	CHANGE_RENAME,
	CHANGE_UNLINK,
	CHANGE_MKDIR,
	CHANGE_NOTE, /* what the workload was told: path holds it */
};

enum { RECORD_PATH = 128, RECORD_ALIGN = 8 };

struct record {
	uint32_t change, length; /* octets that follow, in their room */
	uint64_t offset;
	char path[RECORD_PATH], other[RECORD_PATH];
};

static inline size_t
record_room(size_t length)
{
	return (length + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

/* Appends to the file log from here on; root is the directory. */
void record_start(const char *log, const char *root);
void record_stop(void);
void record_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The count-th sync from now of a file whose path holds that (at its end, if
 * there is a $ behind it) fails with EIO; so often. */
void record_fail_sync(const char *holds, int count, int times);
/* At that sync the process ends instead. */
void record_die_at_sync(const char *holds, int count);
/* Mutants: a sync of what holds that says yes and does nothing; and such a file
 * is not there for who would read it. */
void record_without(const char *holds);
/* The process ends before the count-th change from now. */
void record_die(int count);
int record_failures(void);

#endif
