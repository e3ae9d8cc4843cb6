/*
 * The loop: a queue of printers, a window of them in work, their sockets in one
 * epoll. Who has to be asked again does not count in the window, so that those
 * who do not answer take nobody's place; there is only a bound on all.
 */
#include "agent/poll.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/asking.h"
#include "base/clock.h"

enum {
	EVENTS = 64,
	SLOTS = 4, /* windows */
	WINDOW_MAX = 1024
};

const struct poll_options poll_defaults = { .window = 64,
	.timeout = 1000,
	.tries = 4,
	.patience = 120 * 1000,
	.rows = 20,
	.objects = 16 };

struct job {
	struct job *next;
	struct poll_target target;
	const struct poll_calls *calls;
};

struct poller {
	struct poll_options options;
	struct poll_traffic traffic;
	int epoll, wake;
	atomic_bool stopped;
	struct job *first, **last; /* the queue */
	struct asking **slots;
	struct answers *none; /* of who was not asked */
	size_t count, room;
};

const char *
poll_outcome_name(enum poll_outcome outcome)
{
	static const char *const names[] = { [POLL_ANSWERED] = "answered",
		[POLL_SILENT] = "silent",
		[POLL_REFUSED] = "refused",
		[POLL_LIED] = "lied",
		[POLL_ENGINE_CHANGED] = "engine-changed",
		[POLL_LIMIT] = "limit",
		[POLL_STOPPED] = "stopped",
		[POLL_FAILED] = "failed" };

	return names[outcome];
}

static void
set_options(struct poller *p, const struct poll_options *options)
{
	const struct poll_options *d = &poll_defaults;
	struct poll_options *o = &p->options;

	if (options != NULL)
		*o = *options;
	o->window = o->window == 0 ? d->window : o->window;
	o->window = o->window > WINDOW_MAX ? WINDOW_MAX : o->window;
	o->timeout = o->timeout == 0 ? d->timeout : o->timeout;
	o->tries = o->tries == 0 ? d->tries : o->tries;
	o->patience = o->patience == 0 ? d->patience : o->patience;
	o->rows = o->rows == 0 ? d->rows : o->rows;
	o->objects = o->objects == 0 ? d->objects : o->objects;
	o->rows = o->rows > QUESTION_ROWS_MAX ? QUESTION_ROWS_MAX : o->rows;
	o->objects = o->objects > QUESTION_OBJECTS_MAX ? QUESTION_OBJECTS_MAX
						       : o->objects;
}

static int
prepare(struct poller *p, struct error *e)
{
	struct epoll_event event = { .events = EPOLLIN };

	p->room = p->options.window * SLOTS;
	p->slots = calloc(p->room, sizeof(struct asking *));
	p->none = answers_make();
	if (p->slots == NULL || p->none == NULL)
		return error_memory(e);
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->epoll < 0 || p->wake < 0 ||
		epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->wake, &event) != 0)
		return error_errno(e, "epoll");
	return 0;
}

int
poller_open(const struct poll_options *options, struct poller **poller_r,
	struct error *e)
{
	struct poller *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return error_memory(e);
	p->epoll = -1;
	p->wake = -1;
	p->last = &p->first;
	set_options(p, options);
	if (prepare(p, e) != 0) {
		poller_free(&p);
		return -1;
	}
	*poller_r = p;
	return 0;
}

void
poller_free(struct poller **poller)
{
	struct poller *p = *poller;
	struct job *job;

	if (p == NULL)
		return;
	while ((job = p->first) != NULL) {
		p->first = job->next;
		free(job);
	}
	if (p->epoll >= 0)
		close(p->epoll);
	if (p->wake >= 0)
		close(p->wake);
	answers_free(&p->none);
	free(p->slots);
	free(p);
	*poller = NULL;
}

int
poller_add(struct poller *poller, const struct poll_target *target,
	const struct poll_calls *calls, struct error *e)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return error_memory(e);
	job->target = *target;
	job->calls = calls;
	*poller->last = job;
	poller->last = &job->next;
	return 0;
}

static struct job *
take_job(struct poller *p)
{
	struct job *job = p->first;

	p->first = job->next;
	if (p->first == NULL)
		p->last = &p->first;
	return job;
}

void
poller_stop(struct poller *poller)
{
	const uint64_t one = 1;
	const int saved = errno;

	atomic_store(&poller->stopped, true);
	/* full is as good */
	if (write(poller->wake, &one, sizeof(one)) < 0)
		errno = saved;
}

void
poller_traffic(const struct poller *poller, struct poll_traffic *traffic_r)
{
	*traffic_r = poller->traffic;
}

