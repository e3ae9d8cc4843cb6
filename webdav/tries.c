/*
 * A name is known by a hash of it: two that have the same one share their
 * pauses.
 */
#include "webdav/tries.h"

#include <pthread.h>
#include <stdlib.h>

#include "webdav/hash.h"
#include "webdav/pace.h"

enum { PLACES = 8192 };

struct
try {
	uint64_t hash; /* 0: the place is free */
	int64_t due;
	unsigned int failures;
};

struct tries {
	pthread_mutex_t mutex;
	struct try places[PLACES];
};

struct tries *
tries_new(void)
{
	struct tries *t = calloc(1, sizeof(*t));

	if (t != NULL)
		pthread_mutex_init(&t->mutex, NULL);
	return t;
}

void
tries_free(struct tries **t)
{
	if (*t == NULL)
		return;
	pthread_mutex_destroy(&(*t)->mutex);
	free(*t);
	*t = NULL;
}

/* Its place, with the mutex held; NULL: another one has it, or none. */
static struct try *
find(struct tries *t, uint64_t name)
{
	struct try *place = &t->places[name % PLACES];

	return place->hash == name ? place : NULL;
}

/* Its place, whoever had it. */
static struct try *
take(struct tries *t, uint64_t name)
{
	struct try *place = &t->places[name % PLACES];

	if (place->hash != name)
		*place = (struct try){ .hash = name };
	return place;
}

bool
tries_due(struct tries *t, const char *name, int64_t now)
{
	const struct try *place;
	bool due;

	pthread_mutex_lock(&t->mutex);
	place = find(t, hash_name(name));
	due = place == NULL || place->due <= now;
	pthread_mutex_unlock(&t->mutex);
	return due;
}

bool
tries_known(struct tries *t, const char *name)
{
	bool known;

	pthread_mutex_lock(&t->mutex);
	known = find(t, hash_name(name)) != NULL;
	pthread_mutex_unlock(&t->mutex);
	return known;
}

void
tries_failed(struct tries *t, const char *name, int64_t now, uint64_t random)
{
	struct try *place;

	pthread_mutex_lock(&t->mutex);
	place = take(t, hash_name(name));
	place->failures++;
	place->due = now + pace_pause(place->failures, TRIES_PAUSE_MAX, random);
	pthread_mutex_unlock(&t->mutex);
}

void
tries_hold(struct tries *t, const char *name, int64_t until)
{
	pthread_mutex_lock(&t->mutex);
	take(t, hash_name(name))->due = until;
	pthread_mutex_unlock(&t->mutex);
}

/* Else two that have the same place would make each other wait for ever. */
void
tries_wait(struct tries *t, const char *name, int64_t now, int64_t until)
{
	const uint64_t hash = hash_name(name);
	const struct try *place = &t->places[hash % PLACES];

	pthread_mutex_lock(&t->mutex);
	if (place->hash == 0 || place->due <= now)
		take(t, hash)->due = until;
	pthread_mutex_unlock(&t->mutex);
}

void
tries_done(struct tries *t, const char *name)
{
	struct try *place;

	pthread_mutex_lock(&t->mutex);
	place = find(t, hash_name(name));
	if (place != NULL)
		place->hash = 0;
	pthread_mutex_unlock(&t->mutex);
}

int64_t
tries_next(struct tries *t, int64_t after)
{
	int64_t next = TRIES_NEVER;
	const struct try *place;

	pthread_mutex_lock(&t->mutex);
	for (place = t->places; place < t->places + PLACES; place++)
		if (place->hash != 0 && place->due > after && place->due < next)
			next = place->due;
	pthread_mutex_unlock(&t->mutex);
	return next;
}
