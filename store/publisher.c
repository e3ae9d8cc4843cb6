/*
 * The thread that publishes. It wakes when a report was admitted and waits a
 * little, so that reports share a segment and its two syncs; and it looks after
 * the spool every second, so that mail is refused for now, and not after the
 * fact, when the spool is gone.
 */
#include "store/publisher.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/watch.h"
#include "base/worker.h"
#include "store/inside.h"
#include "store/segment.h"
#include "store/spool.h"

struct publisher {
	struct store *store;
	pthread_mutex_t work; /* one round at a time */
	bool cleaned;         /* under work */
	atomic_uint_fast64_t segments;

	struct worker worker; /* its mutex is of all below */
	bool pending;         /* the outbox may hold something, */
	struct timespec due;  /* to be published at this time */
	bool troubled;
	struct error trouble;
};

struct publisher *
publisher_new(struct store *s)
{
	struct publisher *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->store = s;
	p->pending = true; /* what the last run left */
	pthread_mutex_init(&p->work, NULL);
	worker_init(&p->worker);
	return p;
}

void
publisher_free(struct publisher **pp)
{
	struct publisher *p = *pp;

	if (p == NULL)
		return;
	publisher_stop(p);
	worker_clear(&p->worker);
	pthread_mutex_destroy(&p->work);
	free(p);
	*pp = NULL;
}

/* Remembers how the last round went; one line in the log for each change. */
static void
note(struct publisher *p, int rc, const struct error *e)
{
	pthread_mutex_lock(&p->worker.mutex);
	if (rc < 0 && (!p->troubled || strcmp(p->trouble.text, e->text) != 0))
		log_error("nothing can be published: %s", e->text);
	if (rc >= 0 && p->troubled)
		log_info("reports are published again");
	p->troubled = rc < 0;
	if (p->troubled) {
		p->trouble = *e;
		p->pending = true;
	}
	pthread_mutex_unlock(&p->worker.mutex);
}

int
publisher_run(struct publisher *p, struct error *e)
{
	struct error own;
	int rc;

	pthread_mutex_lock(&p->work);
	do {
		rc = segment_publish(p->store, !p->cleaned, &own);
		if (rc >= 0)
			p->cleaned = true;
		if (rc > 0)
			atomic_fetch_add(&p->segments, 1);
		watch_goes_on(p->store->watch, WATCH_PUBLISHER);
	} while (rc > 0);
	pthread_mutex_unlock(&p->work);
	note(p, rc, &own);
	if (rc != 0 && e != NULL)
		*e = own;
	return rc;
}

static int
look(struct publisher *p, struct error *e)
{
	struct spool spool;
	int rc;

	if (spool_open(p->store->spool, &spool, e) == -1)
		return -1;
	rc = published_keep(p->store, &spool, e);
	spool_close(&spool);
	return rc;
}

static bool
before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
		(a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* With the mutex held: sleeps until a report is due or a second has passed.
 * True: there is something to publish. */
static bool
wait_for_work(struct publisher *p)
{
	struct timespec beat = worker_in(1), until;
	bool due, over = false;

	while (!p->worker.stopping && !over) {
		/* in trouble, one try a second is enough */
		due = p->pending && !p->troubled && before(&p->due, &beat);
		until = due ? p->due : beat;
		over = worker_wait(&p->worker, &until);
	}
	until = worker_in(0);
	due = p->pending && !before(&until, &p->due);
	if (due)
		p->pending = false;
	return due;
}

static void *
publish(void *arg)
{
	struct publisher *p = arg;
	struct error e;
	bool work;

	pthread_mutex_lock(&p->worker.mutex);
	while (!p->worker.stopping) {
		work = wait_for_work(p);
		if (p->worker.stopping)
			break;
		pthread_mutex_unlock(&p->worker.mutex);
		watch_begin(p->store->watch, WATCH_PUBLISHER);
		if (work)
			publisher_run(p, NULL);
		else
			note(p, look(p, &e), &e);
		watch_end(p->store->watch, WATCH_PUBLISHER);
		pthread_mutex_lock(&p->worker.mutex);
	}
	pthread_mutex_unlock(&p->worker.mutex);
	return NULL;
}

int
publisher_start(struct publisher *p, struct error *e)
{
	struct error own;

	note(p, look(p, &own), &own);
	pthread_mutex_lock(&p->worker.mutex);
	p->pending = true;
	p->due = worker_in(0);
	pthread_mutex_unlock(&p->worker.mutex);
	return worker_start(&p->worker, "the publisher", publish, p, e);
}

void
publisher_stop(struct publisher *p)
{
	worker_stop(&p->worker);
}

void
publisher_wake(struct publisher *p)
{
	pthread_mutex_lock(&p->worker.mutex);
	if (!p->pending) {
		p->pending = true;
		p->due = worker_in(p->store->options.publish_interval);
		worker_wake(&p->worker);
	}
	pthread_mutex_unlock(&p->worker.mutex);
}

int
publisher_ready(struct publisher *p, struct error *e)
{
	bool running;
	int rc = 0;

	pthread_mutex_lock(&p->worker.mutex);
	running = p->worker.running;
	if (running && p->troubled) {
		*e = p->trouble;
		rc = -1;
	}
	pthread_mutex_unlock(&p->worker.mutex);
	return running ? rc : look(p, e);
}

uint64_t
publisher_count(struct publisher *p)
{
	return atomic_load(&p->segments);
}
