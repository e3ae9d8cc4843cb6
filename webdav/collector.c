/*
 * See collector.h.
 */
#include "webdav/collector.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "webdav/chance.h"

int
collector_open(struct collector *c, const struct configuration *conf,
	const struct server *server, struct error *e)
{
	worker_init(&c->worker);
	c->station.stopping = &c->stopping;
	c->pace.interval = server->interval * 1000;
	c->ended = true;
	return station_open(&c->station, conf, server, e);
}

void
collector_close(struct collector *c)
{
	worker_stop(&c->worker);
	worker_clear(&c->worker);
	station_close(&c->station);
}

/* A line when it begins to fail, when it fails otherwise, and now and then. */
static void
say_failure(struct collector *c, const struct error *why, int64_t pause)
{
	enum { EVERY = 64 };

	if (c->pace.failures % EVERY != 1 &&
		strcmp(why->text, c->why.text) == 0)
		return;
	log_error("%s: %s; again in %lld s", c->station.server->name, why->text,
		(long long)(pause + 999) / 1000);
}

/* Its outcome into c; milliseconds until the next one. */
static int64_t
make_round(struct collector *c)
{
	const bool failed_before = c->pace.failures > 0;
	struct error why = { 0 };
	enum outcome outcome = round_run(&c->station, &why);
	int64_t pause = pace_next(&c->pace, outcome, chance());
	int64_t work = c->station.look_at_work - clock_milliseconds();

	if (outcome == OUTCOME_FAILED)
		say_failure(c, &why, pause);
	else if (failed_before)
		log_info("%s: works again", c->station.server->name);
	if (outcome == OUTCOME_IDLE && work < pause)
		pause = work > 0 ? work : 0;
	pthread_mutex_lock(&c->worker.mutex);
	c->outcome = outcome;
	c->why = why;
	pthread_mutex_unlock(&c->worker.mutex);
	return pause;
}

static void
rest(struct collector *c, int64_t milliseconds)
{
	const struct timespec until = worker_in_milliseconds(milliseconds);

	pthread_mutex_lock(&c->worker.mutex);
	while (!atomic_load(&c->stopping) && !worker_wait(&c->worker, &until))
		continue;
	pthread_mutex_unlock(&c->worker.mutex);
}

/* With --once: what is left is counted, not guessed. */
static void
count_left(struct collector *c)
{
	struct error why;
	unsigned long long left;

	if (c->outcome == OUTCOME_FAILED || atomic_load(&c->stopping))
		return;
	if (round_count(&c->station, &left, &why) == 0)
		return;
	pthread_mutex_lock(&c->worker.mutex);
	c->outcome = OUTCOME_FAILED;
	c->why = why;
	pthread_mutex_unlock(&c->worker.mutex);
}

static void *
run(void *arg)
{
	struct collector *c = arg;
	int64_t pause;

	while (!atomic_load(&c->stopping)) {
		pause = make_round(c);
		if (c->once && c->outcome != OUTCOME_BUSY)
			break;
		rest(c, pause);
	}
	if (c->once)
		count_left(c);
	pthread_mutex_lock(&c->worker.mutex);
	c->ended = true;
	worker_wake(&c->worker);
	pthread_mutex_unlock(&c->worker.mutex);
	return NULL;
}

int
collector_start(struct collector *c, bool once, struct error *e)
{
	c->once = once;
	c->ended = false;
	if (worker_start(&c->worker, c->station.server->name, run, c, e) == 0)
		return 0;
	c->ended = true;
	return -1;
}

void
collector_ask(struct collector *c)
{
	pthread_mutex_lock(&c->worker.mutex);
	atomic_store(&c->stopping, true);
	worker_wake(&c->worker);
	pthread_mutex_unlock(&c->worker.mutex);
}

bool
collector_ended(struct collector *c, const struct timespec *until)
{
	bool ended, late = false;

	pthread_mutex_lock(&c->worker.mutex);
	while (!c->ended && !late)
		late = worker_wait(&c->worker, until);
	ended = c->ended;
	pthread_mutex_unlock(&c->worker.mutex);
	return ended;
}
