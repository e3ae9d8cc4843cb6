/*
 * Transactions, and the rows that are read and written in them. Of the library
 * this file knows the handles that store/db.c has opened.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "store/db_inside.h"

enum { ATTEMPTS = 30 };

struct db_txn {
	struct db *db;
	DB_TXN *txn; /* NULL while reading */
	bool deadlock;
};

/* The same inside a transaction, where a deadlock only means: once more. */
static int
txn_failed(struct db_txn *t, int ret, const char *what, struct error *e)
{
	if (ret != DB_LOCK_DEADLOCK && ret != DB_LOCK_NOTGRANTED)
		return db_failed(t->db, ret, what, e);
	t->deadlock = true;
	return error_set(e, ERROR_TROUBLE, "the database is busy");
}

/* One attempt. */
static int
write_once(
	struct db *db, db_body *body, void *arg, bool *again_r, struct error *e)
{
	struct db_txn t = { .db = db };
	int ret, result;

	if ((ret = db->env->txn_begin(db->env, NULL, &t.txn, 0)) != 0)
		return db_failed(db, ret, "begin a transaction", e);
	result = body(&t, arg, e);
	*again_r = t.deadlock;
	if (result != 0 || t.deadlock) {
		if ((ret = t.txn->abort(t.txn)) != 0) {
			*again_r = false;
			return db_failed(db, ret, "undo a transaction", e);
		}
		return result;
	}
	if ((ret = t.txn->commit(t.txn, DB_TXN_NOSYNC)) != 0)
		return txn_failed(&t, ret, "commit", e);
	return 0;
}

static int
read_once(
	struct db *db, db_body *body, void *arg, bool *again_r, struct error *e)
{
	struct db_txn t = { .db = db };
	int result = body(&t, arg, e);

	*again_r = t.deadlock;
	return result;
}

/* Runs it again after a deadlock, a little later each time, with jitter so
 * that two who met do not meet again. */
static int
persist(struct db *db,
	int (*once)(struct db *, db_body *, void *, bool *, struct error *),
	db_body *body, void *arg, struct error *e)
{
	unsigned int seed = (unsigned int)(uintptr_t)&seed, i;
	bool again;
	int result;

	for (i = 0; i < ATTEMPTS; i++) {
		again = false;
		if (db_broken(db))
			return error_set(e, ERROR_TROUBLE,
				"the database waits for recovery");
		result = once(db, body, arg, &again, e);
		if (!again)
			return result;
		usleep(200 + (unsigned int)rand_r(&seed) % (500 * (i + 1)));
	}
	return error_set(e, ERROR_TROUBLE, "the database stays busy");
}

int
db_write(struct db *db, db_body *body, void *arg, struct error *e)
{
	return persist(db, write_once, body, arg, e);
}

int
db_read(struct db *db, db_body *body, void *arg, struct error *e)
{
	return persist(db, read_once, body, arg, e);
}

int
db_flush(struct db *db, struct error *e)
{
	int ret;

	pthread_mutex_lock(&db->flush);
	ret = db->env->log_flush(db->env, NULL);
	pthread_mutex_unlock(&db->flush);
	if (ret != 0)
		return db_failed(db, ret, "write its log", e);
	return 0;
}

DBT
db_dbt(const struct octets *octets)
{
	return (DBT){ .data = (void *)(uintptr_t)octets->data,
		.size = (u_int32_t)octets->length };
}

int
db_get(struct db_txn *t, enum table table, const struct octets *key, void *out,
	size_t size, size_t *length_r, struct error *e)
{
	DB *handle = t->db->tables[table];
	DBT k = db_dbt(key),
	    v = { .data = out,
		    .ulen = (u_int32_t)size,
		    .flags = DB_DBT_USERMEM };
	int ret = handle->get(
		handle, t->txn, &k, &v, t->txn != NULL ? DB_RMW : 0);

	if (ret == DB_NOTFOUND)
		return 0;
	if (ret == DB_BUFFER_SMALL)
		return error_set(e, ERROR_TROUBLE, "%s: a row is too large",
			db_table_name(table));
	if (ret != 0)
		return txn_failed(t, ret, "read", e);
	*length_r = v.size;
	return 1;
}

