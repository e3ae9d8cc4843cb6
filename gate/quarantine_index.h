/*
 * What is in the quarantine, in memory: each file, counted by share and by
 * whose it is. Knows no disk. Its memory is bounded by what may be kept: a
 * file takes 256 octets here at most and is counted as 4096 there.
 *
 * The caller has a lock around all of it.
 */
#ifndef GATE_QUARANTINE_INDEX_H
#define GATE_QUARANTINE_INDEX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/error.h"
#include "gate/quarantine_file.h"

enum {
	SHARES = SHARE_PROVED + 1,
	QUARANTINE_FILE_LEAST = 4096,     /* octets that a file is counted as */
	QUARANTINE_FILES_MAX = 128 << 10, /* in a share */
	QUARANTINE_OWNER_PART = 32,       /* of its share */
	QUARANTINE_OWNER_FILES = 100,
	QUARANTINE_NETWORK_DAY = 20 /* files a day */
};

struct quarantine_index;

/* All files of one owner, or from one network. */
struct party {
	enum share share;
	uint64_t whose;
	int64_t octets, files;
	int64_t day, today; /* files that came on that day */
	TAILQ_HEAD(, kept) all;
};

/* One file. */
struct kept {
	struct quarantine_name name;
	int64_t octets; /* as counted */
	char *file;     /* its name; NULL: the one that name makes */
	bool writing;   /* not yet on disk */
	bool findable;  /* by its content: the first with this one */
	struct party *party;
	TAILQ_ENTRY(kept) by_age, by_party;
};

/* NULL: out of memory. */
struct quarantine_index *index_new(void);
void index_free(struct quarantine_index **index);

/* file: NULL if name makes it, else copied. Within a share, oldest first. */
int index_add(struct quarantine_index *ix, const struct quarantine_name *name,
	int64_t octets, const char *file, struct kept **kept_r,
	struct error *e);
void index_drop(struct quarantine_index *ix, struct kept *k);

/* By share, whose it is and content. NULL: not there. */
struct kept *
index_content(struct quarantine_index *ix, const struct quarantine_name *name);
/* By the file's name. */
struct kept *index_file(struct quarantine_index *ix, const char *file);
struct party *
index_party(struct quarantine_index *ix, enum share share, uint64_t whose);
struct kept *index_oldest(struct quarantine_index *ix, enum share share);
/* One after the other, round and round, for who looks after them all. */
struct kept *index_turn(struct quarantine_index *ix);

struct share_count {
	int64_t files, octets;
};
struct share_count
index_count(const struct quarantine_index *ix, enum share share);

void index_file_name(const struct kept *k, char out[QUARANTINE_NAME_SIZE]);

#endif
