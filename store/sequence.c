/*
 * Skipping sequence numbers: after a backup was put back, so that numbers which
 * consumers have seen since are not given again. The spool says which those
 * are (store/published.h).
 */
#include "store/store.h"

#include <string.h>

#include "store/archive.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/rows.h"

static int
found_one(const struct octets *key, const struct octets *value, void *arg)
{
	(void)key;
	(void)value;
	(void)arg;
	return 1;
}

/* What is on its way into the spool has its numbers already. */
static int
nothing_waits(struct db_txn *t, uint64_t next, struct error *e)
{
	const struct octets all = { "", 0 };
	struct batch batch;
	uint64_t published;
	int rows;

	if (meta_batch(t, &batch, e) == -1 ||
		meta_number(t, META_NEXT_PUBLISHED, 1, &published, e) == -1)
		return -1;
	rows = db_scan(t, TABLE_OUTBOX, &all, found_one, NULL, e);
	if (rows < 0)
		return -1;
	if (rows > 0 || batch.state != BATCH_NONE || published != next)
		return error_set(e, ERROR_EXISTS,
			"there are reports that are not yet in the spool");
	return 0;
}

static int
set_next(struct db_txn *t, void *arg, struct error *e)
{
	uint64_t wanted = *(const uint64_t *)arg, next;

	if (meta_number(t, META_NEXT_SEQUENCE, 1, &next, e) == -1)
		return -1;
	if (wanted < next)
		return error_set(e, ERROR_DENIED,
			"sequence numbers only go up, and the next one is %llu",
			(unsigned long long)next);
	if (nothing_waits(t, next, e) == -1)
		return -1;
	if (meta_set(t, META_NEXT_SEQUENCE, wanted, e) == -1)
		return -1;
	return meta_set(t, META_NEXT_PUBLISHED, wanted, e);
}

struct catching_up {
	uint64_t last;     /* that the spool has had */
	uint64_t next;     /* number behind the outbox's last row */
	uint64_t rows[64]; /* of the outbox, that are in the spool */
	unsigned int count;
	bool waits; /* the outbox holds something */
	struct error *e;
};

static int
look_at_row(const struct octets *key, const struct octets *value, void *arg)
{
	struct catching_up *c = arg;
	uint64_t sequence;

	(void)value;
	if (!rows_unpack_sequence(*key, &sequence))
		return rows_damaged(TABLE_OUTBOX, c->e);
	c->waits = true;
	c->next = sequence + 1;
	if (sequence > c->last)
		return 0;
	c->rows[c->count++] = sequence;
	return c->count < sizeof(c->rows) / sizeof(c->rows[0]) ? 0 : 1;
}

/* Rows that are in the spool already; at the end the whole outbox was seen. */
static int
forget_published(struct db_txn *t, struct catching_up *c, struct error *e)
{
	const struct octets all = { "", 0 };
	struct octets key;
	struct packer p;
	int rc;

	c->e = e;
	do {
		c->count = 0;
		rc = db_scan(t, TABLE_OUTBOX, &all, look_at_row, c, e);
		for (unsigned int i = 0; rc >= 0 && i < c->count; i++) {
			p = rows_pack_sequence(c->rows[i]);
			key = pack_row(&p);
			if (db_delete(t, TABLE_OUTBOX, &key, e) < 0)
				return -1;
		}
	} while (rc > 0);
	return rc;
}

/*
 * An old store of this spool: what its outbox holds and the spool has had was
 * published by the store that this one is an older copy of; what is beyond was
 * not, and will be.
 */
