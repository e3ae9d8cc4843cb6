/*
 * A hash table of Email-IDs, by their hashes alone: the IDs are the daemon's,
 * and random. It doubles until it is too large, and is then emptied.
 */
#include "webdav/copies.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "webdav/hash.h"

enum { PLACES_MIN = 1 << 10, PLACES_MAX = 1 << 18 };

struct copy {
	uint64_t id;      /* 0: the place is free */
	uint64_t servers; /* a bit each */
};

struct copies {
	pthread_mutex_t mutex;
	uint64_t all; /* the servers of the center */
	struct copy *places;
	size_t size, used; /* of size half is used at most */
};

struct copies *
copies_new(unsigned int servers)
{
	struct copies *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->places = calloc(PLACES_MIN, sizeof(*c->places));
	if (c->places == NULL) {
		free(c);
		return NULL;
	}
	c->size = PLACES_MIN;
	c->all = servers < COPIES_SERVERS_MAX ? ((uint64_t)1 << servers) - 1
					      : UINT64_MAX;
	pthread_mutex_init(&c->mutex, NULL);
	return c;
}

void
copies_free(struct copies **c)
{
	if (*c == NULL)
		return;
	pthread_mutex_destroy(&(*c)->mutex);
	free((*c)->places);
	free(*c);
	*c = NULL;
}

/* Where it is, or would be. */
static struct copy *
find(struct copy *places, size_t size, uint64_t id)
{
	size_t i = id % size;

	while (places[i].id != 0 && places[i].id != id)
		i = (i + 1) % size;
	return &places[i];
}

/* Without memory, or beyond the largest size, all is forgotten. */
static void
make_room(struct copies *c)
{
	struct copy *places = NULL;

	if (c->used < c->size / 2)
		return;
	if (c->size < PLACES_MAX)
		places = calloc(2 * c->size, sizeof(*places));
	if (places == NULL) {
		memset(c->places, 0, c->size * sizeof(*c->places));
		c->used = 0;
		return;
	}
	for (size_t i = 0; i < c->size; i++)
		if (c->places[i].id != 0)
			*find(places, 2 * c->size, c->places[i].id) =
				c->places[i];
	free(c->places);
	c->places = places;
	c->size *= 2;
}

bool
copies_has(struct copies *c, const char *email_id, unsigned int server)
{
	uint64_t id = hash_name(email_id);
	bool has;

	pthread_mutex_lock(&c->mutex);
	has = find(c->places, c->size, id)->servers >> server & 1;
	pthread_mutex_unlock(&c->mutex);
	return has;
}

bool
copies_add(struct copies *c, const char *email_id, unsigned int server)
{
	uint64_t id = hash_name(email_id);
	struct copy *place;
	bool all;

	pthread_mutex_lock(&c->mutex);
	make_room(c);
	place = find(c->places, c->size, id);
	c->used += place->id == 0;
	place->id = id;
	place->servers |= (uint64_t)1 << server;
	all = place->servers == c->all;
	pthread_mutex_unlock(&c->mutex);
	return all;
}

/* The place stays taken, or those behind it would not be found. */
void
copies_forget(struct copies *c, const char *email_id)
{
	pthread_mutex_lock(&c->mutex);
	find(c->places, c->size, hash_name(email_id))->servers = 0;
	pthread_mutex_unlock(&c->mutex);
}
