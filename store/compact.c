/*
 * Compaction between every 2,000th key, each step as a writer's turn.
 */
#include "base/watch.h"
#include "store/compact.h"

#include <string.h>

#include "store/inside.h"

enum { STEP_ROWS = 2000 };

struct compact {
	enum table table;
	unsigned char start[TABLE_KEY_MAX], stop[TABLE_KEY_MAX];
	size_t start_length, stop_length; /* stop 0: the end */
	unsigned int count;
};

static int
count_row(const struct octets *key, const struct octets *value, void *arg)
{
	struct compact *c = arg;

	(void)value;
	if (c->count++ < STEP_ROWS)
		return 0;
	memcpy(c->stop, key->data, key->length);
	c->stop_length = key->length;
	return 1;
}

static int
find_stop(struct db_txn *t, void *arg, struct error *e)
{
	struct compact *c = arg;
	struct octets from = { c->start, c->start_length };

	c->count = 0;
	c->stop_length = 0;
	return db_scan(t, c->table, &from, count_row, c, e) < 0 ? -1 : 0;
}

static int
compact_step(struct store *s, struct compact *c, struct error *e)
{
	struct octets start = { c->start, c->start_length };
	struct octets stop = { c->stop, c->stop_length };
	int rc;

	watch_goes_on(s->watch, WATCH_KEEPER);
	if (store_enter(s, e) == -1)
		return -1;
	pthread_rwlock_wrlock(&s->turn);
	rc = db_compact(s->db, c->table, &start, &stop, e);
	pthread_rwlock_unlock(&s->turn);
	store_leave(s);
	return rc;
}

static int
compact_table(struct store *s, enum table table, struct error *e)
{
	struct compact c = { .table = table };

	do {
		if (store_read(s, find_stop, &c, e) == -1 ||
			compact_step(s, &c, e) == -1)
			return -1;
		memcpy(c.start, c.stop, c.stop_length);
		c.start_length = c.stop_length;
	} while (c.stop_length > 0);
	return 0;
}

int
compact_tables(struct store *s, struct error *e)
{
	static const enum table shrinking[] = { TABLE_REQUESTS, TABLE_SEEN,
		TABLE_EXPIRY, TABLE_OUTBOX, TABLE_PENDING, TABLE_MESSAGES,
		TABLE_READINGS, TABLE_UNASSIGNED };

	for (size_t i = 0; i < sizeof(shrinking) / sizeof(shrinking[0]); i++)
		if (compact_table(s, shrinking[i], e) == -1)
			return -1;
	return 0;
}
