/*
 * Which certificates there are, by what leads to them.
 */
#include <string.h>

#include "store/certificate_index.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/meta.h"

/* The numbers of a principal's, each with its NUL. */
struct numbers {
	struct octets prefix;
	struct buffer all;
	struct error *e;
};

static int
collect(const struct octets *key, const struct octets *value, void *arg)
{
	struct numbers *n = arg;
	char number[CERTIFICATE_NUMBER_SIZE];

	(void)value;
	if (key->length < n->prefix.length ||
		memcmp(key->data, n->prefix.data, n->prefix.length) != 0)
		return 1;
	if (!index_read_number(key, number))
		return rows_damaged(TABLE_CERTIFICATE_INDEX, n->e);
	return buffer_append(&n->all, number, sizeof(number)) == BUFFER_OK
		? 0
		: error_memory(n->e);
}

int
certificate_each_of(struct db_txn *t, const char *principal,
	int (*each)(struct db_txn *t, const struct certificate *c, void *arg,
		struct error *e),
	void *arg, struct error *e)
{
	struct packer p = index_owner(principal, "");
	struct numbers n = { pack_row(&p), { 0 }, e };
	struct certificate c;
	int rc = db_scan(t, TABLE_CERTIFICATE_INDEX, &n.prefix, collect, &n, e);

	if (rc > 0)
		rc = 0;
	for (size_t at = 0; rc == 0 && at < n.all.length;
		at += CERTIFICATE_NUMBER_SIZE) {
		rc = rows_certificate(t, (const char *)n.all.data + at, &c, e);
		rc = rc == 0      ? rows_damaged(TABLE_CERTIFICATE_INDEX, e)
			: rc == 1 ? each(t, &c, arg, e)
				  : -1;
	}
	buffer_clear(&n.all);
	return rc;
}

struct walk {
	struct store *store;
	int64_t until; /* of the index by their end */
	certificate_each *each;
	void *arg;
	struct error *e;
	struct certificate c;
	const char *number;
};

static int
give(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *w = arg;

	memset(&w->c, 0, sizeof(w->c));
	if (key->length >= sizeof(w->c.number) ||
		!rows_unpack_certificate(*value, &w->c))
		return rows_damaged(TABLE_CERTIFICATES, w->e);
	memcpy(w->c.number, key->data, key->length);
	return w->each(&w->c, w->arg);
}

int
certificate_walk(
	struct store *s, certificate_each *each, void *arg, struct error *e)
{
	struct walk w = { .each = each, .arg = arg, .e = e };
	const struct octets all = { "", 0 };

	return store_walk(s, TABLE_CERTIFICATES, &all, give, &w, e);
}

static int
read_row(struct db_txn *t, void *arg, struct error *e)
{
	struct walk *w = arg;

	return certificate_find(t, w->number, &w->c, e);
}

static int
give_indexed(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *w = arg;
	char number[CERTIFICATE_NUMBER_SIZE];

	(void)value;
	if (!index_read_number(key, number))
		return rows_damaged(TABLE_CERTIFICATE_INDEX, w->e);
	w->number = number;
	if (store_read(w->store, read_row, w, w->e) == -1)
		return w->e->code == ERROR_NOT_FOUND ? 0 : -1;
	return w->each(&w->c, w->arg);
}

static int
walk_index(struct walk *w, const struct packer *prefix,
	const struct packer *from, db_each *each)
{
	const struct octets all = pack_row(prefix), start = pack_row(from);

	return store_walk_from(
		w->store, TABLE_CERTIFICATE_INDEX, &all, &start, each, w, w->e);
}

int
certificate_walk_of(struct store *s, const char *principal,
	certificate_each *each, void *arg, struct error *e)
{
	struct walk w = { .store = s, .each = each, .arg = arg, .e = e };
	const struct packer all = index_owner(principal, "");

	return walk_index(&w, &all, &all, give_indexed);
}

/* 2: all that follow end later. */
static int
give_ending(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *w = arg;
	int64_t end;

	if (!index_read_end(key, &end))
		return rows_damaged(TABLE_CERTIFICATE_INDEX, w->e);
	return end < w->until ? give_indexed(key, value, arg) : 2;
}

