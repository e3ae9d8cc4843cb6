/*
 * See pace.h. Nothing here reads a clock.
 */
#include "webdav/pace.h"

enum { DOUBLINGS = 20 };

int64_t
pace_pause(unsigned int failures, int64_t most, uint64_t random)
{
	unsigned int doublings = failures > 0 ? failures - 1 : 0;
	int64_t pause;

	if (doublings > DOUBLINGS)
		doublings = DOUBLINGS;
	pause = (int64_t)1000 << doublings;
	if (pause > most * 1000)
		pause = most * 1000;
	return pause - (int64_t)(random % (uint64_t)(pause / 2 + 1));
}

int64_t
pace_next(struct pace *p, enum outcome outcome, uint64_t random)
{
	if (outcome == OUTCOME_FAILED) {
		if (p->failures < UINT16_MAX)
			p->failures++;
		return pace_pause(p->failures, PACE_FAILED_MAX, random);
	}
	p->failures = 0;
	return outcome == OUTCOME_BUSY ? 0 : p->interval;
}

void
look_done(struct look *l, int64_t when, bool all, bool some, uint64_t random)
{
	l->seen = when;
	l->all = all;
	if (all || some)
		l->stuck = 0;
	else if (l->stuck < UINT16_MAX)
		l->stuck++;
	l->pause = pace_pause(l->stuck, PACE_FAILED_MAX, random);
}

/* Of more than can be remembered something is always due; so this is what
 * slows down. */
int64_t
look_next(const struct look *l, int64_t due)
{
	if (l->stuck > 0)
		return l->seen + l->pause;
	if (!l->all)
		return l->seen;
	return due < l->seen + LOOK_EVERY ? due : l->seen + LOOK_EVERY;
}
