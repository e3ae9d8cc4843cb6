/*
 * A few counters behind one lock. The lock is held for a few instructions at a
 * time, so that sharing it among all sessions costs nothing that shows.
 */
#include "base/load.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/worker.h"

struct load {
	pthread_mutex_t lock;
	pthread_cond_t idle; /* nothing is under way */
	int64_t connections;
	int64_t octets;
	int busy;
	bool stopping;
};

int
load_new(struct load **load_r, struct error *e)
{
	struct load *l = calloc(1, sizeof(*l));
	pthread_condattr_t monotonic;

	*load_r = l;
	if (l == NULL)
		return error_memory(e);
	pthread_mutex_init(&l->lock, NULL);
	/* A stop must not last longer because somebody sets the clock. */
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->idle, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return 0;
}

void
load_free(struct load **load)
{
	struct load *l = *load;

	*load = NULL;
	if (l == NULL)
		return;
	pthread_cond_destroy(&l->idle);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Adds count to *counter unless the sum would exceed max. */
static bool
add(struct load *l, int64_t *counter, int64_t count, int64_t max)
{
	bool fits;

	pthread_mutex_lock(&l->lock);
	fits = count <= max - *counter;
	if (fits)
		*counter += count;
	pthread_mutex_unlock(&l->lock);
	return fits;
}

static void
subtract(struct load *l, int64_t *counter, int64_t count)
{
	pthread_mutex_lock(&l->lock);
	*counter -= count;
	pthread_mutex_unlock(&l->lock);
}

bool
load_connect(struct load *l, int64_t max)
{
	return add(l, &l->connections, 1, max);
}

void
load_disconnect(struct load *l)
{
	subtract(l, &l->connections, 1);
}

bool
load_take(struct load *l, size_t count, int64_t max)
{
	return count <= INT64_MAX && add(l, &l->octets, (int64_t)count, max);
}

void
load_give(struct load *l, size_t count)
{
	subtract(l, &l->octets, (int64_t)count);
}

bool
load_begin(struct load *l)
{
	bool go;

	pthread_mutex_lock(&l->lock);
	go = !l->stopping;
	if (go)
		l->busy++;
	pthread_mutex_unlock(&l->lock);
	return go;
}

void
load_end(struct load *l)
{
	pthread_mutex_lock(&l->lock);
	if (--l->busy == 0)
		pthread_cond_broadcast(&l->idle);
	pthread_mutex_unlock(&l->lock);
}

int
load_stop(struct load *l, int64_t seconds)
{
	const struct timespec until = worker_in(seconds);
	int busy;

	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	while (l->busy > 0)
		if (pthread_cond_timedwait(&l->idle, &l->lock, &until) ==
			ETIMEDOUT)
			break;
	busy = l->busy;
	pthread_mutex_unlock(&l->lock);
	return busy;
}