/* How many are asked something for the first time; not those who wait until
 * somebody else is through. */
static size_t
fresh(const struct poller *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		count += p->slots[i]->tries == 0 &&
			p->slots[i]->phase != ASKING_WAITS;
	return count;
}

static void
watch(struct poller *p, struct asking *asking)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = asking };

	if (asking->phase != ASKING_DONE &&
		epoll_ctl(p->epoll, EPOLL_CTL_ADD, asking->fd, &event) != 0)
		asking_stop(asking, POLL_FAILED, "epoll");
}

/* The target's end without having been asked. */
static void
drop(struct poller *p, enum poll_outcome outcome, const char *why)
{
	struct job *job = take_job(p);

	job->calls->done(job->target.arg, p->none, outcome, why);
	free(job);
}

static void
begin(struct poller *p, int64_t now)
{
	struct asking *asking = calloc(1, sizeof(*asking));
	struct job *job;

	if (asking == NULL) {
		drop(p, POLL_FAILED, "out of memory");
		return;
	}
	job = take_job(p);
	asking_begin(asking, &job->target, job->calls, &p->options, &p->traffic,
		now);
	free(job);
	p->slots[p->count++] = asking;
	watch(p, asking);
}

static void
fill(struct poller *p, int64_t now)
{
	size_t room = p->options.window;
	const size_t taken = fresh(p);

	room = taken < room ? room - taken : 0;
	while (p->first != NULL && room-- > 0 && p->count < p->room)
		begin(p, now);
}

/* Some printers are clones, with one engine id: one of them at a time. */
static bool
engine_is_free(const struct poller *p, const struct asking *wants)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->slots[i]->entered &&
			engine_id_same(&p->slots[i]->engine, &wants->engine))
			return false;
	}
	return true;
}

static void
let_in(struct poller *p, int64_t now)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->slots[i]->phase == ASKING_WAITS &&
			engine_is_free(p, p->slots[i]))
			asking_enter(p->slots[i], now);
	}
}

static int
until_next(const struct poller *p, int64_t now)
{
	int64_t next = now + 60 * 1000;

	for (size_t i = 0; i < p->count; i++) {
		if (p->slots[i]->phase == ASKING_DONE)
			return 0;
		if (p->slots[i]->deadline < next)
			next = p->slots[i]->deadline;
	}
	return next > now ? (int)(next - now) : 0;
}

/* How many had something to say; -1: ERROR_TROUBLE. */
static int
wait_for_some(struct poller *p, int64_t *now, struct error *e)
{
	struct epoll_event events[EVENTS];
	const int count =
		epoll_wait(p->epoll, events, EVENTS, until_next(p, *now));

	if (count < 0 && errno != EINTR)
		return error_errno(e, "epoll_wait");
	*now = clock_milliseconds();
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr != NULL)
			asking_read(events[i].data.ptr, *now);
	}
	return count < 0 ? 0 : count;
}

static void
look_at_time(struct poller *p, int64_t now)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->slots[i]->phase != ASKING_DONE &&
			p->slots[i]->deadline <= now)
			asking_late(p->slots[i], now);
	}
}

static void
hand_over(struct poller *p, struct asking *asking)
{
	const struct answers *all = asking->inquiry.answers;

	asking->calls->done(asking->target.arg, all != NULL ? all : p->none,
		asking->outcome, asking->why);
	asking_end(asking);
	free(asking);
}

static void
reap(struct poller *p)
{
	struct asking *asking;

	for (size_t i = 0; i < p->count;) {
		asking = p->slots[i];
		if (asking->phase != ASKING_DONE) {
			i++;
			continue;
		}
		p->slots[i] = p->slots[--p->count];
		hand_over(p, asking);
	}
}

static void
end_all(struct poller *p, enum poll_outcome outcome, const char *why)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->slots[i]->phase != ASKING_DONE)
			asking_stop(p->slots[i], outcome, why);
	}
	reap(p);
	while (p->first != NULL)
		drop(p, outcome, why);
}

int
poller_run(struct poller *poller, struct error *e)
{
	int64_t now = clock_milliseconds();
	int count;

	while (poller->first != NULL || poller->count > 0) {
		if (atomic_load(&poller->stopped)) {
			end_all(poller, POLL_STOPPED, "stopped");
			return 0;
		}
		fill(poller, now);
		let_in(poller, now);
		count = wait_for_some(poller, &now, e);
		if (count < 0) {
			end_all(poller, POLL_FAILED, e->text);
			return -1;
		}
		/* else an answer may be there that was not read yet */
		if (count < EVENTS)
			look_at_time(poller, now);
		reap(poller);
	}
	return 0;
}
