/*
 * What the store says of itself: whether it could admit a report, and how much
 * there is in it.
 */
#include <string.h>

#include "base/watch.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/publisher.h"
#include "store/space.h"

int
store_healthy_but_clock(struct store *s, struct error *e)
{
	/* first, since all that follows may hang as they do */
	if (watch_ready(s->watch, e) == -1 || store_enter(s, e) == -1)
		return -1;
	store_leave(s);
	if (space_enough(s->state, s->options.min_free_space, e) == -1)
		return -1;
	return publisher_ready(s->publisher, e);
}

int
store_healthy(struct store *s, struct error *e)
{
	int64_t now;

	return store_healthy_but_clock(s, e) == 0 &&
			store_clock(s, &now, e) == 0
		? 0
		: -1;
}

static int
read_stats(struct db_txn *t, void *arg, struct error *e)
{
	struct store_stats *stats = arg;
	const struct {
		const char *name;
		uint64_t *value;
	} rows[] = { { META_CENTERS, &stats->centers },
		{ META_DEVICES, &stats->devices }, { META_KEYS, &stats->keys },
		{ META_AGENTS, &stats->agents },
		{ META_NEXT_SEQUENCE, &stats->next_sequence },
		{ META_NEXT_PUBLISHED, &stats->next_published },
		{ META_CALLS, &stats->calls },
		{ META_CALL_SECONDS, &stats->call_seconds },
		{ META_CALL_OCTETS, &stats->call_octets } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (meta_number(t, rows[i].name, 0, rows[i].value, e) == -1)
			return -1;
	return 0;
}

int
store_stats(struct store *s, struct store_stats *stats_r, struct error *e)
{
	struct db_stats db;
	int rc;

	memset(stats_r, 0, sizeof(*stats_r));
	if (store_read(s, read_stats, stats_r, e) == -1 ||
		store_enter(s, e) == -1)
		return -1;
	rc = db_stats(s->db, &db, e);
	store_leave(s);
	if (rc != 0)
		return -1;
	stats_r->last_checkpoint = db.last_checkpoint;
	stats_r->published = publisher_count(s->publisher);
	stats_r->recoveries = atomic_load(&s->recoveries);
	return 0;
}
