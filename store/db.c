/*
 * Berkeley DB 5.3: the environment's life. It is private to the process (its
 * regions are on the heap, so that no other process can leave a lock behind in
 * them) and recovered at every opening. Any failure that is not plainly the
 * caller's is taken to have broken the environment: recovery costs a second,
 * going on in one that is half broken costs a bill.
 */
#include "store/db_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/log.h"
#include "base/text.h"
#include "store/renew.h"

enum {
	PAGE_SIZE = 4096, /* a file system's block: no torn pages */
	LOG_BUFFER = 1024 * 1024,
	LOG_FILE = 4 * 1024 * 1024,
	LOCKERS = 4000,
	OVERHEAD = 10 * 1024 * 1024,
	CACHE_UNPADDED = 500 * 1024 * 1024
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
	[TABLE_PENDING] = "pending.db",
	[TABLE_MESSAGES] = "messages.db",
	[TABLE_SERVERS] = "servers.db",
	[TABLE_LICENCES] = "licences.db",
	[TABLE_CERTIFICATES] = "certificates.db",
	[TABLE_CERTIFICATE_INDEX] = "certificate-index.db",
	[TABLE_SIGNINGS] = "signings.db",
	[TABLE_DOCUMENTS] = "documents.db",
	[TABLE_ALIASES] = "aliases.db",
	[TABLE_FORWARDERS] = "forwarders.db",
	[TABLE_READINGS] = "readings.db",
	[TABLE_AGENTS] = "agents.db",
	[TABLE_ASSIGNMENTS] = "assignments.db",
	[TABLE_AGENT_DEVICES] = "agent-devices.db",
	[TABLE_UNASSIGNED] = "unassigned.db",
};

const char *
db_table_name(enum table table)
{
	return table_files[table];
}

void
db_complain(const DB_ENV *env, const char *prefix, const char *message)
{
	(void)env;
	(void)prefix;
	log_warn("database: %s", message);
}

static void
notice(DB_ENV *env, u_int32_t event, void *info)
{
	struct db *db = env->app_private;

	if (event != DB_EVENT_PANIC)
		return;
	/* the first one's is the cause, the others' "it has panicked" */
	if (info != NULL && db->cause == 0)
		db->cause = *(const int *)info;
	atomic_store(&db->broken, true);
}

/*
 * Ends all use of the environment. Panic is declared because otherwise even
 * closing writes pages, also those whose log could not be written (seen with a
 * full disk), and what recovery finds then is past repair.
 */
int
db_failed(struct db *db, int ret, const char *what, struct error *e)
{
	if (db->cause == 0)
		db->cause = ret;
	if (!atomic_exchange(&db->broken, true) && db->env != NULL)
		db->env->set_flags(db->env, DB_PANIC_ENVIRONMENT, 1);
	return error_set(e, ERROR_TROUBLE, "the database cannot %s: %s", what,
		db_strerror(ret));
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
	if (access(directory, F_OK) == -1 && errno == ENOENT)
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

	env->set_errcall(env, db_complain);
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

	if (rename(from, to) == -1)
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
		return db_failed(db, ret, "be opened", e);
	db->env->app_private = db;
	if ((ret = configure(db->env, o->cache_size)) != 0 ||
		(ret = db->env->open(db->env, o->directory,
			 DB_CREATE | DB_RECOVER | DB_PRIVATE | DB_THREAD |
				 DB_INIT_LOCK | DB_INIT_LOG | DB_INIT_MPOOL |
				 DB_INIT_TXN,
			 0600)) != 0) {
		db_failed(db, ret, "be opened", e);
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
		return db_failed(db, ret, "make a handle", e);
	handle = db->tables[table];
	if ((ret = handle->set_pagesize(handle, PAGE_SIZE)) == 0)
		ret = handle->open(handle, NULL, table_files[table], NULL,
			DB_BTREE,
			DB_AUTO_COMMIT | DB_THREAD | (create ? DB_CREATE : 0),
			0600);
	if (ret == ENOENT)
		return error_set(e, ERROR_BAD,
			"%s/%s is missing; put a backup back, csrc-gateway(7)",
			db->directory, table_files[table]);
	if (ret != 0) {
		db_failed(db, ret, "open a table", e);
		return error_prefix(e, "%s", table_files[table]);
	}
	return 0;
}

/* An opening that failed for what the files are fails for it again. */
static void
say_damage(const struct db *db, struct error *e)
{
	const int cause = db->cause;

	if (e->code != ERROR_TROUBLE || cause == 0 || cause == DB_RUNRECOVERY ||
		error_passes(cause))
		return;
	error_set(e, ERROR_BAD,
		"%s: the database cannot be opened, a file of it is damaged "
		"or not ours: %s; put a backup back, csrc-gateway(7)",
		db->directory, db_strerror(cause));
}

int
db_open(const struct db_options *o, struct db **db_r, struct error *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct db *db;

	if (refuse_overrides(o->directory, e) == -1)
		return -1;
	pthread_once(&once, set_functions);
	db = calloc(1, sizeof(*db));
	if (db == NULL)
		return error_memory(e);
	pthread_mutex_init(&db->flush, NULL);
	text_copy(db->directory, sizeof(db->directory), o->directory);
	if (renew_begin(o->directory, e) == -1)
		goto fail;
	db->marked = true;
	if (open_environment(db, o, e) == -1)
		goto fail;
	for (enum table i = 0; i <= TABLE_META; i++)
		if (open_table(db, i, o->create, e) == -1)
			goto fail;
	if (o->create && db_complete(db, TABLE_META + 1, e) == -1)
		goto fail;
	*db_r = db;
	return 0;
fail:
	say_damage(db, e);
	db_close(&db);
	return -1;
}

int
db_complete(struct db *db, enum table create, struct error *e)
{
	for (enum table i = TABLE_META + 1; i < TABLES; i++)
		if (db->tables[i] == NULL &&
			open_table(db, i, i >= create, e) == -1)
			return -1;
	return 0;
}

void
db_close(struct db **dbp)
{
	struct db *db = *dbp;
	bool well = true;

	if (db == NULL)
		return;
	/* One that is broken complains of all that it holds. */
	if (db->env != NULL && db_broken(db))
		db->env->set_errcall(db->env, NULL);
	for (enum table i = 0; i < TABLES; i++)
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
