/*
 * Whether our own clock can be true. A wrong one makes what is genuine stale,
 * and forgets what must be remembered; so a clock that jumps is not believed
 * before the kernel has said for a while that it is synchronised, or the
 * operator has said so. Believed time never goes back.
 *
 * Pure: it is told what the clocks say, and keeps one mark.
 */
#ifndef STORE_BELIEF_H
#define STORE_BELIEF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* What is kept: the highest believed time, and what the clocks said then. */
struct clock_mark {
	int64_t time; /* 0: there is none yet */
	int64_t boot;
	char boot_id[BOOT_ID_SIZE];
};

enum belief_state {
	BELIEVED,
	BELIEF_HELD, /* a little behind the mark, which is used instead */
	DOUBTED
};

struct belief {
	enum belief_state state;
	struct clock_mark mark;
	int64_t hold; /* seconds that the clock may be behind the mark */
	/* The last look. */
	int64_t real, boot;
	int64_t synchronised_since; /* boot time; -1: it is not */
	int64_t since;              /* boot time: of this state */
	char why[128];              /* where it is doubted */
};

enum {
	BELIEF_STEP = 60,     /* a step of the clock that is followed */
	BELIEF_SYNC = 5 * 60, /* how long the kernel must say so */
	BELIEF_START = 86400  /* how far ahead of the mark a start may be */
};

/* The first look, with the mark of the last run. */
void belief_begin(struct belief *b, const struct clock_mark *mark, int64_t hold,
	const struct clock_reading *r);
/* Each further one. */
void belief_look(struct belief *b, const struct clock_reading *r);
/* The operator says that the clock is right; the mark may go back. */
void belief_accept(struct belief *b, const struct clock_reading *r);
/* The believed time; while it is doubted, the mark. */
int64_t belief_time(const struct belief *b);

#endif