int
db_put(struct db_txn *t, enum table table, const struct octets *key,
	const struct octets *value, struct error *e)
{
	DB *handle = t->db->tables[table];
	DBT k = db_dbt(key), v = db_dbt(value);
	int ret;

	if (key->length == 0 || key->length > TABLE_KEY_MAX ||
		value->length > UINT32_MAX)
		return error_set(e, ERROR_LIMIT, "%s: a row is too large",
			db_table_name(table));
	if ((ret = handle->put(handle, t->txn, &k, &v, 0)) != 0)
		return txn_failed(t, ret, "write", e);
	return 0;
}

int
db_delete(struct db_txn *t, enum table table, const struct octets *key,
	struct error *e)
{
	DB *handle = t->db->tables[table];
	DBT k = db_dbt(key);
	int ret = handle->del(handle, t->txn, &k, 0);

	if (ret == DB_NOTFOUND)
		return 0;
	if (ret != 0)
		return txn_failed(t, ret, "delete", e);
	return 1;
}

/* Of a walk: how its first row is found, and each that follows. */
static int
first_row(DBC *cursor, DBT *k, DBT *v, bool back)
{
	int ret = cursor->get(
		cursor, k, v, k->size > 0 ? DB_SET_RANGE : DB_FIRST);

	if (!back)
		return ret;
	/* none that is not below: the last one is */
	return ret == DB_NOTFOUND ? cursor->get(cursor, k, v, DB_LAST)
		: ret == 0        ? cursor->get(cursor, k, v, DB_PREV)
				  : ret;
}

static int
walk(struct db_txn *t, DBC *cursor, const struct octets *from, bool back,
	db_each *each, void *arg, struct error *e)
{
	unsigned char name[TABLE_KEY_MAX];
	DBT k = { .data = name,
		.size = (u_int32_t)from->length,
		.ulen = sizeof(name),
		.flags = DB_DBT_USERMEM };
	DBT v = { .flags = DB_DBT_REALLOC };
	struct octets key, value;
	int ret, result = 0;

	if (from->length > sizeof(name))
		return error_set(e, ERROR_LIMIT, "a key is too long");
	if (from->length > 0)
		memcpy(name, from->data, from->length);
	ret = first_row(cursor, &k, &v, back);
	while (ret == 0 && result == 0) {
		key = (struct octets){ k.data, k.size };
		value = (struct octets){ v.data, v.size };
		result = each(&key, &value, arg);
		if (result == 0)
			ret = cursor->get(
				cursor, &k, &v, back ? DB_PREV : DB_NEXT);
	}
	wipe_free(v.data);
	if (ret != 0 && ret != DB_NOTFOUND)
		return txn_failed(t, ret, "read", e);
	return result;
}

static int
scan(struct db_txn *t, enum table table, const struct octets *from, bool back,
	db_each *each, void *arg, struct error *e)
{
	DB *handle = t->db->tables[table];
	DBC *cursor;
	int ret, result;

	if ((ret = handle->cursor(handle, t->txn, &cursor, 0)) != 0)
		return txn_failed(t, ret, "open a cursor", e);
	result = walk(t, cursor, from, back, each, arg, e);
	if ((ret = cursor->close(cursor)) != 0)
		return txn_failed(t, ret, "close a cursor", e);
	return result;
}

int
db_scan(struct db_txn *t, enum table table, const struct octets *from,
	db_each *each, void *arg, struct error *e)
{
	return scan(t, table, from, false, each, arg, e);
}

int
db_scan_back(struct db_txn *t, enum table table, const struct octets *before,
	db_each *each, void *arg, struct error *e)
{
	return scan(t, table, before, true, each, arg, e);
}
