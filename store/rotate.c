/*
 * The change of the master key. Its first transaction puts a trace of the new
 * key beside the old one's; then each key, and the code of each licence, is
 * wrapped anew, row by row; and the last one makes the new trace the store's.
 * Whoever opens a store with both traces goes on with the rows, which tell by
 * themselves how far that has come: so it may be cut off at any moment.
 */
#include "store/rotate.h"

#include <string.h>

#include "base/log.h"
#include "base/wipe.h"
#include "store/identity.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/secret.h"

enum { TIDY_ROWS = 1024 };

struct rewrap {
	struct store *store;
	db_body *row;
	struct octets id; /* of the row in hand */
	uint64_t count;
	struct error *e;
};

/* It may run more than once; one that is gone by now is passed over. */
static int
rewrap_key(struct db_txn *t, void *arg, struct error *e)
{
	const struct rewrap *w = arg;
	struct key_row row;
	struct packer p;
	struct octets octets;
	int found = rows_key(t, &w->id, &row, e);

	if (found == 1)
		found = secret_rewrap(w->store, &w->id, &row, e);
	if (found != 1)
		return found;
	p = rows_pack_key(&row);
	octets = pack_row(&p);
	return db_put(t, TABLE_KEYS, &w->id, &octets, e);
}

static int
rewrap_licence(struct db_txn *t, void *arg, struct error *e)
{
	const struct rewrap *w = arg;
	char id[LICENCE_ID_SIZE];
	struct licence_row row;
	struct packer p;
	int found;

	if (w->id.length >= sizeof(id))
		return rows_damaged(TABLE_LICENCES, e);
	memcpy(id, w->id.data, w->id.length);
	id[w->id.length] = '\0';
	found = rows_licence(t, id, &row, e);
	if (found == 1)
		found = secret_rewrap_code(w->store, &row, e);
	if (found != 1)
		return found;
	p = rows_pack_licence(&row);
	return rows_put(t, TABLE_LICENCES, id, &p, e);
}

/* The log of a million rows would fill the disk. */
static int
tidy(struct store *s, struct error *e)
{
	int rc;

	if (store_enter(s, e) == -1)
		return -1;
	rc = db_checkpoint(s->db, 0, 0, e) == 0 ? db_remove_logs(s->db, e) : -1;
	store_leave(s);
	return rc;
}

static int
rewrap_each(const struct octets *key, const struct octets *value, void *arg)
{
	struct rewrap *w = arg;

	(void)value;
	w->id = *key;
	if (store_write(w->store, LATER, w->row, w, w->e) == -1)
		return -1;
	return ++w->count % TIDY_ROWS == 0 ? tidy(w->store, w->e) : 0;
}

static int
begin(struct db_txn *t, void *arg, struct error *e)
{
	const struct store *s = arg;

	return identity_trace(t, META_MASTER_NEXT, s->next, e);
}

static int
end(struct db_txn *t, void *arg, struct error *e)
{
	const struct store *s = arg;
	struct octets next = text_octets_of(META_MASTER_NEXT);

	if (identity_trace(t, META_MASTER, s->next, e) == -1)
		return -1;
	return db_delete(t, TABLE_META, &next, e) < 0 ? -1 : 0;
}

/* How many; -1. */
static int64_t
rewrap_table(struct store *s, enum table table, db_body *row, struct error *e)
{
	const struct octets all = { "", 0 };
	struct rewrap w = { .store = s, .row = row, .e = e };

	if (store_walk(s, table, &all, rewrap_each, &w, e) != 0)
		return -1;
	return (int64_t)w.count;
}

int
rotate_go_on(struct store *s, struct error *e)
{
	const int64_t keys = rewrap_table(s, TABLE_KEYS, rewrap_key, e);
	const int64_t licences = keys == -1
		? -1
		: rewrap_table(s, TABLE_LICENCES, rewrap_licence, e);

	if (licences == -1 || store_write(s, DURABLE, end, s, e) == -1)
		return -1;
	identity_take_next(s);
	log_info("the master key was changed, for %lld keys and %lld licences",
		(long long)keys, (long long)licences);
	return 0;
}

int
store_rotate(const struct store_options *o, struct error *e)
{
	struct store_options both = *o;
	struct store *s;
	int rc = 0;

	both.behind = true;
	if (o->master_key == NULL || o->next_master_key == NULL)
		return error_set(e, ERROR_USAGE, "two master keys are needed");
	if (store_open(&both, &s, e) == -1)
		return -1;
	/* the opening may have ended one that was cut off */
	if (s->has_next &&
		(store_write(s, DURABLE, begin, s, e) == -1 ||
			rotate_go_on(s, e) == -1))
		rc = -1;
	store_shut(&s);
	return rc;
}
