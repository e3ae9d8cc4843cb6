/*
 * Purges along the time index, in transactions so small that no mail notices.
 */
#include "store/purge.h"

#include <string.h>

#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/pending_rows.h"
#include "store/rows.h"

enum { SEALED, PLAIN, READING, FLOORS };
static const char *const floor_names[FLOORS] = { META_FLOOR_SEALED,
	META_FLOOR_PLAIN, META_FLOOR_READING };

struct purge {
	int64_t now;
	size_t count;
	struct expiry rows[PURGE_ROWS];
	uint64_t floors[FLOORS];
	uint64_t mixed; /* what is plain and expires until then may be of a
			   maker's text */
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

static void
raise(uint64_t *floor, const struct seen_row *seen)
{
	if ((uint64_t)seen->latest > *floor)
		*floor = (uint64_t)seen->latest;
}

/*
 * How far back contents can no longer be told from new ones. One that is dated
 * ahead of the clock says nothing of that: it must not make everybody stale.
 */
static int
raise_floor(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	struct seen_row seen;
	int found = rows_seen(t, x->key, &seen, e);

	if (found != 1 || seen.latest > p->now)
		return found < 0 ? -1 : 0;
	if (seen.domain == DOMAIN_NONE || seen.domain == DOMAIN_SEALED)
		raise(&p->floors[SEALED], &seen);
	if (seen.domain == DOMAIN_NONE || seen.domain == DOMAIN_PLAIN)
		raise(&p->floors[PLAIN], &seen);
	if (seen.domain == DOMAIN_NONE || seen.domain == DOMAIN_READING ||
		(seen.domain == DOMAIN_PLAIN &&
			(uint64_t)seen.expires <= p->mixed))
		raise(&p->floors[READING], &seen);
	return 0;
}

static int
forget_seen(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	const struct octets key = { x->key, x->length };

	if (x->length != SHA256_SIZE)
		return rows_damaged(TABLE_EXPIRY, e);
	if (raise_floor(t, p, x, e) != 0)
		return -1;
	return db_delete(t, TABLE_SEEN, &key, e) < 0 ? -1 : 0;
}

static int
name_of(const struct expiry *x, char name_r[EMAIL_ID_SIZE], struct error *e)
{
	if (x->length >= EMAIL_ID_SIZE)
		return rows_damaged(TABLE_EXPIRY, e);
	memcpy(name_r, x->key, x->length);
	name_r[x->length] = '\0';
	return 0;
}

static int
forget_request(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	const struct octets key = { x->key, x->length };

	(void)p;
	return db_delete(t, TABLE_REQUESTS, &key, e) < 0 ? -1 : 0;
}

/* Its request is known for long yet. */
static int
forget_pending(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	const struct octets key = { x->key, x->length };
	char id[EMAIL_ID_SIZE];
	struct request r;
	int found;

	(void)p;
	if (name_of(x, id, e) == -1 ||
		(found = rows_request(t, id, &r, e)) < 0 ||
		(found == 1 && pending_drop(t, r.serial, r.id, e) == -1))
		return -1;
	return db_delete(t, TABLE_MESSAGES, &key, e) < 0 ? -1 : 0;
}

static int
forget_licence(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	char id[EMAIL_ID_SIZE];

	return name_of(x, id, e) == 0 ? licence_forget(t, id, p->now, e) : -1;
}

static int
forget_certificate(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	char number[EMAIL_ID_SIZE];

	(void)p;
	return name_of(x, number, e) == 0 ? certificate_forget(t, number, e)
					  : -1;
}

static int
forget_signing(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	char id[EMAIL_ID_SIZE];

	return name_of(x, id, e) == 0 ? signing_forget(t, id, p->now, e) : -1;
}

static int
forget_reading(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	const struct octets key = { x->key, x->length };

	(void)p;
	return db_delete(t, TABLE_READINGS, &key, e) < 0 ? -1 : 0;
}

static int
forget(struct db_txn *t, struct purge *p, const struct expiry *x,
	struct error *e)
{
	static int (*const kinds[EXPIRY_KINDS])(struct db_txn * t,
		struct purge * p, const struct expiry *x, struct error *e) = {
		[EXPIRY_REQUEST] = forget_request,
		[EXPIRY_SEEN] = forget_seen,
		[EXPIRY_PENDING] = forget_pending,
		[EXPIRY_LICENCE] = forget_licence,
		[EXPIRY_CERTIFICATE] = forget_certificate,
		[EXPIRY_SIGNING] = forget_signing,
		[EXPIRY_READING] = forget_reading,
	};

