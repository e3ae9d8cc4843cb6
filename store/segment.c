/*
 * How a segment is published exactly once:
 *
 *	planned    first number and count are durable; they never change
 *	           any more, so whatever is written of them is the same
 *	           reports under the same name
 *	           tmp/NAME is written, synced, tmp is synced
 *	written    durable; from here on tmp/NAME is whole, and is gone if and
 *	           only if it was renamed
 *	           the archive has a link to it, synced
 *	           "published" says the last number, and is synced
 *	           rename into new/, new is synced
 *	           rows and batch are deleted, next-published goes up
 *
 * A crash between any two leaves a state from which the same function goes on.
 * The last commit needs no sync: if it is lost, the batch is still "written"
 * and its file gone, and the rows are deleted again.
 */
#include "store/segment.h"

#include "store/archive.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/rows.h"
#include "store/spool.h"

/* A segment ends with the report that takes it beyond this. */
enum { SEGMENT_OCTETS = 64 * 1024 * 1024 };

struct publishing {
	struct store *store;
	struct spool spool;
	struct batch batch;
	char name[SEGMENT_NAME_SIZE];
	FILE *file;
	uint64_t next; /* sequence number of the row that must come now */
	uint64_t most; /* reports */
	size_t octets;
	struct error *e;
};

static void
step(struct publishing *g, const char *name)
{
	if (g->store->step != NULL)
		g->store->step(name, g->store->step_arg);
}

/* The outbox is without gap: what is missing was lost, and says so. */
static int
expect(struct publishing *g, const struct octets *key)
{
	uint64_t sequence;

	if (!rows_unpack_sequence(*key, &sequence))
		return rows_damaged(TABLE_OUTBOX, g->e);
	if (sequence != g->next)
		return error_set(g->e, ERROR_TROUBLE,
			"the outbox lacks report %llu",
			(unsigned long long)g->next);
	g->next++;
	return 0;
}

static int
count_row(const struct octets *key, const struct octets *value, void *arg)
{
	struct publishing *g = arg;

	if (expect(g, key) != 0)
		return -1;
	g->batch.count++;
	g->octets += value->length + 1;
	return g->batch.count < g->most && g->octets < SEGMENT_OCTETS ? 0 : 1;
}

static int
plan(struct db_txn *t, void *arg, struct error *e)
{
	struct publishing *g = arg;
	struct octets from = { "", 0 };

	if (meta_batch(t, &g->batch, e) == -1)
		return -1;
	if (g->batch.state != BATCH_NONE)
		return 0;
	if (meta_number(t, META_NEXT_PUBLISHED, 1, &g->batch.first, e) == -1)
		return -1;
	g->next = g->batch.first;
	g->octets = 0;
	g->e = e;
	if (db_scan(t, TABLE_OUTBOX, &from, count_row, g, e) < 0)
		return -1;
	if (g->batch.count == 0)
		return 0;
	g->batch.state = BATCH_PLANNED;
	return meta_batch_set(t, &g->batch, e);
}

static int
write_row(const struct octets *key, const struct octets *value, void *arg)
{
	struct publishing *g = arg;

	if (expect(g, key) != 0)
		return -1;
	if (fwrite(value->data, 1, value->length, g->file) != value->length ||
		putc('\n', g->file) == EOF)
		return error_errno(g->e, "cannot write tmp/%s", g->name);
	if (g->next == g->batch.first + 1)
		step(g, "first row");
	return g->next - g->batch.first < g->batch.count ? 0 : 1;
}

static int
write_rows(struct publishing *g, struct error *e)
{
	const struct octets all = { "", 0 };

	g->next = g->batch.first;
	g->e = e;
	if (store_walk(g->store, TABLE_OUTBOX, &all, write_row, g, e) < 0)
		return -1;
	if (g->next - g->batch.first == g->batch.count)
		return 0;
	return error_set(e, ERROR_TROUBLE, "the outbox lacks report %llu",
		(unsigned long long)g->next);
}

