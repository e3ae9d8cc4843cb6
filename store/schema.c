/*
 * One row a change. What is changed first is the store's number, which an older
 * program refuses, with a note that the rest is not done: so no other program
 * sees a half, and who is killed begins again. A change may be as long as its
 * tables; it holds few locks at a time, since running out of them is fatal.
 */
#include "store/schema.h"

#include <string.h>

#include "base/log.h"
#include "store/certificate_index.h"
#include "store/certificate_rows.h"
#include "store/clock.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/rows.h"
#include "store/sender.h"

struct digests {
	uint64_t last; /* when the last of them expires */
	struct error *e;
};

static int
look_at_seen(const struct octets *key, const struct octets *value, void *arg)
{
	struct digests *d = arg;
	struct seen_row seen;

	(void)key;
	if (!rows_unpack_seen(*value, &seen))
		return rows_damaged(TABLE_SEEN, d->e);
	if ((uint64_t)seen.expires > d->last)
		d->last = (uint64_t)seen.expires;
	return 0;
}

static int
set_domains(struct db_txn *t, void *arg, struct error *e)
{
	const struct digests *d = arg;
	uint64_t floor;

	if (meta_number(t, META_FLOOR, 0, &floor, e) == -1 ||
		meta_set(t, META_FLOOR_SEALED, floor, e) == -1 ||
		meta_set(t, META_FLOOR_PLAIN, floor, e) == -1)
		return -1;
	return meta_set(t, META_BARE_DIGESTS, d->last, e);
}

/*
 * Digests get a domain. Those that are there have none and may be of either:
 * they are looked up too until the last has expired, and what is forgotten of
 * them is forgotten for both.
 */
static int
part_domains(struct store *s, struct error *e)
{
	const struct octets all = { "", 0 };
	struct digests d = { .e = e };

	if (store_walk(s, TABLE_SEEN, &all, look_at_seen, &d, e) != 0)
		return -1;
	return store_write(s, LATER, set_domains, &d, e);
}

enum { INDEXED_AT_ONCE = 32 };

struct indexing {
	struct store *store;
	struct device devices[INDEXED_AT_ONCE];
	size_t count;
	struct error *e;
};

static int
put_senders(struct db_txn *t, void *arg, struct error *e)
{
	const struct indexing *x = arg;

	for (size_t i = 0; i < x->count; i++)
		if (sender_put(t, &x->devices[i], e) == -1)
			return -1;
	return 0;
}

static int
put_indexed(struct indexing *x)
{
	if (store_write(x->store, LATER, put_senders, x, x->e) == -1)
		return -1;
	x->count = 0;
	return 0;
}

static int
index_device(const struct octets *key, const struct octets *value, void *arg)
{
	struct indexing *x = arg;
	struct device *d = &x->devices[x->count];

	memset(d, 0, sizeof(*d));
	if (key->length >= sizeof(d->serial) || !rows_unpack_device(*value, d))
		return rows_damaged(TABLE_DEVICES, x->e);
	memcpy(d->serial, key->data, key->length);
	return ++x->count < INDEXED_AT_ONCE ? 0 : put_indexed(x);
}

static int
index_senders(struct store *s, struct error *e)
{
	const struct octets all = { "", 0 };
	struct indexing x = { .store = s, .e = e };

	if (store_walk(s, TABLE_DEVICES, &all, index_device, &x, e) != 0)
		return -1;
	return put_indexed(&x);
}

struct newest {
	int64_t time;
	struct error *e;
};

static int
look_at_activity(
	const struct octets *key, const struct octets *value, void *arg)
{
	struct newest *n = arg;
	struct activity a;

	(void)key;
	if (!rows_unpack_activity(*value, &a))
		return rows_damaged(TABLE_ACTIVITY, n->e);
	if (a.reported > n->time)
		n->time = a.reported;
	return 0;
}

static int
look_at_request(const struct octets *key, const struct octets *value, void *arg)
{
	struct newest *n = arg;
	struct request r;

	(void)key;
	if (!rows_unpack_request(*value, &r))
		return rows_damaged(TABLE_REQUESTS, n->e);
	if (r.issued > n->time)
		n->time = r.issued;
	return 0;
}

static int
mark_time(struct db_txn *t, void *arg, struct error *e)
{
	const struct newest *n = arg;

	return n->time == 0 ? 0 : store_clock_proved(t, n->time, e);
}

