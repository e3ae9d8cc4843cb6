/*
 * A sorted array under a lock; there are some thousands at most, and a call is
 * rare.
 */
#include "receive/roll.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	TOGETHER = 10 * 60 * 1000, /* ms in which one agent is in one place */
	SILENCE = 60 * 60 * 1000   /* ms between two words about it */
};

struct row {
	struct roll_agent agent;
	struct roll_call call;
	int64_t called, said;  /* 0: never */
	unsigned int messages; /* that are coming */
};

struct roll {
	pthread_mutex_t mutex; /* of what follows */
	struct row *rows;
	size_t count;
};

struct roll *
roll_new(void)
{
	struct roll *r = calloc(1, sizeof(*r));

	if (r != NULL)
		pthread_mutex_init(&r->mutex, NULL);
	return r;
}

void
roll_free(struct roll **roll)
{
	struct roll *r = *roll;

	*roll = NULL;
	if (r == NULL)
		return;
	pthread_mutex_destroy(&r->mutex);
	free(r->rows);
	free(r);
}

static int
compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return strcmp(x->agent.id, y->agent.id);
}

static struct row *
find(struct roll *r, const char *id)
{
	struct row key;

	if (r->count == 0 || strlen(id) >= sizeof(key.agent.id))
		return NULL;
	strcpy(key.agent.id, id);
	return bsearch(&key, r->rows, r->count, sizeof(key), compare);
}

/* What is known of those that stay. */
static void
carry_over(struct roll *r, struct row *rows, size_t count)
{
	const struct row *old;

	for (size_t i = 0; i < count; i++)
		if ((old = find(r, rows[i].agent.id)) != NULL) {
			rows[i].call = old->call;
			rows[i].called = old->called;
			rows[i].said = old->said;
			rows[i].messages = old->messages;
		}
}

bool
roll_set(struct roll *r, const struct roll_agent *agents, size_t count)
{
	struct row *rows = calloc(count + 1, sizeof(*rows));

	if (rows == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		rows[i].agent = agents[i];
	pthread_mutex_lock(&r->mutex);
	carry_over(r, rows, count);
	free(r->rows);
	r->rows = rows;
	r->count = count;
	pthread_mutex_unlock(&r->mutex);
	return true;
}

bool
roll_find(struct roll *r, const char *id, char center_r[CENTER_ID_SIZE])
{
	const struct row *row;

	center_r[0] = '\0';
	pthread_mutex_lock(&r->mutex);
	row = find(r, id);
	if (row != NULL)
		strcpy(center_r, row->agent.center);
	pthread_mutex_unlock(&r->mutex);
	return row != NULL;
}

bool
roll_enter(struct roll *r, const char *id)
{
	struct row *row;
	bool room;

	pthread_mutex_lock(&r->mutex);
	row = find(r, id);
	room = row != NULL && row->messages < ROLL_TOGETHER;
	if (room)
		row->messages++;
	pthread_mutex_unlock(&r->mutex);
	return room;
}

/* It may have been struck off meanwhile, and be new. */
void
roll_leave(struct roll *r, const char *id)
{
	struct row *row;

	pthread_mutex_lock(&r->mutex);
	row = find(r, id);
	if (row != NULL && row->messages > 0)
		row->messages--;
	pthread_mutex_unlock(&r->mutex);
}

static bool
is_elsewhere(const struct row *row, const struct roll_call *call, int64_t now)
{
	return row->called != 0 && now - row->called < TOGETHER &&
		(strcmp(row->call.address, call->address) != 0 ||
			strcmp(row->call.number, call->number) != 0);
}

bool
roll_called(struct roll *r, const char *id, const struct roll_call *call,
	int64_t now, struct roll_call *before_r)
{
	struct row *row;
	bool elsewhere = false;

	pthread_mutex_lock(&r->mutex);
	row = find(r, id);
	if (row != NULL) {
		elsewhere = is_elsewhere(row, call, now) &&
			(row->said == 0 || now - row->said >= SILENCE);
		*before_r = row->call;
		row->call = *call;
		row->called = now;
		row->said = elsewhere ? now : row->said;
	}
	pthread_mutex_unlock(&r->mutex);
	return elsewhere;
}
