/*
 * Each use of the time is a look at the clock, so that a step is noticed before
 * anything is judged by it. The mark is written once a minute: a kill makes it
 * older by so much, and nothing worse.
 */
#include "store/clock.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/meta.h"
#include "store/pack.h"

enum {
	KEEP_EVERY = 60,       /* seconds between two marks kept */
	PURGE_AFTER = 10 * 60, /* of belief */
	PURGE_STRIDE = 24 * 3600
};

/* Says a change once. */
static void
say(const struct belief *b, enum belief_state before)
{
	char time[TEXT_TIME_SIZE];

	if (b->state == before)
		return;
	text_time((time_t)b->mark.time, time);
	if (b->state == DOUBTED)
		log_error(
			"the clock is not believed: %s; see \"csrcadm clock\"",
			b->why);
	else if (b->state == BELIEF_HELD)
		log_warn("the clock is a little behind; it is taken to be %s",
			time);
	else
		log_info("the clock is believed, it is %s", time);
}

static struct belief
look(struct store *s)
{
	struct clock_reading r;
	enum belief_state before;
	struct belief copy;

	/* in here, so that nobody looks with an older reading than the last */
	pthread_mutex_lock(&s->clock_lock);
	s->clock_source(&r);
	before = s->belief.state;
	belief_look(&s->belief, &r);
	copy = s->belief;
	pthread_mutex_unlock(&s->clock_lock);
	say(&copy, before);
	return copy;
}

int
store_clock(struct store *s, int64_t *now_r, struct error *e)
{
	struct belief b = look(s);

	*now_r = belief_time(&b);
	if (b.state != DOUBTED)
		return 0;
	return error_set(
		e, ERROR_TROUBLE, "the clock is not believed: %s", b.why);
}

int64_t
store_time(struct store *s)
{
	int64_t now;
	struct error ignored;

	(void)store_clock(s, &now, &ignored);
	return now;
}

static int
read_mark(struct db_txn *t, void *arg, struct error *e)
{
	struct clock_mark *mark = arg;
	struct octets key = text_octets_of(META_CLOCK);
	unsigned char row[8 + 8 + 2 + BOOT_ID_SIZE];
	struct unpacker u;
	size_t length;
	int found = db_get(t, TABLE_META, &key, row, sizeof(row), &length, e);

	memset(mark, 0, sizeof(*mark));
	if (found != 1)
		return found;
	u = unpack_row(row, length);
	mark->time = unpack_time(&u);
	mark->boot = unpack_time(&u);
	unpack_text(&u, mark->boot_id, sizeof(mark->boot_id));
	if (unpack_done(&u))
		return 0;
	return error_set(
		e, ERROR_TROUBLE, "the store\'s row \"clock\" is damaged");
}

static int
write_mark(struct db_txn *t, void *arg, struct error *e)
{
	const struct clock_mark *mark = arg;
	struct octets key = text_octets_of(META_CLOCK), row;
	struct packer p = { .length = 0 };

	pack_number(&p, (uint64_t)mark->time, 8);
	pack_number(&p, (uint64_t)mark->boot, 8);
	pack_text(&p, mark->boot_id);
	row = pack_row(&p);
	return db_put(t, TABLE_META, &key, &row, e);
}

int
store_clock_first(struct db_txn *t, struct error *e)
{
	struct clock_reading r;
	struct clock_mark mark = { 0 };

	clock_read(&r);
	if (r.real < clock_release())
		return 0;
	mark.time = r.real;
	mark.boot = r.boot;
	memcpy(mark.boot_id, r.boot_id, sizeof(mark.boot_id));
	return write_mark(t, &mark, e);
}

/* The mark has no boot of its own: it is as if it were of this moment, so that
 * a clock may be a day ahead of it and no more. */
int
store_clock_proved(struct db_txn *t, int64_t time, struct error *e)
{
	struct clock_reading r;
	struct clock_mark mark = { .time = time };

	clock_read(&r);
	mark.boot = r.boot;
	memcpy(mark.boot_id, r.boot_id, sizeof(mark.boot_id));
	return write_mark(t, &mark, e);
}

int
store_clock_begin(struct store *s, struct error *e)
{
	struct clock_mark mark;
	struct clock_reading r;

	if (store_read(s, read_mark, &mark, e) == -1)
		return -1;
	s->clock_source(&r);
	belief_begin(&s->belief, &mark, s->options.clock_hold, &r);
	s->purged = mark.time;
	s->mark_kept = clock_seconds();
	if (s->belief.state == DOUBTED)
		say(&s->belief, BELIEVED);
	return 0;
}

/* Writing takes turns, so that no older mark comes after a newer one. */
static int
keep(struct store *s, enum durability durability, struct error *e)
{
	struct clock_mark mark;
	int rc;

	pthread_mutex_lock(&s->mark_lock);
	pthread_mutex_lock(&s->clock_lock);
	mark = s->belief.mark;
	s->mark_kept = clock_seconds();
	pthread_mutex_unlock(&s->clock_lock);
	rc = mark.time == 0 ? 0
			    : store_write(s, durability, write_mark, &mark, e);
	pthread_mutex_unlock(&s->mark_lock);
	return rc;
}

int
store_clock_tend(struct store *s, struct error *e)
{
	bool due;

	(void)look(s);
	pthread_mutex_lock(&s->clock_lock);
	due = clock_seconds() - s->mark_kept >= KEEP_EVERY;
	pthread_mutex_unlock(&s->clock_lock);
	return due ? keep(s, LATER, e) : 0;
}

int
store_clock_end(struct store *s, struct error *e)
{
	return keep(s, LATER, e);
}

bool
store_clock_purge(struct store *s, int64_t *until_r)
{
	struct belief b = look(s);

	if (b.state == DOUBTED || b.boot - b.since < PURGE_AFTER)
		return false;
	*until_r = belief_time(&b);
	pthread_mutex_lock(&s->clock_lock);
	if (s->purged == 0)
		s->purged = *until_r;
	if (*until_r - s->purged > PURGE_STRIDE)
		*until_r = s->purged + PURGE_STRIDE;
	s->purged = *until_r;
	pthread_mutex_unlock(&s->clock_lock);
	return true;
}

int
store_clock_accept(struct store *s, struct error *e)
{
	struct clock_reading r;
	enum belief_state before;
	struct belief copy;

	pthread_mutex_lock(&s->clock_lock);
	s->clock_source(&r);
	before = s->belief.state;
	if (r.real >= clock_release()) {
		belief_accept(&s->belief, &r);
		s->purged = r.real;
	}
	copy = s->belief;
	pthread_mutex_unlock(&s->clock_lock);
	if (r.real < clock_release())
		return error_set(e, ERROR_DENIED,
			"the clock is of a time before this program was made");
	say(&copy, before);
	return keep(s, DURABLE, e);
}

void
store_clock_look(struct store *s, struct store_clock *clock_r)
{
	struct belief b = look(s);

	memset(clock_r, 0, sizeof(*clock_r));
	clock_r->believed = b.state != DOUBTED;
	clock_r->held = b.state == BELIEF_HELD;
	clock_r->time = belief_time(&b);
	clock_r->own = b.real;
	clock_r->synchronised = b.synchronised_since >= 0;
	clock_r->seconds = b.boot - b.since;
	(void)text_copy(clock_r->why, sizeof(clock_r->why), b.why);
}