	return kinds[x->kind](t, p, x, e) == 0 ? purge_not(t, x, e) : -1;
}

/* Nothing of schema 1 is left: its digests need not be looked up any more. */
static int
forget_bare(struct db_txn *t, const struct purge *p, struct error *e)
{
	uint64_t last;

	if (p->count == PURGE_ROWS)
		return 0;
	if (meta_number(t, META_BARE_DIGESTS, 0, &last, e) == -1)
		return -1;
	return last != 0 && last < (uint64_t)p->now
		? meta_set(t, META_BARE_DIGESTS, 0, e)
		: 0;
}

static int
read_floors(struct db_txn *t, struct purge *p, struct error *e)
{
	for (int i = 0; i < FLOORS; i++)
		if (meta_number(t, floor_names[i], 0, &p->floors[i], e) == -1)
			return -1;
	return meta_number(t, META_MIXED_PLAIN, 0, &p->mixed, e);
}

static int
write_floors(struct db_txn *t, const struct purge *p,
	const uint64_t before[FLOORS], struct error *e)
{
	for (int i = 0; i < FLOORS; i++)
		if (p->floors[i] > before[i] &&
			meta_set(t, floor_names[i], p->floors[i], e) == -1)
			return -1;
	return 0;
}

static int
purge_some(struct db_txn *t, void *arg, struct error *e)
{
	struct purge *p = arg;
	const struct octets start = { "", 0 };
	uint64_t before[FLOORS];

	p->count = 0;
	p->e = e;
	if (db_scan(t, TABLE_EXPIRY, &start, collect, p, e) < 0 ||
		read_floors(t, p, e) == -1)
		return -1;
	memcpy(before, p->floors, sizeof(before));
	for (size_t i = 0; i < p->count; i++)
		if (forget(t, p, &p->rows[i], e) == -1)
			return -1;
	if (forget_bare(t, p, e) == -1)
		return -1;
	return write_floors(t, p, before, e);
}

int
purge_expired(struct store *s, int64_t now, unsigned int rounds,
	uint64_t *purged_r, struct error *e)
{
	struct purge p = { .now = now };

	*purged_r = 0;
	do {
		if (store_write(s, LATER, purge_some, &p, e) == -1)
			return -1;
		*purged_r += p.count;
	} while (p.count == PURGE_ROWS && --rounds > 0);
	return 0;
}

struct expiry
purge_mark(int64_t when, enum expiry_kind kind, const void *key, size_t length)
{
	struct expiry x = { .when = when, .kind = kind, .length = length };

	memcpy(x.key, key, length);
	return x;
}

int
purge_later(struct db_txn *t, int64_t when, enum expiry_kind kind,
	const void *key, size_t length, struct error *e)
{
	const struct expiry x = purge_mark(when, kind, key, length);
	const struct packer p = rows_pack_expiry(&x);
	const struct octets row = pack_row(&p), none = { "", 0 };

	return db_put(t, TABLE_EXPIRY, &row, &none, e);
}

int
purge_not(struct db_txn *t, const struct expiry *x, struct error *e)
{
	const struct packer p = rows_pack_expiry(x);
	const struct octets row = pack_row(&p);

	return db_delete(t, TABLE_EXPIRY, &row, e) < 0 ? -1 : 0;
}
