/*
 * Rows of the table meta: numbers of eight octets, and the publisher's batch.
 */
#include "store/meta.h"

#include "store/pack.h"

static int
damaged(const char *name, struct error *e)
{
	return error_set(
		e, ERROR_TROUBLE, "the store's row \"%s\" is damaged", name);
}

int
meta_number(struct db_txn *t, const char *name, uint64_t fallback,
	uint64_t *value_r, struct error *e)
{
	struct octets key = text_octets_of(name);
	unsigned char row[8];
	struct unpacker u;
	size_t length;
	int found = db_get(t, TABLE_META, &key, row, sizeof(row), &length, e);

	if (found < 0)
		return -1;
	*value_r = fallback;
	if (found == 0)
		return 0;
	u = unpack_row(row, length);
	*value_r = unpack_number(&u, 8);
	return unpack_done(&u) ? 0 : damaged(name, e);
}

int
meta_set(struct db_txn *t, const char *name, uint64_t value, struct error *e)
{
	struct octets key = text_octets_of(name), row;
	struct packer p = { .length = 0 };

	pack_number(&p, value, 8);
	row = pack_row(&p);
	return db_put(t, TABLE_META, &key, &row, e);
}

int
meta_add(struct db_txn *t, const char *name, int64_t change, struct error *e)
{
	uint64_t value;

	if (meta_number(t, name, 0, &value, e) == -1)
		return -1;
	if (change < 0 && value < (uint64_t)-change)
		return damaged(name, e);
	return meta_set(t, name, value + (uint64_t)change, e);
}

int
meta_store_id(
	struct db_txn *t, unsigned char id[STORE_ID_OCTETS], struct error *e)
{
	struct octets key = text_octets_of(META_STORE_ID);
	size_t length;
	int found =
		db_get(t, TABLE_META, &key, id, STORE_ID_OCTETS, &length, e);

	if (found == 1 && length != STORE_ID_OCTETS)
		return damaged(META_STORE_ID, e);
	return found;
}

int
meta_store_id_set(struct db_txn *t, const unsigned char id[STORE_ID_OCTETS],
	struct error *e)
{
	struct octets key = text_octets_of(META_STORE_ID);
	struct octets row = { id, STORE_ID_OCTETS };

	return db_put(t, TABLE_META, &key, &row, e);
}

bool
batch_ends(const struct batch *batch, uint64_t number)
{
	return batch->state == BATCH_WRITTEN &&
		batch->first + batch->count - 1 == number;
}

int
meta_batch(struct db_txn *t, struct batch *batch_r, struct error *e)
{
	struct octets key = text_octets_of(META_BATCH);
	unsigned char row[32];
	struct unpacker u;
	size_t length;
	int found = db_get(t, TABLE_META, &key, row, sizeof(row), &length, e);

	if (found < 0)
		return -1;
	*batch_r = (struct batch){ .state = BATCH_NONE };
	if (found == 0)
		return 0;
	u = unpack_row(row, length);
	batch_r->state = (enum batch_state)unpack_number(&u, 1);
	batch_r->first = unpack_number(&u, 8);
	batch_r->count = unpack_number(&u, 8);
	if (!unpack_done(&u) || batch_r->first == 0 || batch_r->count == 0 ||
		batch_r->count > UINT32_MAX ||
		(batch_r->state != BATCH_PLANNED &&
			batch_r->state != BATCH_WRITTEN))
		return damaged(META_BATCH, e);
	return 0;
}

int
meta_batch_set(struct db_txn *t, const struct batch *batch, struct error *e)
{
	struct octets key = text_octets_of(META_BATCH), row;
	struct packer p = { .length = 0 };

	if (batch->state == BATCH_NONE)
		return db_delete(t, TABLE_META, &key, e) < 0 ? -1 : 0;
	pack_number(&p, batch->state, 1);
	pack_number(&p, batch->first, 8);
	pack_number(&p, batch->count, 8);
	row = pack_row(&p);
	return db_put(t, TABLE_META, &key, &row, e);
}