/*
 * When it was last noted that something came or went: the time has been that,
 * by this gateway's clock. Without it the first mails after an upgrade would
 * wait until the kernel says that its clock is right.
 */
static int
prove_time(struct store *s, struct error *e)
{
	const struct octets all = { "", 0 };
	struct newest n = { .e = e };

	if (store_walk(s, TABLE_ACTIVITY, &all, look_at_activity, &n, e) != 0 ||
		store_walk(s, TABLE_REQUESTS, &all, look_at_request, &n, e) !=
			0)
		return -1;
	return store_write(s, LATER, mark_time, &n, e);
}

enum { CONFIRMED_AT_ONCE = 64 };

struct confirming {
	struct store *store;
	struct request requests[CONFIRMED_AT_ONCE];
	size_t count;
	struct error *e;
};

static int
put_confirmed(struct db_txn *t, void *arg, struct error *e)
{
	const struct confirming *c = arg;

	for (size_t i = 0; i < c->count; i++) {
		const struct request *r = &c->requests[i];
		struct activity a;
		struct packer p;
		int found = rows_activity(t, r->serial, &a, e);

		if (found < 0)
			return -1;
		if (found == 0 || a.confirmed >= r->answered)
			continue;
		a.confirmed = r->answered;
		p = rows_pack_activity(&a);
		if (rows_put(t, TABLE_ACTIVITY, r->serial, &p, e) == -1)
			return -1;
	}
	return 0;
}

static int
put_all_confirmed(struct confirming *c)
{
	if (store_write(c->store, LATER, put_confirmed, c, c->e) == -1)
		return -1;
	c->count = 0;
	return 0;
}

static int
confirm_device(const struct octets *key, const struct octets *value, void *arg)
{
	struct confirming *c = arg;
	struct request *r = &c->requests[c->count];

	(void)key;
	if (!rows_unpack_request(*value, r))
		return rows_damaged(TABLE_REQUESTS, c->e);
	if (r->answered == 0)
		return 0;
	return ++c->count < CONFIRMED_AT_ONCE ? 0 : put_all_confirmed(c);
}

/* Who has answered a request that is not forgotten is heard and ready. */
static int
confirm_devices(struct store *s, struct error *e)
{
	const struct octets all = { "", 0 };
	struct confirming c = { .store = s, .e = e };

	if (store_walk(s, TABLE_REQUESTS, &all, confirm_device, &c, e) != 0)
		return -1;
	return put_all_confirmed(&c);
}

enum { LICENCES_IN_STEP = 64 };

struct noting {
	struct store *store;
	struct licence licences[LICENCES_IN_STEP];
	size_t count;
	struct error *e;
};

static int
put_noted(struct db_txn *t, void *arg, struct error *e)
{
	const struct noting *n = arg;

	for (size_t i = 0; i < n->count; i++)
		if (licence_forget_later(t, &n->licences[i], e) == -1 ||
			index_licence(t, &n->licences[i], e) == -1)
			return -1;
	return 0;
}

static int
put_all_noted(struct noting *n)
{
	if (store_write(n->store, LATER, put_noted, n, n->e) == -1)
		return -1;
	n->count = 0;
	return 0;
}

static int
note_licence(const struct octets *key, const struct octets *value, void *arg)
{
	struct noting *n = arg;
	struct licence_row row;
	struct licence *l = &row.licence;

	memset(&row, 0, sizeof(row));
	if (key->length >= sizeof(l->id) || !rows_unpack_licence(*value, &row))
		return rows_damaged(TABLE_LICENCES, n->e);
	memcpy(l->id, key->data, key->length);
	n->licences[n->count++] = *l;
	return n->count < LICENCES_IN_STEP ? 0 : put_all_noted(n);
}

/* Licences that nobody used are forgotten some day, and those that were never
 * confirmed are found without a look at all. */
static int
note_licences(struct store *s, struct error *e)
{
	const struct octets all = { "", 0 };
	struct noting n = { .store = s, .e = e };

	if (store_walk(s, TABLE_LICENCES, &all, note_licence, &n, e) != 0)
		return -1;
	return put_all_noted(&n);
}

