/*
 * The order is by chance, so that several collectors of one server seldom meet
 * at the same name.
 */
#include "webdav/slice.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "webdav/chance.h"

enum {
	LIST_MAX = 1 << 30, /* octets of a server's answer */
	TOLD_MAX = 8,       /* names, in the log, of one listing */
	GRACE = 60000       /* ms that another collector has for its work */
};

/* One listing. */
struct sight {
	struct station *station;
	int64_t now;
	uint64_t due; /* of work/ */
	unsigned long long foreign, oversized;
	int told;
};

/* Left alone, and told once, as long as it is remembered. Names with a dot in
 * front are the server's own temporary files. */
static void
leave_alone(struct sight *sight, const struct dav_entry *entry, const char *why)
{
	struct station *s = sight->station;
	char name[TEXT_TOKEN_SIZE];

	if (entry->name[0] == '.' || sight->told == TOLD_MAX ||
		tries_known(s->tries, entry->name))
		return;
	tries_hold(s->tries, entry->name, TRIES_NEVER);
	sight->told++;
	text_token(entry->name, name, sizeof(name));
	log_warn("%s: %s: left alone: %s", s->server->name, name, why);
}

/* Into the slice, if it is due. 1: that is full. */
static int
see_message(struct sight *sight, const char *name)
{
	struct station *s = sight->station;
	struct slice *slice = s->slice;

	s->left++;
	if (!tries_due(s->tries, name, sight->now))
		return 0;
	text_copy(slice->names[slice->count], WORK_NAME_SIZE, name);
	return ++slice->count == SLICE_MAX;
}

/*
 * The same for what may stay where it is: each that is due has the same chance,
 * however many there are. Else those in front that cannot be taken for a while
 * would hold up all behind them.
 */
static void
draw_message(struct sight *sight, const char *name)
{
	struct station *s = sight->station;
	struct slice *slice = s->slice;
	uint64_t place;

	s->left++;
	if (!tries_due(s->tries, name, sight->now))
		return;
	place = sight->due++;
	if (place < SLICE_MAX)
		slice->count++;
	else
		place = chance() % sight->due;
	if (place < SLICE_MAX)
		text_copy(slice->names[place], WORK_NAME_SIZE, name);
}

static int
see_inbox(const struct dav_entry *entry, void *arg)
{
	struct sight *sight = arg;
	const struct station *s = sight->station;
	struct filename f;

	if (!round_goes_on(s))
		return 1;
	if (entry->collection || !filename_read(entry->name, &f)) {
		sight->foreign++;
		leave_alone(sight, entry, "no name of a message");
		return 0;
	}
	if (entry->length > s->configuration->max_message_size) {
		sight->oversized++;
		leave_alone(sight, entry, "larger than max_message_size");
		return 0;
	}
	return see_message(sight, entry->name);
}

/* Of a collector that is at work, or was before it ended. */
static bool
is_of_another(const struct station *s, const char *name)
{
	char ours[9];

	text_format(ours, sizeof(ours), "%08x", (unsigned int)s->instance);
	return strncmp(name, ours, 8) != 0;
}

static bool
is_work(const char *name)
{
	struct filename f;

	return strspn(name, "0123456789abcdef") == WORK_TAG &&
		name[WORK_TAG] == '.' && filename_read(name + WORK_TAG + 1, &f);
}

static int
see_work(const struct dav_entry *entry, void *arg)
{
	struct sight *sight = arg;
	struct station *s = sight->station;

	if (!round_goes_on(s))
		return 1;
	if (entry->collection || !is_work(entry->name)) {
		sight->foreign++;
		leave_alone(sight, entry, "no name of a message");
		return 0;
	}
	if (s->settled && is_of_another(s, entry->name) &&
		!tries_known(s->tries, entry->name))
		tries_wait(
			s->tries, entry->name, sight->now, sight->now + GRACE);
	draw_message(sight, entry->name);
	return 0;
}

static void
shuffle(struct slice *slice)
{
	char name[WORK_NAME_SIZE];
	size_t other;

	for (size_t i = slice->count; i > 1; i--) {
		other = chance() % i;
		memcpy(name, slice->names[i - 1], sizeof(name));
		memcpy(slice->names[i - 1], slice->names[other], sizeof(name));
		memcpy(slice->names[other], name, sizeof(name));
	}
}

static int
list(struct sight *sight, const char *directory,
	int (*each)(const struct dav_entry *, void *), struct error *e)
{
	struct station *s = sight->station;

	sight->now = clock_milliseconds();
	s->slice->count = 0;
	if (dav_list(s->links[0].dav, directory, LIST_MAX, each, sight, e) ==
		-1) {
		s->slice->count = 0;
		return -1;
	}
	shuffle(s->slice);
	return 0;
}

int
slice_inbox(struct station *s, struct error *e)
{
	struct sight sight = { .station = s };
	unsigned long long alone;

	if (list(&sight, INBOX, see_inbox, e) == -1)
		return -1;
	/* of a part of a listing nobody can say how many */
	if (s->slice->count == SLICE_MAX || !round_goes_on(s))
		return 0;
	atomic_store(&s->tally.foreign, sight.foreign);
	atomic_store(&s->tally.oversized, sight.oversized);
	alone = sight.foreign + sight.oversized;
	if (alone != s->told && alone > 0)
		log_warn("%s: left alone in inbox/: %llu that are none of "
			 "ours, %llu too large",
			s->server->name, sight.foreign, sight.oversized);
	s->told = alone;
	return 0;
}

int
slice_work(struct station *s, struct error *e)
{
	struct sight sight = { .station = s };

	if (list(&sight, WORK, see_work, e) == -1)
		return -1;
	s->settled = true;
	return 0;
}
