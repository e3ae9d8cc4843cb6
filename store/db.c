/*
 * Berkeley DB 5.3. The environment is private to the process (its regions are
 * on the heap, so that no other process can leave a lock behind in them) and
 * recovered at every opening. Any failure that is not plainly the caller's is
 * taken to have broken the environment: recovery costs a second, going on in
 * one that is half broken costs a bill.
 */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <db.h>

#include "base/durable.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wipe.h"
#include "store/renew.h"

enum {
	PAGE_SIZE = 4096, /* a file system's block: no torn pages */
	LOG_BUFFER = 1024 * 1024,
	LOG_FILE = 4 * 1024 * 1024,
	/* Running out is fatal; an import of 1,000 devices takes some 10,000.
	 */
	LOCKS = 60000,
	LOCKERS = 4000,
	OVERHEAD = 10 * 1024 * 1024,
	CACHE_UNPADDED = 500 * 1024 * 1024,
	ATTEMPTS = 30,
	PATH_SIZE = 4096
};

struct db {
	DB_ENV *env;
	DB *tables[TABLES];
	atomic_bool broken;
	bool marked; /* renew_begin was called */
	char directory[PATH_SIZE];
	/* Callers of db_flush queue here and not inside: who waits there for
	 * another's sync is not woken if that fails. */
	pthread_mutex_t flush;
};

struct db_txn {
	struct db *db;
	DB_TXN *txn; /* NULL while reading */
	bool deadlock;
};

static const char *const table_files[TABLES] = {
	[TABLE_CENTERS] = "centers.db",
	[TABLE_ADDRESSES] = "addresses.db",
	[TABLE_DEVICES] = "devices.db",
	[TABLE_DEVICE_ADDRESSES] = "device-addresses.db",
	[TABLE_ACTIVITY] = "activity.db",
	[TABLE_KEYS] = "keys.db",
	[TABLE_PRINCIPAL_KEYS] = "principal-keys.db",
	[TABLE_REQUESTS] = "email-ids.db",
	[TABLE_SEEN] = "seen.db",
	[TABLE_EXPIRY] = "expiry.db",
	[TABLE_OUTBOX] = "outbox.db",
	[TABLE_META] = "meta.db",
	[TABLE_SENDERS] = "senders.db",
};

const char *
db_table_name(enum table table)
{
	return table_files[table];
}

static void
complain(const DB_ENV *env, const char *prefix, const char *message)
{
	(void)env;
	(void)prefix;
	log_warn("database: %s", message);
}

static void
notice(DB_ENV *env, u_int32_t event, void *info)
{
	struct db *db = env->app_private;

	(void)info;
	if (event == DB_EVENT_PANIC)
		atomic_store(&db->broken, true);
}

/*
 * Ends all use of the environment. Panic is declared because otherwise even
 * closing writes pages, also those whose log could not be written (seen with a
 * full disk), and what recovery finds then is past repair.
 */
static int
failed(struct db *db, int ret, const char *what, struct error *e)
{
	if (!atomic_exchange(&db->broken, true) && db->env != NULL)
		db->env->set_flags(db->env, DB_PANIC_ENVIRONMENT, 1);
	return error_set(e, ERROR_TROUBLE, "the database cannot %s: %s", what,
		db_strerror(ret));
}

/* The same inside a transaction, where a deadlock only means: once more. */
static int
txn_failed(struct db_txn *t, int ret, const char *what, struct error *e)
{
	if (ret != DB_LOCK_DEADLOCK && ret != DB_LOCK_NOTGRANTED)
		return failed(t->db, ret, what, e);
	t->deadlock = true;
	return error_set(e, ERROR_TROUBLE, "the database is busy");
}

static int
refuse_overrides(const char *directory, struct error *e)
{
	char path[PATH_SIZE];

	if (!text_format(path, sizeof(path), "%s/DB_CONFIG", directory))
		return error_set(e, ERROR_BAD, "%s: too long", directory);
	if (access(path, F_OK) == 0)
		return error_set(e, ERROR_BAD,
			"%s: remove this file, it overrides the program's "
			"settings of the database",
			path);
	if (access(directory, F_OK) != 0 && errno == ENOENT)
		return error_set(
			e, ERROR_NOT_FOUND, "%s does not exist", directory);
	return 0;
}

