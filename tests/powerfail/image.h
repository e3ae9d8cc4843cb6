/*
 * What a disk may hold after the power failed, made from a record.
 */
#ifndef TESTS_POWERFAIL_IMAGE_H
#define TESTS_POWERFAIL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

enum rule {
	RULE_SYNCED,  /* only what was synced */
	RULE_ALL,     /* everything but what a failed sync lost */
	RULE_RANDOM,  /* any part of what was not synced, by sector or page */
	RULE_LATER,   /* later writes without earlier ones */
	RULE_NAMES,   /* all names, no data that was not synced */
	RULE_CONTENT, /* all data, no names that were not synced */
	RULES
};

struct tape; /* a record, read back */

struct tape *tape_read(const char *path);
void tape_free(struct tape *t);
size_t tape_length(const struct tape *t);
/* The text of a note, or NULL: another change. */
const char *tape_note(const struct tape *t, size_t at);
/* A sync that failed, or in which the process ended. */
bool tape_lost(const struct tape *t, size_t at);
/* Syncs, renames, unlinks: where what is on the disk changes its kind. */
bool tape_turns(const struct tape *t, size_t at);

/* The disk after that many changes, below root, which is there and empty. */
void image_build(const struct tape *t, size_t changes, enum rule rule,
	unsigned int seed, const char *root);
/* The power failed there; then somebody went on, and it failed again after
 * that: what of both was synced. */
void image_build_again(const struct tape *t, size_t changes, enum rule rule,
	unsigned int seed, const struct tape *then, const char *root);
/* How many names were not durable after that many changes. */
size_t image_loose_names(const struct tape *t, size_t changes);
const char *rule_name(enum rule rule);

#endif