static int
mark_written(struct db_txn *t, void *arg, struct error *e)
{
	struct publishing *g = arg;
	struct batch batch = g->batch;

	batch.state = BATCH_WRITTEN;
	return meta_batch_set(t, &batch, e);
}

static int
write_segment(struct publishing *g, struct error *e)
{
	if (spool_create(&g->spool, g->name, &g->file, e) == -1)
		return -1;
	step(g, "created");
	if (write_rows(g, e) == -1) {
		fclose(g->file);
		return -1;
	}
	step(g, "filled");
	if (spool_finish(&g->spool, g->file, e) == -1)
		return -1;
	step(g, "synced");
	if (store_write(g->store, DURABLE, mark_written, g, e) == -1)
		return -1;
	g->batch.state = BATCH_WRITTEN;
	step(g, "written");
	return 0;
}

/* From the first segment that is archived on none may be missing. */
static int
begin_archive(struct db_txn *t, const struct publishing *g, struct error *e)
{
	uint64_t first;

	if (g->store->archive[0] == '\0')
		return 0;
	if (meta_number(t, META_ARCHIVE, 0, &first, e) == -1)
		return -1;
	return first != 0 ? 0 : meta_set(t, META_ARCHIVE, g->batch.first, e);
}

static int
finish(struct db_txn *t, void *arg, struct error *e)
{
	struct publishing *g = arg;
	const struct batch none = { .state = BATCH_NONE };
	uint64_t end = g->batch.first + g->batch.count;
	struct packer p;
	struct octets key;

	for (uint64_t i = g->batch.first; i < end; i++) {
		p = rows_pack_sequence(i);
		key = pack_row(&p);
		if (db_delete(t, TABLE_OUTBOX, &key, e) < 0)
			return -1;
	}
	if (meta_batch_set(t, &none, e) != 0 || begin_archive(t, g, e) == -1)
		return -1;
	return meta_set(t, META_NEXT_PUBLISHED, end, e);
}

/* The spool's number goes up before consumers can see the segment. */
static int
count_up(struct publishing *g, struct error *e)
{
	if (published_set(g->store, &g->spool,
		    g->batch.first + g->batch.count - 1, e) == -1)
		return -1;
	step(g, "counted");
	return 0;
}

static int
release(struct publishing *g, struct error *e)
{
	bool gone;

	if (g->store->archive[0] != '\0' &&
		archive_keep(g->store->archive, &g->spool, g->name, e) == -1)
		return -1;
	step(g, "archived");
	if (count_up(g, e) == -1 ||
		spool_release(&g->spool, g->name, &gone, e) == -1)
		return -1;
	step(g, "renamed");
	if (spool_sync_new(&g->spool, e) == -1)
		return -1;
	step(g, "released");
	if (store_write(g->store, LATER, finish, g, e) == -1)
		return -1;
	step(g, "finished");
	return 0;
}

/* The spool is opened first: without it there is nothing to plan, and a
 * segment that seems gone may only be out of sight. */
int
segment_publish(struct store *s, bool clean, struct error *e)
{
	struct publishing g = { .store = s,
		.most = (uint64_t)s->options.segment_reports };
	int rc = -1;

	if (g.most == 0)
		g.most = 1;
	if (spool_open(s->spool, &g.spool, e) == -1)
		return -1;
	if (store_write(s, DURABLE, plan, &g, e) == -1)
		goto out;
	if (g.batch.state != BATCH_NONE)
		spool_name(g.batch.first, g.name);
	if (clean && spool_clean(&g.spool, g.name, e) == -1)
		goto out;
	if (g.batch.state == BATCH_NONE) {
		rc = 0;
		goto out;
	}
	if (published_keep(s, &g.spool, e) == -1)
		goto out;
	step(&g, "planned");
	if (g.batch.state == BATCH_PLANNED && write_segment(&g, e) == -1)
		goto out;
	if (release(&g, e) == -1)
		goto out;
	rc = 1;
out:
	spool_close(&g.spool);
	return rc;
}
