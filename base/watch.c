/*
 * A number a thread: when its round began. The log hears of it once, when a
 * round is over the limit, and once more when it ends all the same.
 */
#include "base/watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

struct watch {
	const struct watched *rows;
	size_t count;
	atomic_int_fast64_t began[WATCHED_MAX]; /* monotonic; 0: it sleeps */
	atomic_bool late[WATCHED_MAX];          /* and the log knows */
	atomic_int limit;
	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t changed;
	pthread_t thread;
	bool running, stopping;
};

struct watch *
watch_new(const struct watched *rows, size_t count)
{
	struct watch *w = calloc(1, sizeof(*w));
	pthread_condattr_t steady;

	if (w == NULL)
		return NULL;
	w->rows = rows;
	w->count = count;
	w->limit = WATCH_LIMIT;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &steady);
	pthread_condattr_destroy(&steady);
	return w;
}

void
watch_free(struct watch **wp)
{
	struct watch *w = *wp;

	if (w == NULL)
		return;
	watch_stop(w);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->mutex);
	free(w);
	*wp = NULL;
}

void
watch_begin(struct watch *w, size_t who)
{
	/* 0 is for who sleeps; a machine's first second will do as its next */
	int64_t now = clock_seconds();

	atomic_store(&w->began[who], now > 0 ? now : 1);
}

void
watch_end(struct watch *w, size_t who)
{
	int64_t began = atomic_exchange(&w->began[who], 0);

	if (atomic_exchange(&w->late[who], false))
		log_warn("%s goes on, after %lld s", w->rows[who].name,
			(long long)(clock_seconds() - began));
}

void
watch_goes_on(struct watch *w, size_t who)
{
	if (atomic_load(&w->began[who]) == 0)
		return;
	watch_end(w, who);
	watch_begin(w, who);
}

static bool
is_late(struct watch *w, size_t who, struct error *e)
{
	int64_t began = atomic_load(&w->began[who]);
	int64_t seconds = began == 0 ? 0 : clock_seconds() - began;

	if (seconds < atomic_load(&w->limit))
		return false;
	error_set(e, ERROR_TROUBLE,
		"%s has hung for %lld s; does %s file system answer?",
		w->rows[who].name, (long long)seconds, w->rows[who].where);
	return true;
}

int
watch_ready(struct watch *w, struct error *e)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		if (is_late(w, i, e))
			return -1;
	return 0;
}

static void
look(struct watch *w)
{
	struct error e;
	size_t i;

	for (i = 0; i < w->count; i++)
		if (is_late(w, i, &e) && !atomic_exchange(&w->late[i], true))
			log_error("%s", e.text);
}

static void *
watch(void *arg)
{
	struct watch *w = arg;
	struct timespec until;

	pthread_mutex_lock(&w->mutex);
	while (!w->stopping) {
		pthread_mutex_unlock(&w->mutex);
		look(w);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_mutex_lock(&w->mutex);
		while (!w->stopping &&
			pthread_cond_timedwait(
				&w->changed, &w->mutex, &until) != ETIMEDOUT)
			;
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

int
watch_start(struct watch *w, struct error *e)
{
	int rc;

	pthread_mutex_lock(&w->mutex);
	w->stopping = false;
	rc = pthread_create(&w->thread, NULL, watch, w);
	w->running = rc == 0;
	pthread_mutex_unlock(&w->mutex);
	if (rc == 0)
		return 0;
	errno = rc;
	return error_errno(e, "cannot start a watch");
}

void
watch_stop(struct watch *w)
{
	bool running;

	pthread_mutex_lock(&w->mutex);
	running = w->running;
	w->stopping = true;
	w->running = false;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->mutex);
	if (running)
		pthread_join(w->thread, NULL);
}

void
watch_set_limit(struct watch *w, int seconds)
{
	atomic_store(&w->limit, seconds);
}
