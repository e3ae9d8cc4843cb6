/*
 * See worker.h.
 */
#include "base/worker.h"

#include <errno.h>

void
worker_init(struct worker *w)
{
	pthread_condattr_t steady;

	w->running = w->stopping = false;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &steady);
	pthread_condattr_destroy(&steady);
}

void
worker_clear(struct worker *w)
{
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->mutex);
}

int
worker_start(struct worker *w, const char *what, void *(*run)(void *),
	void *arg, struct error *e)
{
	int failed;

	pthread_mutex_lock(&w->mutex);
	w->stopping = false;
	failed = pthread_create(&w->thread, NULL, run, arg);
	w->running = failed == 0;
	pthread_mutex_unlock(&w->mutex);
	if (failed == 0)
		return 0;
	errno = failed;
	return error_errno(e, "cannot start %s", what);
}

void
worker_stop(struct worker *w)
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
worker_wake(struct worker *w)
{
	pthread_cond_signal(&w->changed);
}

bool
worker_wait(struct worker *w, const struct timespec *until)
{
	return pthread_cond_timedwait(&w->changed, &w->mutex, until) ==
		ETIMEDOUT;
}

bool
worker_rest(struct worker *w, int64_t seconds)
{
	struct timespec until = worker_in(seconds);
	bool goes_on;

	pthread_mutex_lock(&w->mutex);
	while (!w->stopping && !worker_wait(w, &until))
		;
	goes_on = !w->stopping;
	pthread_mutex_unlock(&w->mutex);
	return goes_on;
}

struct timespec
worker_in(int64_t seconds)
{
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_sec += seconds;
	return when;
}

struct timespec
worker_in_milliseconds(int64_t milliseconds)
{
	struct timespec when = worker_in(milliseconds / 1000);

	when.tv_nsec += milliseconds % 1000 * 1000000;
	if (when.tv_nsec >= 1000000000) {
		when.tv_nsec -= 1000000000;
		when.tv_sec++;
	}
	return when;
}
