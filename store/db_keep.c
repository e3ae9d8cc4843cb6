/*
 * What keeps a database fit: checkpoints, logs, pages; copied, verified,
 * counted.
 */
#include <stdlib.h>

#include "base/text.h"
#include "store/db_inside.h"

int
db_checkpoint(
	struct db *db, uint32_t kilobytes, uint32_t minutes, struct error *e)
{
	int ret = db->env->txn_checkpoint(db->env, kilobytes, minutes, 0);

	if (ret != 0)
		return db_failed(db, ret, "make a checkpoint", e);
	return 0;
}

int
db_remove_logs(struct db *db, struct error *e)
{
	int ret = db->env->log_archive(db->env, NULL, DB_ARCH_REMOVE);

	if (ret != 0)
		return db_failed(db, ret, "remove old logs", e);
	return 0;
}

int
db_sync(struct db *db, struct error *e)
{
	int ret = db->env->memp_sync(db->env, NULL);

	if (ret != 0)
		return db_failed(db, ret, "write its pages", e);
	return 0;
}

int
db_compact(struct db *db, enum table table, const struct octets *start,
	const struct octets *stop, struct error *e)
{
	DB *handle = db->tables[table];
	DB_COMPACT how = { 0 };
	DBT from = db_dbt(start), to = db_dbt(stop);
	int ret = handle->compact(handle, NULL,
		start->length > 0 ? &from : NULL, stop->length > 0 ? &to : NULL,
		&how, DB_FREE_SPACE, NULL);

	if (ret == DB_LOCK_DEADLOCK || ret == DB_LOCK_NOTGRANTED)
		return error_set(e, ERROR_TROUBLE, "the database is busy");
	if (ret != 0)
		return db_failed(db, ret, "give pages back", e);
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

	if (!text_format(path, sizeof(path), "%s/%s", directory,
		    db_table_name(table)))
		return error_set(e, ERROR_BAD, "%s: too long", directory);
	if ((ret = db_create(&handle, NULL, 0)) != 0)
		return error_set(e, ERROR_TROUBLE, "%s", db_strerror(ret));
	handle->set_errcall(handle, db_complain);
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
		return db_failed(db, ret, "count", e);
	}
	stats_r->last_checkpoint = txn->st_time_ckp;
	stats_r->locks_used = percent(lock->st_maxnlocks, LOCKS);
	if (stats_r->locks_used < percent(lock->st_maxnobjects, LOCKS))
		stats_r->locks_used = percent(lock->st_maxnobjects, LOCKS);
	free(lock);
	free(txn);
	return 0;
}
