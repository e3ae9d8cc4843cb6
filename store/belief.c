/*
 * CLOCK_BOOTTIME cannot be set: what the clock ought to say, it says, as long
 * as the machine has not been booted anew.
 */
#include "store/belief.h"

#include <string.h>

#include "base/text.h"

static void
enter(struct belief *b, enum belief_state state)
{
	if (b->state != state)
		b->since = b->boot;
	b->state = state;
	if (state != DOUBTED)
		b->why[0] = '\0';
}

/* seconds: by how much; 0: that says nothing. */
static void
doubt(struct belief *b, int64_t seconds, const char *what)
{
	/* the first cause is the one to tell */
	if (b->state == DOUBTED && b->why[0] != '\0')
		return;
	if (seconds == 0)
		(void)text_copy(b->why, sizeof(b->why), what);
	else
		(void)text_format(b->why, sizeof(b->why), "%s by %lld seconds",
			what, (long long)seconds);
	enter(b, DOUBTED);
}

static void
set_mark(struct belief *b, const struct clock_reading *r)
{
	b->mark.time = r->real;
	b->mark.boot = r->boot;
	memcpy(b->mark.boot_id, r->boot_id, sizeof(b->mark.boot_id));
}

/*
 * How long ago the mark is at least. Also sound where the boot's name cannot be
 * read (ProcSubset=pid): if it was another boot, more time has passed than this
 * boot has lasted.
 */
static int64_t
elapsed(const struct belief *b, const struct clock_reading *r)
{
	const char *was = b->mark.boot_id, *is = r->boot_id;

	if (was[0] != '\0' && is[0] != '\0' && strcmp(was, is) != 0)
		return r->boot;
	return r->boot > b->mark.boot ? r->boot - b->mark.boot : 0;
}

/* Not further ahead of the mark than time has passed, with some drift. */
static bool
plausible(const struct belief *b, const struct clock_reading *r, int64_t slack)
{
	int64_t passed = elapsed(b, r);

	return r->real - b->mark.time <= passed + passed / 1000 + slack;
}

/* At the mark or ahead of it. */
static void
follow(struct belief *b, const struct clock_reading *r)
{
	set_mark(b, r);
	enter(b, BELIEVED);
}

static bool
synchronised(const struct belief *b)
{
	return b->synchronised_since >= 0 &&
		b->boot - b->synchronised_since >= BELIEF_SYNC;
}

/* Notes what the clocks say; returns by how much the clock stepped. */
static int64_t
take(struct belief *b, const struct clock_reading *r)
{
	int64_t step = (r->real - b->real) - (r->boot - b->boot);

	b->real = r->real;
	b->boot = r->boot;
	if (!r->synchronised)
		b->synchronised_since = -1;
	else if (b->synchronised_since < 0 || step > BELIEF_STEP ||
		step < -BELIEF_STEP)
		b->synchronised_since = r->boot;
	return step;
}

static bool
behind(struct belief *b, const struct clock_reading *r)
{
	if (r->real >= b->mark.time)
		return false;
	if (b->mark.time - r->real > b->hold)
		doubt(b, b->mark.time - r->real,
			"it is behind what was believed before");
	else
		enter(b, BELIEF_HELD);
	return true;
}

/* What the mark of another run says of the first look. */
static void
compare(struct belief *b, const struct clock_reading *r)
{
	if (plausible(b, r, BELIEF_START))
		follow(b, r);
	else
		doubt(b, r->real - b->mark.time,
			"it is ahead of what was believed before");
}

void
belief_begin(struct belief *b, const struct clock_mark *mark, int64_t hold,
	const struct clock_reading *r)
{
	struct clock_mark copy = *mark;

	memset(b, 0, sizeof(*b));
	b->mark = copy;
	b->hold = hold;
	b->real = r->real;
	b->boot = b->since = r->boot;
	b->synchronised_since = r->synchronised ? r->boot : -1;
	if (r->real < clock_release())
		doubt(b, clock_release() - r->real,
			"it is before this program was made");
	else if (mark->time == 0)
		doubt(b, 0, "no time was ever believed before");
	else if (!behind(b, r))
		compare(b, r);
}

/*
 * May what is doubted be believed again? Where time says that it should be, or
 * as little behind that as is held; or on the kernel's word, which may lower
 * the mark: then it was the mark that was wrong.
 */
static bool
redeemed(const struct belief *b, const struct clock_reading *r)
{
	if (r->real < clock_release())
		return false;
	if (synchronised(b))
		return true;
	return b->mark.time != 0 && plausible(b, r, BELIEF_STEP) &&
		r->real >= b->mark.time + elapsed(b, r) - b->hold;
}

void
belief_look(struct belief *b, const struct clock_reading *r)
{
	int64_t step = take(b, r);

	if (b->state == DOUBTED) {
		if (!redeemed(b, r))
			return;
		if (synchronised(b) || !behind(b, r))
			follow(b, r);
		return;
	}
	if (behind(b, r))
		return;
	if (step > BELIEF_STEP && !plausible(b, r, BELIEF_STEP))
		doubt(b, step, "it stepped ahead");
	else
		follow(b, r);
}

void
belief_accept(struct belief *b, const struct clock_reading *r)
{
	(void)take(b, r);
	follow(b, r);
}

int64_t
belief_time(const struct belief *b)
{
	return b->mark.time;
}