static int
catch_up(struct db_txn *t, void *arg, struct error *e)
{
	struct catching_up *c = arg;
	const struct batch none = { .state = BATCH_NONE };
	struct batch batch;
	uint64_t published, next;

	if (meta_number(t, META_NEXT_PUBLISHED, 1, &published, e) == -1 ||
		meta_number(t, META_NEXT_SEQUENCE, 1, &next, e) == -1 ||
		meta_batch(t, &batch, e) == -1)
		return -1;
	if (c->last < published || batch_ends(&batch, c->last))
		return 0;
	c->next = next;
	if (forget_published(t, c, e) == -1)
		return -1;
	if (next < c->next)
		next = c->next;
	if (next < c->last + 1)
		next = c->last + 1;
	if (batch.state != BATCH_NONE && batch.first <= c->last &&
		meta_batch_set(t, &none, e) != 0)
		return -1;
	if (meta_set(t, META_NEXT_PUBLISHED, c->last + 1, e) == -1)
		return -1;
	return meta_set(t, META_NEXT_SEQUENCE, next, e);
}

/* Numbers of another store's spool cannot be given to what waits in ours. */
static int
expect_no_rows(struct db_txn *t, void *arg, struct error *e)
{
	const struct octets all = { "", 0 };
	int rows = db_scan(t, TABLE_OUTBOX, &all, found_one, NULL, e);

	(void)arg;
	if (rows <= 0)
		return rows;
	return error_set(e, ERROR_EXISTS,
		"reports wait that were numbered for another spool than this "
		"one, which is another store's");
}

static int
next_published(struct db_txn *t, void *arg, struct error *e)
{
	return meta_number(t, META_NEXT_PUBLISHED, 1, arg, e);
}

/* By what the spool says was published there. */
static int
make_peace(struct store *s, const struct spool *spool, uint64_t next,
	struct error *e)
{
	struct published p;
	struct catching_up c = { .count = 0 };
	uint64_t published;

	if (published_read(spool, &p, e) == -1)
		return -1;
	if (p.state == PUBLISHED && next <= p.last)
		return error_set(e, ERROR_DENIED,
			"sequence numbers only go up, and the spool's next "
			"one is %llu",
			(unsigned long long)p.last + 1);
	c.last = p.last;
	if (p.state == PUBLISHED && strcmp(p.store, s->id) == 0)
		return store_write(s, DURABLE, catch_up, &c, e);
	if (p.state == PUBLISHED)
		return store_read(s, expect_no_rows, NULL, e) == -1
			? -1
			: published_set(s, spool, next - 1, e);
	/* The store's own word is all that there is, and the operator's. */
	if (store_read(s, next_published, &published, e) == -1)
		return -1;
	return published_set(s, spool, published - 1, e);
}

static int
check_range(uint64_t next, struct error *e)
{
	if (next > 0 && next <= SEQUENCE_MAX)
		return 0;
	return error_set(e, ERROR_BAD, "a sequence number is from 1 to %lld",
		(long long)SEQUENCE_MAX);
}

int
store_catch_up(struct store *s, uint64_t next, struct error *e)
{
	struct spool spool;
	int rc;

	if (check_range(next, e) == -1 || spool_open(s->spool, &spool, e) == -1)
		return -1;
	rc = make_peace(s, &spool, next, e);
	spool_close(&spool);
	return rc;
}

/* What was archived and then lost to the spool has its number, too. */
static int
check_archive(const struct store *s, uint64_t next, struct error *e)
{
	uint64_t last;

	if (s->archive[0] == '\0')
		return 0;
	if (archive_last(s->archive, &last, e) == -1)
		return -1;
	return next > last ? 0
			   : error_set(e, ERROR_DENIED,
				     "the archive has records up to %llu",
				     (unsigned long long)last);
}

int
store_set_next_sequence(struct store *s, uint64_t next, struct error *e)
{
	struct spool spool;
	int rc;

	if (check_range(next, e) == -1 || check_archive(s, next, e) == -1 ||
		store_write(s, DURABLE, set_next, &next, e) == -1 ||
		spool_open(s->spool, &spool, e) == -1)
		return -1;
	rc = published_set(s, &spool, next - 1, e);
	spool_close(&spool);
	return rc;
}
