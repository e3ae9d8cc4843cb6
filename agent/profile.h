/*
 * Profile files, csrc-profile(5): what printers are asked, and what their
 * answers are called in reports. Nothing in the agent knows a maker.
 */
#ifndef AGENT_PROFILE_H
#define AGENT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/answer.h"
#include "base/error.h"

enum {
	PROFILE_CHAIN = 3,      /* files for one printer */
	PROFILE_NAME_SIZE = 64, /* of a file, without ".profile" */
	PROFILE_CHAIN_SIZE = PROFILE_CHAIN * PROFILE_NAME_SIZE
};

struct profiles; /* immutable; any thread may read it */
struct profile_file;

/*
 * Reads every *.profile file of the directories, in order of name; a file in a
 * later directory replaces one of the same name in an earlier one. A missing
 * directory is an empty one. A file that is wrong is left out, and so is one
 * that it would have replaced; what is wrong with each is kept. personal: what
 * may be about people is asked, too. ERROR_TROUBLE.
 */
int profiles_load(const char *const *directories, size_t count, bool personal,
	struct profiles **profiles_r, struct error *e);
void profiles_free(struct profiles **p);
size_t profiles_count(const struct profiles *p);
/* "FILE:LINE: …" of a file that was left out; NULL: no more. */
const char *profiles_fault(const struct profiles *p, size_t index);

/* The files for one printer, the narrowest first; of no use after
 * profiles_free. */
struct profile {
	const struct profile_file *files[PROFILE_CHAIN];
	size_t count;
};

/* By sysObjectID among the answers; without it, those for every printer. */
void profile_choose(const struct profiles *profiles,
	const struct answers *answers, struct profile *profile_r);
/* "hp printer-mib": the names of its files; "-" if there is none. */
void profile_names(const struct profile *profile, char out[PROFILE_CHAIN_SIZE]);

/*
 * The asking of one printer, step by step, as struct poll_calls wants it: first
 * who it is, then all that its profile has. Begin with { .profiles = … }.
 */
struct profile_asking {
	const struct profiles *profiles;
	struct profile profile; /* once it is chosen */
	int step;
};

/* 1: ask queries; 0: enough, and asking->profile is the printer's. */
int profile_next(struct profile_asking *asking, const struct answers *so_far,
	struct queries *queries);

#endif