static int
configure_locks(DB_ENV *env)
{
	int ret;

	if ((ret = env->set_lk_max_locks(env, LOCKS)) != 0 ||
		(ret = env->set_lk_max_objects(env, LOCKS)) != 0 ||
		(ret = env->set_lk_max_lockers(env, LOCKERS)) != 0)
		return ret;
	/* The victim of a deadlock is who wrote least: a reader. */
	return env->set_lk_detect(env, DB_LOCK_MINWRITE);
}

/*
 * Of what the database may take, its locks, log buffer and mutexes use OVERHEAD
 * (of a small cache, not more than half), and to a cache below 500 MB Berkeley
 * DB adds a quarter for itself.
 */
static int64_t
cache_of(int64_t all)
{
	int64_t pages = all / 2 > all - OVERHEAD ? all / 2 : all - OVERHEAD;

	return pages < CACHE_UNPADDED ? pages / 5 * 4 : pages;
}

static int
configure(DB_ENV *env, int64_t all)
{
	int64_t cache = cache_of(all);
	int ret;

	env->set_errcall(env, complain);
	if ((ret = env->set_event_notify(env, notice)) != 0 ||
		(ret = env->set_cachesize(env, (u_int32_t)(cache >> 30),
			 (u_int32_t)(cache & 0x3fffffff), 1)) != 0 ||
		(ret = env->set_lg_bsize(env, LOG_BUFFER)) != 0 ||
		(ret = env->set_lg_max(env, LOG_FILE)) != 0 ||
		/* a sync then writes no metadata of the file system */
		(ret = env->log_set_config(env, DB_LOG_ZERO, 1)) != 0)
		return ret;
	return configure_locks(env);
}

/*
 * The database syncs its files but not their directory. A log whose name is
 * lost is lost; so each name is durable before anything is written under it.
 */
