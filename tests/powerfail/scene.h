/*
 * What the parts of the power-failure test share: a scene, what is noted of
 * it, and where its files are.
 *
 * Notes on the tape, each once it is promised:
 *
 *	init            store_init returned 0
 *	made            the devices are there
 *	A NUMBER SEQ    a report was admitted
 *	C NUMBER SEQ    a consumer read it in the spool, and took it away
 *	I NUMBER 0      a request was issued
 *	q NUMBER 0      a copy came for the quarantine,
 *	Q NUMBER 0      and was kept there
 *	P COUNT 0       so many rows were purged
 *	b 0 0, B 0 0    a backup began, and was made
 *	killed          the process ended in a sync
 */
#ifndef TESTS_POWERFAIL_SCENE_H
#define TESTS_POWERFAIL_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/ledger.h"
#include "store/pending.h"
#include "tests/powerfail/image.h"

enum {
	REPORTS = 160,
	LINE = 30000, /* so that the log changes its file */
	KILLED = 9,
	KEEP_EVERY = 4,
	/* For one part of a scene or one check. What a mutant leaves may make
	 * the database go round for ever, which is a fault found. */
	SECONDS = 120,
	MUTANT_SECONDS = 30
};

/* One run of the workload. */
struct scene {
	const char *name;
	unsigned int reports; /* 0: init alone */
	const char *fails;    /* part of the path whose sync fails; NULL */
	int at, times;        /* times 0: the process ends in that sync */
	bool killed; /* the process ends at the failure, another goes on */
	unsigned int backups; /* that are made in the middle and work */
};

/* Each an absolute path; a store's directories stand below root and image. */
struct paths {
	char root[128], image[128];
	char tape[128], again[128]; /* what was done to root, and to image */
};
extern struct paths paths;

enum where { STATE, SPOOL, QUARANTINE, BACKUP, WHERES };

/* The options of the store below base, and its paths, which they point to. */
struct site {
	char path[WHERES][160];
	struct store_options options;
};
void site_below(struct site *site, const char *base);

/* The exit status of body(arg) in a process of its own. */
int in_child(int (*body)(void *arg), void *arg, unsigned int seconds);

/* What the workload does with each number; the rest is due to be purged. */
bool is_lasting(unsigned int number);
/* Does its request wait in the store, with a message of so many octets? */
enum { MESSAGE = 3000 };
bool does_wait(unsigned int number);
struct admission admission_of(unsigned int number);
const char *email_id_of(unsigned int number, char out[EMAIL_ID_SIZE]);
/* Each line of each segment; consume: then the segment goes. */
void read_spool(const char *spool,
	void (*each)(
		unsigned int number, unsigned long long sequence, void *arg),
	void *arg, bool consume);

/* Leaves the tape; without: see record_without. */
bool play_scene(const struct scene *scene, const char *without);

/* Copies in the quarantine, each known by its number. */
struct keeping;
struct keeping *keeping_new(const char *directory);
void keeping_free(struct keeping *k);
bool keeping_put(struct keeping *k, unsigned int number);
/* How many faults there are: of those noted one is not there, or one that is
 * there is not whole, or a new one cannot be put. */
int keeping_examine(const char *directory, const bool noted[REPORTS]);

/* On the image of that moment all must be there that was noted. */
bool try_image(unsigned int seconds, const struct tape *tape, size_t changes,
	enum rule rule, unsigned int seed);
/* The same of a moment within init, which must be able to go on. */
bool try_init(unsigned int seconds, const struct tape *tape, size_t changes,
	enum rule rule, unsigned int seed);

#endif