static int
set_readings(struct db_txn *t, void *arg, struct error *e)
{
	const struct digests *d = arg;
	uint64_t floor;

	if (meta_number(t, META_FLOOR_PLAIN, 0, &floor, e) == -1 ||
		meta_set(t, META_FLOOR_READING, floor, e) == -1)
		return -1;
	return meta_set(t, META_MIXED_PLAIN, d->last, e);
}

/*
 * Makers' texts get a domain with a wider window. What is known of plain
 * reports may be of such a text: what was forgotten is too old for both, and
 * what will be forgotten as well.
 */
static int
part_readings(struct store *s, struct error *e)
{
	const struct octets all = { "", 0 };
	struct digests d = { .e = e };

	if (store_walk(s, TABLE_SEEN, &all, look_at_seen, &d, e) != 0)
		return -1;
	return store_write(s, LATER, set_readings, &d, e);
}

/* Each may have been begun before, and be run again from its beginning. */
static const struct {
	uint64_t from;
	int (*run)(struct store *s, struct error *e);
} changes[] = {
	{ 1, part_domains },
	{ 1, index_senders },
	{ 1, prove_time },
	{ 2, confirm_devices },
	{ 3, note_licences },
	{ 3, part_readings },
};
enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

struct version {
	uint64_t schema;
	uint64_t unfinished; /* the schema that it came from; 0: none */
	uint64_t agents;     /* how many there are; NO_AGENTS: no table */
};
#define NO_AGENTS UINT64_MAX

static int
read_version(struct db_txn *t, void *arg, struct error *e)
{
	struct version *v = arg;

	if (meta_number(t, META_SCHEMA, 0, &v->schema, e) == -1 ||
		meta_number(t, META_AGENTS, NO_AGENTS, &v->agents, e) == -1)
		return -1;
	return meta_number(t, META_UNFINISHED, 0, &v->unfinished, e);
}

static int
count_no_agents(struct db_txn *t, void *arg, struct error *e)
{
	(void)arg;
	return meta_set(t, META_AGENTS, 0, e);
}

/*
 * Opens the tables that schema 1 did not have, and makes those that the store
 * cannot have yet. One that it had and that is lost must not come back empty:
 * the number of agents is there as soon as their tables are.
 */
static int
complete(struct store *s, const struct version *v, uint64_t from,
	struct error *e)
{
	const enum table create = from < SCHEMA_VERSION ? TABLE_META + 1
		: v->agents == NO_AGENTS                ? TABLE_AGENTS
							: TABLES;

	if (db_complete(s->db, create, e) == -1)
		return -1;
	return v->agents == NO_AGENTS
		? store_write(s, DURABLE, count_no_agents, NULL, e)
		: 0;
}

static int
write_version(struct db_txn *t, void *arg, struct error *e)
{
	const struct version *v = arg;

	if (meta_set(t, META_SCHEMA, v->schema, e) == -1)
		return -1;
	return meta_set(t, META_UNFINISHED, v->unfinished, e);
}

/* All that leads from this schema to the next. */
static int
run_step(struct store *s, uint64_t from, struct error *e)
{
	struct version v = { .schema = from + 1, .unfinished = from };

	if (store_write(s, DURABLE, write_version, &v, e) == -1)
		return -1;
	for (int i = 0; i < CHANGES; i++)
		if (changes[i].from == from && changes[i].run(s, e) != 0)
			return -1;
	v.unfinished = 0;
	return store_write(s, DURABLE, write_version, &v, e);
}

int
schema_take_over(struct store *s, struct error *e)
{
	struct version v;
	uint64_t from;

	if (store_read(s, read_version, &v, e) == -1)
		return -1;
	if (v.schema == 0)
		return error_set(e, ERROR_NOT_FOUND, "the store is not made");
	if (v.schema > SCHEMA_VERSION)
		return error_set(e, ERROR_BAD,
			"the store has schema %llu, this program knows %d",
			(unsigned long long)v.schema, SCHEMA_VERSION);
	from = v.unfinished != 0 ? v.unfinished : v.schema;
	if (complete(s, &v, from, e) == -1)
		return -1;
	for (; from < SCHEMA_VERSION; from++) {
		if (run_step(s, from, e) != 0)
			return error_prefix(
				e, "schema %llu", (unsigned long long)from);
		log_info("the store has schema %llu now",
			(unsigned long long)from + 1);
	}
	return 0;
}