static int
open_durable(const char *path, int flags, ...)
{
	struct error ignored;
	va_list args;
	mode_t mode;
	int fd;

	va_start(args, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	fd = open(path, flags | O_CLOEXEC, mode);
	if (fd == -1 || (flags & O_CREAT) == 0 ||
		durable_entry(path, &ignored) == 0)
		return fd;
	close(fd);
	errno = EIO;
	return -1;
}

static int
rename_durable(const char *from, const char *to)
{
	struct error ignored;

	if (rename(from, to) != 0)
		return -1;
	if (durable_entry(to, &ignored) == 0)
		return 0;
	errno = EIO;
	return -1;
}

/* For all environments of the process, as the library has it. */
static void
set_functions(void)
{
	db_env_set_func_open(open_durable);
	db_env_set_func_rename(rename_durable);
}

static int
open_environment(struct db *db, const struct db_options *o, struct error *e)
{
	int ret;

	if ((ret = db_env_create(&db->env, 0)) != 0)
		return failed(db, ret, "be opened", e);
	db->env->app_private = db;
	if ((ret = configure(db->env, o->cache_size)) != 0 ||
		(ret = db->env->open(db->env, o->directory,
			 DB_CREATE | DB_RECOVER | DB_PRIVATE | DB_THREAD |
				 DB_INIT_LOCK | DB_INIT_LOG | DB_INIT_MPOOL |
				 DB_INIT_TXN,
			 0600)) != 0) {
		failed(db, ret, "be opened", e);
		return error_prefix(e, "%s", o->directory);
	}
	return 0;
}

static int
open_table(struct db *db, enum table table, bool create, struct error *e)
{
	DB *handle;
	int ret;

	if ((ret = db_create(&db->tables[table], db->env, 0)) != 0)
		return failed(db, ret, "make a handle", e);
	handle = db->tables[table];
	if ((ret = handle->set_pagesize(handle, PAGE_SIZE)) == 0)
		ret = handle->open(handle, NULL, table_files[table], NULL,
			DB_BTREE,
			DB_AUTO_COMMIT | DB_THREAD | (create ? DB_CREATE : 0),
			0600);
	if (ret == ENOENT)
		return error_set(e, ERROR_NOT_FOUND, "%s is missing",
			table_files[table]);
	if (ret != 0) {
		failed(db, ret, "open a table", e);
		return error_prefix(e, "%s", table_files[table]);
	}
	return 0;
}

int
db_open(const struct db_options *o, struct db **db_r, struct error *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct db *db;
	enum table i;

	if (refuse_overrides(o->directory, e) != 0)
		return -1;
	pthread_once(&once, set_functions);
	db = calloc(1, sizeof(*db));
	if (db == NULL)
		return error_memory(e);
	pthread_mutex_init(&db->flush, NULL);
	text_copy(db->directory, sizeof(db->directory), o->directory);
	if (renew_begin(o->directory, e) != 0)
		goto fail;
	db->marked = true;
	if (open_environment(db, o, e) != 0)
		goto fail;
	for (i = 0; i <= TABLE_META; i++)
		if (open_table(db, i, o->create, e) != 0)
			goto fail;
	if (o->create && db_complete(db, true, e) != 0)
		goto fail;
	*db_r = db;
	return 0;
fail:
	db_close(&db);
	return -1;
}

int
db_complete(struct db *db, bool create, struct error *e)
{
	enum table i;

	for (i = TABLE_META + 1; i < TABLES; i++)
		if (db->tables[i] == NULL && open_table(db, i, create, e) != 0)
			return -1;
	return 0;
}

void
db_close(struct db **dbp)
{
	struct db *db = *dbp;
	bool well = true;
	enum table i;

	if (db == NULL)
		return;
	/* One that is broken complains of all that it holds. */
	if (db->env != NULL && db_broken(db))
		db->env->set_errcall(db->env, NULL);
	for (i = 0; i < TABLES; i++)
		if (db->tables[i] != NULL)
			well &= db->tables[i]->close(
					db->tables[i], DB_NOSYNC) == 0;
	if (db->env != NULL)
		well &= db->env->close(db->env, 0) == 0;
	if (db->marked && well && !db_broken(db))
		renew_end(db->directory);
	pthread_mutex_destroy(&db->flush);
	free(db);
	*dbp = NULL;
}

bool
db_broken(const struct db *db)
{
	return atomic_load(&db->broken);
}

/* One attempt. */
static int
write_once(
	struct db *db, db_body *body, void *arg, bool *again_r, struct error *e)
{
	struct db_txn t = { .db = db };
	int ret, result;

	if ((ret = db->env->txn_begin(db->env, NULL, &t.txn, 0)) != 0)
		return failed(db, ret, "begin a transaction", e);
	result = body(&t, arg, e);
	*again_r = t.deadlock;
	if (result != 0 || t.deadlock) {
		if ((ret = t.txn->abort(t.txn)) != 0) {
			*again_r = false;
			return failed(db, ret, "undo a transaction", e);
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
		return failed(db, ret, "write its log", e);
	return 0;
}

static DBT
dbt(const struct octets *octets)
{
	return (DBT){ .data = (void *)(uintptr_t)octets->data,
		.size = (u_int32_t)octets->length };
}

int
db_get(struct db_txn *t, enum table table, const struct octets *key, void *out,
	size_t size, size_t *length_r, struct error *e)
{
	DB *handle = t->db->tables[table];
	DBT k = dbt(key),
	    v = { .data = out,
		    .ulen = (u_int32_t)size,
		    .flags = DB_DBT_USERMEM };
	int ret = handle->get(
		handle, t->txn, &k, &v, t->txn != NULL ? DB_RMW : 0);

	if (ret == DB_NOTFOUND)
		return 0;
	if (ret == DB_BUFFER_SMALL)
		return error_set(e, ERROR_TROUBLE, "%s: a row is too large",
			table_files[table]);
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
	DBT k = dbt(key), v = dbt(value);
	int ret;

	if (key->length == 0 || key->length > TABLE_KEY_MAX ||
		value->length > UINT32_MAX)
		return error_set(e, ERROR_LIMIT, "%s: a row is too large",
			table_files[table]);
	if ((ret = handle->put(handle, t->txn, &k, &v, 0)) != 0)
		return txn_failed(t, ret, "write", e);
	return 0;
}

int
db_delete(struct db_txn *t, enum table table, const struct octets *key,
	struct error *e)
{
	DB *handle = t->db->tables[table];
	DBT k = dbt(key);
	int ret = handle->del(handle, t->txn, &k, 0);

	if (ret == DB_NOTFOUND)
		return 0;
	if (ret != 0)
		return txn_failed(t, ret, "delete", e);
	return 1;
}

static int
walk(struct db_txn *t, DBC *cursor, const struct octets *from, db_each *each,
	void *arg, struct error *e)
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
	ret = cursor->get(
		cursor, &k, &v, from->length > 0 ? DB_SET_RANGE : DB_FIRST);
	while (ret == 0 && result == 0) {
		key = (struct octets){ k.data, k.size };
		value = (struct octets){ v.data, v.size };
		result = each(&key, &value, arg);
		if (result == 0)
			ret = cursor->get(cursor, &k, &v, DB_NEXT);
	}
	wipe_free(v.data);
	if (ret != 0 && ret != DB_NOTFOUND)
		return txn_failed(t, ret, "read", e);
	return result;
}

int
db_scan(struct db_txn *t, enum table table, const struct octets *from,
	db_each *each, void *arg, struct error *e)
{
	DB *handle = t->db->tables[table];
	DBC *cursor;
	int ret, result;

	if ((ret = handle->cursor(handle, t->txn, &cursor, 0)) != 0)
		return txn_failed(t, ret, "open a cursor", e);
	result = walk(t, cursor, from, each, arg, e);
	if ((ret = cursor->close(cursor)) != 0)
		return txn_failed(t, ret, "close a cursor", e);
	return result;
}

int
db_checkpoint(
	struct db *db, uint32_t kilobytes, uint32_t minutes, struct error *e)
{
	int ret = db->env->txn_checkpoint(db->env, kilobytes, minutes, 0);

	if (ret != 0)
		return failed(db, ret, "make a checkpoint", e);
	return 0;
}

int
db_remove_logs(struct db *db, struct error *e)
{
	int ret = db->env->log_archive(db->env, NULL, DB_ARCH_REMOVE);

	if (ret != 0)
		return failed(db, ret, "remove old logs", e);
	return 0;
}

int
db_sync(struct db *db, struct error *e)
{
	int ret = db->env->memp_sync(db->env, NULL);

	if (ret != 0)
		return failed(db, ret, "write its pages", e);
	return 0;
}

int
db_compact(struct db *db, enum table table, const struct octets *start,
	const struct octets *stop, struct error *e)
{
	DB *handle = db->tables[table];
	DB_COMPACT how = { 0 };
	DBT from = dbt(start), to = dbt(stop);
	int ret = handle->compact(handle, NULL,
		start->length > 0 ? &from : NULL, stop->length > 0 ? &to : NULL,
		&how, DB_FREE_SPACE, NULL);

	if (ret == DB_LOCK_DEADLOCK || ret == DB_LOCK_NOTGRANTED)
		return error_set(e, ERROR_TROUBLE, "the database is busy");
	if (ret != 0)
		return failed(db, ret, "give pages back", e);
	return 0;
}

int
db_backup(struct db *db, const char *directory, struct error *e)
{
	int ret = db->env->backup(db->env, directory, DB_EXCL);

	/* The copy failed (its disk is full, say), not what is copied. */
	if (ret != 0)
		return error_set(e, ERROR_TROUBLE, "cannot copy to %s: %s",
			directory, db_strerror(ret));
	return 0;
}

int
db_verify(const char *directory, enum table table, struct error *e)
{
	char path[PATH_SIZE];
	DB *handle;
	int ret;

	if (!text_format(
		    path, sizeof(path), "%s/%s", directory, table_files[table]))
		return error_set(e, ERROR_BAD, "%s: too long", directory);
	if ((ret = db_create(&handle, NULL, 0)) != 0)
		return error_set(e, ERROR_TROUBLE, "%s", db_strerror(ret));
	handle->set_errcall(handle, complain);
	/* verify disposes of the handle, whatever happens */
	ret = handle->verify(handle, path, NULL, NULL, 0);
	if (ret == DB_VERIFY_BAD)
		return error_set(e, ERROR_BAD, "%s is damaged", path);
	if (ret != 0)
		return error_set(e, ERROR_TROUBLE, "cannot verify %s: %s", path,
			db_strerror(ret));
	return 0;
}

static unsigned int
percent(uintmax_t used, uintmax_t most)
{
	return most == 0 ? 0 : (unsigned int)(used * 100 / most);
}

int
db_stats(struct db *db, struct db_stats *stats_r, struct error *e)
{
	DB_TXN_STAT *txn = NULL;
	DB_LOCK_STAT *lock = NULL;
	int ret;

	if ((ret = db->env->txn_stat(db->env, &txn, 0)) != 0 ||
		(ret = db->env->lock_stat(db->env, &lock, DB_STAT_CLEAR)) !=
			0) {
		free(txn);
		return failed(db, ret, "count", e);
	}
	stats_r->last_checkpoint = txn->st_time_ckp;
	stats_r->locks_used = percent(lock->st_maxnlocks, LOCKS);
	if (stats_r->locks_used < percent(lock->st_maxnobjects, LOCKS))
		stats_r->locks_used = percent(lock->st_maxnobjects, LOCKS);
	free(lock);
	free(txn);
	return 0;
}
