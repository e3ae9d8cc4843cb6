/*
 * The thread that makes the rounds lists, and works on what is listed together
 * with as many others as there are connections. They are made for each slice
 * and waited for at its end: nothing is under way while it lists.
 */
#include "webdav/round.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "webdav/chance.h"
#include "webdav/downward.h"
#include "webdav/slice.h"
#include "webdav/upward.h"

enum {
	TROUBLES_MAX = 4,  /* in a row */
	NAMES_A_HELPER = 4 /* fewer are not worth a thread */
};

int
station_open(struct station *s, const struct configuration *c,
	const struct server *server, struct error *e)
{
	s->configuration = c;
	s->server = server;
	s->instance = (uint32_t)chance();
	pthread_mutex_init(&s->mutex, NULL);
	s->links = calloc((size_t)server->connections, sizeof(*s->links));
	s->slice = calloc(1, sizeof(*s->slice));
	s->tries = tries_new();
	s->requests = tries_new();
	if (s->links == NULL || s->slice == NULL || s->tries == NULL ||
		s->requests == NULL)
		return error_memory(e);
	for (int64_t i = 0; i < server->connections; i++)
		if (link_open(&s->links[i], c, server, e) == -1)
			return -1;
	return 0;
}

void
station_close(struct station *s)
{
	for (int64_t i = 0; s->links != NULL && i < s->server->connections; i++)
		link_close(&s->links[i]);
	free(s->links);
	free(s->slice);
	tries_free(&s->tries);
	tries_free(&s->requests);
	pthread_mutex_destroy(&s->mutex);
}

bool
round_goes_on(const struct station *s)
{
	return !atomic_load(&s->broken) && !atomic_load(s->stopping);
}

void
round_break(struct station *s, const struct error *e)
{
	pthread_mutex_lock(&s->mutex);
	if (!atomic_exchange(&s->broken, true))
		s->why = *e;
	pthread_mutex_unlock(&s->mutex);
}

void
round_trouble(struct station *s, const struct error *e)
{
	if (atomic_fetch_add(&s->troubles, 1) + 1 >= TROUBLES_MAX)
		round_break(s, e);
}

void
round_well(struct station *s)
{
	atomic_store(&s->troubles, 0);
}

/* What a slice is worked on with. */
struct shift {
	struct station *station;
	void (*work)(struct station *s, struct link *l, const char *name);
	atomic_size_t next;
};

struct helper {
	struct shift *shift;
	struct link *link;
	pthread_t thread;
};

static void *
help(void *arg)
{
	const struct helper *h = arg;
	struct shift *shift = h->shift;
	struct station *s = shift->station;
	size_t i;

	while (round_goes_on(s) &&
		(i = atomic_fetch_add(&shift->next, 1)) < s->slice->count)
		shift->work(s, h->link, s->slice->names[i]);
	return NULL;
}

/* Where a thread cannot be made, the others do its part. */
static void
work_on_slice(struct station *s,
	void (*work)(struct station *s, struct link *l, const char *name))
{
	struct shift shift = { .station = s, .work = work };
	struct helper helpers[CONNECTIONS_MAX];
	size_t wanted = (s->slice->count + NAMES_A_HELPER - 1) / NAMES_A_HELPER;
	size_t count = 1;

	for (size_t i = 0; i < (size_t)s->server->connections; i++)
		helpers[i] = (struct helper){ .shift = &shift,
			.link = &s->links[i] };
	while (count < wanted && count < (size_t)s->server->connections &&
		pthread_create(&helpers[count].thread, NULL, help,
			&helpers[count]) == 0)
		count++;
	help(&helpers[0]);
	for (size_t i = 1; i < count; i++)
		pthread_join(helpers[i].thread, NULL);
}

/* What was left in work/, by us or by others. */
static void
do_work(struct station *s)
{
	int64_t now = clock_milliseconds();
	bool all = true;
	struct error e;

	if (now < s->look_at_work)
		return;
	if (slice_work(s, &e) == 0) {
		all = s->slice->count < SLICE_MAX;
		work_on_slice(s, upward_work);
	} else if (e.code != ERROR_NOT_FOUND ||
		dav_mkcol(s->links[0].dav, WORK, &e) == -1) {
		round_break(s, &e);
	}
	/* it is the first step of a round */
	look_done(&s->work, now, all, atomic_load(&s->progress) > 0, chance());
}

static void
do_inbox(struct station *s)
{
	struct error e;

	if (slice_inbox(s, &e) == 0)
		work_on_slice(s, upward_inbox);
	else
		round_break(s, &e);
}

/* Without a daemon nothing is moved. It is only knocked at: a connection over
 * which nothing is asked, while a server takes its time, it would refuse. */
static void
need_daemon(struct station *s)
{
	struct error e;

	if (s->links[0].client != NULL)
		return;
	if (link_daemon(&s->links[0], &e) == 0) {
		link_hang_up(&s->links[0]);
		return;
	}
	error_prefix(&e, "gateway");
	round_break(s, &e);
}

static void
plan_work(struct station *s)
{
	int64_t due = tries_next(s->tries, s->work.seen);

	if (atomic_load(&s->broken) || atomic_load(&s->unsettled) != 0)
		s->look_at_work = clock_milliseconds();
	else
		s->look_at_work = look_next(&s->work, due);
}

enum outcome
round_run(struct station *s, struct error *why_r)
{
	static void (*const steps[])(struct station * s) = { need_daemon,
		do_work, do_inbox, downward };

	atomic_store(&s->broken, false);
	atomic_store(&s->troubles, 0);
	atomic_store(&s->unsettled, 0);
	atomic_store(&s->progress, 0);
	s->left = 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (round_goes_on(s))
			steps[i](s);
	plan_work(s);
	if (atomic_load(&s->broken)) {
		*why_r = s->why;
		return OUTCOME_FAILED;
	}
	return atomic_load(&s->progress) > 0 ? OUTCOME_BUSY : OUTCOME_IDLE;
}

int
round_count(struct station *s, unsigned long long *left_r, struct error *e)
{
	s->left = 0;
	if (slice_work(s, e) == -1 || slice_inbox(s, e) == -1)
		return -1;
	*left_r = s->left;
	return 0;
}
