/*
 * One row a step. An older program is not to open what a step has changed, so
 * each gets a number of its own, which the older one refuses.
 */
#include "store/schema.h"

#include <string.h>

#include "base/log.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/rows.h"
#include "store/sender.h"

struct walk {
	struct error *e;
	uint64_t last; /* when the last of the rows expires */
};

static int
look_at_seen(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *w = arg;
	struct seen_row seen;

	(void)key;
	if (!rows_unpack_seen(*value, &seen))
		return rows_damaged(TABLE_SEEN, w->e);
	if ((uint64_t)seen.expires > w->last)
		w->last = (uint64_t)seen.expires;
	return 0;
}

/*
 * Digests get a domain. Those that are there have none and may be of either:
 * they are looked up too until the last has expired, and what is forgotten of
 * them is forgotten for both.
 */
static int
part_domains(struct db_txn *t, struct error *e)
{
	const struct octets all = { "", 0 };
	struct walk w = { .e = e };
	uint64_t floor;

	if (db_scan(t, TABLE_SEEN, &all, look_at_seen, &w, e) != 0 ||
		meta_number(t, META_FLOOR, 0, &floor, e) != 0 ||
		meta_set(t, META_FLOOR_SEALED, floor, e) != 0 ||
		meta_set(t, META_FLOOR_PLAIN, floor, e) != 0 ||
		meta_set(t, META_BARE_DIGESTS, w.last, e) != 0)
		return -1;
	return 0;
}

struct indexing {
	struct db_txn *t;
	struct error *e;
};

static int
index_device(const struct octets *key, const struct octets *value, void *arg)
{
	struct indexing *x = arg;
	struct device d = { 0 };

	if (key->length >= sizeof(d.serial) || !rows_unpack_device(*value, &d))
		return rows_damaged(TABLE_DEVICES, x->e);
	memcpy(d.serial, key->data, key->length);
	return sender_put(x->t, &d, x->e);
}

static int
index_senders(struct db_txn *t, struct error *e)
{
	const struct octets all = { "", 0 };
	struct indexing x = { t, e };

	return db_scan(t, TABLE_DEVICES, &all, index_device, &x, e);
}

static const struct {
	uint64_t from;
	int (*run)(struct db_txn *t, struct error *e);
} steps[] = {
	{ 1, part_domains },
	{ 1, index_senders },
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static int
read_version(struct db_txn *t, void *arg, struct error *e)
{
	return meta_number(t, META_SCHEMA, 0, arg, e);
}

/* All that leads from this version to the next, and the next's number. */
static int
run_steps(struct db_txn *t, void *arg, struct error *e)
{
	uint64_t version = *(uint64_t *)arg;

	for (int i = 0; i < STEPS; i++)
		if (steps[i].from == version && steps[i].run(t, e) != 0)
			return -1;
	return meta_set(t, META_SCHEMA, version + 1, e);
}

int
schema_take_over(struct store *s, struct error *e)
{
	uint64_t version;

	if (store_read(s, read_version, &version, e) != 0)
		return -1;
	if (version == 0)
		return error_set(e, ERROR_NOT_FOUND, "the store is not made");
	if (version > SCHEMA_VERSION)
		return error_set(e, ERROR_BAD,
			"the store has schema %llu, this program knows %d",
			(unsigned long long)version, SCHEMA_VERSION);
	if (db_complete(s->db, version < SCHEMA_VERSION, e) != 0)
		return -1;
	for (; version < SCHEMA_VERSION; version++) {
		if (store_write(s, DURABLE, run_steps, &version, e) != 0)
			return error_prefix(
				e, "schema %llu", (unsigned long long)version);
		log_info("the store has schema %llu now",
			(unsigned long long)version + 1);
	}
	return 0;
}
