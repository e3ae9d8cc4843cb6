/*
 * A number a thread: when its round began. The log hears of it once, when a
 * round is over the limit, and once more when it ends all the same.
 */
#include "base/watch.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/worker.h"

struct watch {
	const struct watched *rows;
	size_t count;
	atomic_int_fast64_t began[WATCHED_MAX]; /* monotonic; 0: it sleeps */
	atomic_bool late[WATCHED_MAX];          /* and the log knows */
	atomic_int limit;
	struct worker worker;
};

struct watch *
watch_new(const struct watched *rows, size_t count)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->rows = rows;
	w->count = count;
	w->limit = WATCH_LIMIT;
	worker_init(&w->worker);
	return w;
}

void
watch_free(struct watch **wp)
{
	struct watch *w = *wp;

	if (w == NULL)
		return;
	watch_stop(w);
	worker_clear(&w->worker);
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
	for (size_t i = 0; i < w->count; i++)
		if (is_late(w, i, e))
			return -1;
	return 0;
}

static void
look(struct watch *w)
{
	struct error e;

	for (size_t i = 0; i < w->count; i++)
		if (is_late(w, i, &e) && !atomic_exchange(&w->late[i], true))
			log_error("%s", e.text);
}

static void *
watch(void *arg)
{
	struct watch *w = arg;

	while (worker_rest(&w->worker, 1))
		look(w);
	return NULL;
}

int
watch_start(struct watch *w, struct error *e)
{
	return worker_start(&w->worker, "a watch", watch, w, e);
}

void
watch_stop(struct watch *w)
{
	worker_stop(&w->worker);
}

void
watch_set_limit(struct watch *w, int seconds)
{
	atomic_store(&w->limit, seconds);
}