int
certificate_walk_ending(struct store *s, int64_t until, certificate_each *each,
	void *arg, struct error *e)
{
	struct walk w = {
		.store = s, .until = until, .each = each, .arg = arg, .e = e
	};
	const struct packer all = index_name(INDEX_END, "");
	int rc = walk_index(&w, &all, &all, give_ending);

	return rc == 2 ? 0 : rc;
}

int
certificate_walk_revoked(struct store *s, const char *after,
	certificate_each *each, void *arg, struct error *e)
{
	struct walk w = { .store = s, .each = each, .arg = arg, .e = e };
	const struct packer all = index_name(INDEX_REVOKED, "");
	struct packer from = index_name(INDEX_REVOKED, after);

	if (after[0] != '\0')
		pack_raw(&from, "", 1); /* the least key above it */
	return walk_index(&w, &all, &from, give_indexed);
}

int
certificate_walk_mail(
	struct store *s, certificate_each *each, void *arg, struct error *e)
{
	struct walk w = { .store = s, .each = each, .arg = arg, .e = e };
	const struct packer all = index_name(INDEX_MAIL, "");

	return walk_index(&w, &all, &all, give_indexed);
}

struct counting {
	struct store *store;
	int64_t now;
	uint64_t known, expired;
	struct certificate_counts *counts;
	struct error *e;
};

static int
read_counts(struct db_txn *t, void *arg, struct error *e)
{
	struct counting *c = arg;

	if (meta_number(t, META_CERTIFICATES, 0, &c->known, e) == -1)
		return -1;
	return meta_number(t, META_REVOKED, 0, &c->counts->revoked, e);
}

static int
count_ending(const struct octets *key, const struct octets *value, void *arg)
{
	struct counting *c = arg;
	int64_t end;

	(void)value;
	if (!index_read_end(key, &end))
		return rows_damaged(TABLE_CERTIFICATE_INDEX, c->e);
	if (end <= c->now)
		c->expired++;
	else if (end - c->now < CERTIFICATE_ENDING)
		c->counts->ending++;
	else
		return 2;
	return 0;
}

static int
count_expired(const struct octets *key, const struct octets *value, void *arg)
{
	struct counting *c = arg;
	int64_t end;

	(void)value;
	if (!index_read_end(key, &end))
		return rows_damaged(TABLE_CERTIFICATE_INDEX, c->e);
	if (end > c->now)
		return 2;
	c->expired++;
	return 0;
}

static int
count_unconfirmed(
	const struct octets *key, const struct octets *value, void *arg)
{
	struct counting *c = arg;
	char id[LICENCE_ID_SIZE];
	struct licence l;

	(void)value;
	if (!index_read_licence(key, id))
		return rows_damaged(TABLE_CERTIFICATE_INDEX, c->e);
	if (licence_get(c->store, id, &l, c->e) == -1)
		return c->e->code == ERROR_NOT_FOUND ? 0 : -1;
	if (licence_unconfirmed(&l, c->now))
		c->counts->unconfirmed++;
	return 0;
}

static int
count_kind(struct counting *c, enum index_kind kind, db_each *each)
{
	const struct packer prefix = index_name(kind, "");
	const struct octets all = pack_row(&prefix);

	return store_walk(
		c->store, TABLE_CERTIFICATE_INDEX, &all, each, c, c->e);
}

int
certificate_count(struct store *s, int64_t now,
	struct certificate_counts *counts_r, struct error *e)
{
	struct counting c = {
		.store = s, .now = now, .counts = counts_r, .e = e
	};
	uint64_t gone;

	memset(counts_r, 0, sizeof(*counts_r));
	if (count_kind(&c, INDEX_END, count_ending) < 0 ||
		count_kind(&c, INDEX_REPLACED, count_expired) < 0 ||
		count_kind(&c, INDEX_UNCONFIRMED, count_unconfirmed) < 0 ||
		store_read(s, read_counts, &c, e) == -1)
		return -1;
	/* some may have come or gone since they were counted */
	gone = c.counts->revoked + c.expired;
	counts_r->valid = c.known > gone ? c.known - gone : 0;
	return 0;
}
