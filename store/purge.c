/*
 * Purges along the time index, in transactions so small that no mail notices.
 */
#include "store/purge.h"

#include <string.h>

#include "store/inside.h"
#include "store/meta.h"
#include "store/rows.h"

struct purge {
	int64_t now;
	size_t count;
	struct expiry rows[PURGE_ROWS];
	uint64_t floor;
	struct error *e;
};

static int
collect(const struct octets *key, const struct octets *value, void *arg)
{
	struct purge *p = arg;
	struct expiry *x = &p->rows[p->count];

	(void)value;
	if (!rows_unpack_expiry(*key, x))
		return rows_damaged(TABLE_EXPIRY, p->e);
	if (x->when >= p->now)
		return 1;
	return ++p->count < PURGE_ROWS ? 0 : 1;
}

/* How far back contents can no longer be told from new ones. */
static int
raise_floor(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	struct seen_row seen;
	int found = rows_seen(t, x->key, &seen, e);

	if (found == 1 && (uint64_t)seen.latest > p->floor)
		p->floor = (uint64_t)seen.latest;
	return found < 0 ? -1 : 0;
}

static int
forget(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	struct octets key = { x->key, x->length }, row;
	struct packer index = rows_pack_expiry(x);
	enum table table = TABLE_EMAIL_IDS;

	if (x->kind == EXPIRY_SEEN) {
		table = TABLE_SEEN;
		if (x->length != SHA256_SIZE)
			return rows_damaged(TABLE_EXPIRY, e);
		if (raise_floor(t, p, x, e) != 0)
			return -1;
	}
	row = pack_row(&index);
	if (db_delete(t, table, &key, e) < 0 ||
		db_delete(t, TABLE_EXPIRY, &row, e) < 0)
		return -1;
	return 0;
}

static int
purge_some(struct db_txn *t, void *arg, struct error *e)
{
	struct purge *p = arg;
	const struct octets start = { "", 0 };
	uint64_t floor;
	size_t i;

	p->count = 0;
	p->e = e;
	if (db_scan(t, TABLE_EXPIRY, &start, collect, p, e) < 0 ||
		meta_number(t, META_FLOOR, 0, &floor, e) != 0)
		return -1;
	p->floor = floor;
	for (i = 0; i < p->count; i++)
		if (forget(t, p, &p->rows[i], e) != 0)
			return -1;
	return p->floor > floor ? meta_set(t, META_FLOOR, p->floor, e) : 0;
}

int
purge_expired(struct store *s, int64_t now, unsigned int rounds,
	uint64_t *purged_r, struct error *e)
{
	struct purge p = { .now = now };

	*purged_r = 0;
	do {
		if (store_write(s, LATER, purge_some, &p, e) != 0)
			return -1;
		*purged_r += p.count;
	} while (p.count == PURGE_ROWS && --rounds > 0);
	return 0;
}

int
purge_later(struct db_txn *t, int64_t when, enum expiry_kind kind,
	const void *key, size_t length, struct error *e)
{
	struct expiry x = { .when = when, .kind = kind, .length = length };
	const struct octets none = { "", 0 };
	struct packer p;
	struct octets row;

	memcpy(x.key, key, length);
	p = rows_pack_expiry(&x);
	row = pack_row(&p);
	return db_put(t, TABLE_EXPIRY, &row, &none, e);
}
