/*
 * Opening and closing the store, and the two ways into it: as a reader or as
 * the one writer. What is inside is other files' business.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wipe.h"
#include "store/inside.h"
#include "store/clock.h"
#include "store/keeper.h"
#include "store/key.h"
#include "store/meta.h"
#include "store/publisher.h"
#include "store/schema.h"
#include "store/watch.h"

int64_t
store_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int
store_enter(struct store *s, struct error *e)
{
	pthread_rwlock_rdlock(&s->life);
	if (s->db != NULL && !db_broken(s->db))
		return 0;
	pthread_rwlock_unlock(&s->life);
	return error_set(e, ERROR_TROUBLE, "the database waits for recovery");
}

void
store_leave(struct store *s)
{
	pthread_rwlock_unlock(&s->life);
}

int
store_settle(struct store *s, struct error *e)
{
	return s->options.no_sync ? 0 : db_flush(s->db, e);
}

int
store_read(struct store *s, db_body *body, void *arg, struct error *e)
{
	int rc;

	if (store_enter(s, e) != 0)
		return -1;
	pthread_rwlock_rdlock(&s->turn);
	rc = db_read(s->db, body, arg, e);
	pthread_rwlock_unlock(&s->turn);
	store_leave(s);
	return rc;
}

int
store_write(struct store *s, enum durability durability, db_body *body,
	void *arg, struct error *e)
{
	int rc;

	if (store_enter(s, e) != 0)
		return -1;
	pthread_rwlock_wrlock(&s->turn);
	rc = db_write(s->db, body, arg, e);
	pthread_rwlock_unlock(&s->turn);
	if (rc == 0 && durability == DURABLE) {
		atomic_store(&s->written, store_seconds());
		rc = store_settle(s, e);
	}
	store_leave(s);
	return rc;
}

static int
enough_space(const char *directory, int64_t least, struct error *e)
{
	struct statvfs space;

	if (least <= 0)
		return 0;
	if (statvfs(directory, &space) != 0)
		return error_errno(e, "cannot look at %s", directory);
	if ((uint64_t)space.f_bavail >= (uint64_t)least / space.f_frsize)
		return 0;
	return error_set(e, ERROR_TROUBLE, "%s has less than %lld octets free",
		directory, (long long)least);
}

/* A recovery that runs out of space halfway may leave pages in no order that
 * the next one understands: it is not begun without room. */
static int
room(struct store *s, struct error *e)
{
	if (enough_space(s->environment, RECOVERY_SPACE, e) == 0)
		return 0;
	return error_prefix(e, "the database cannot be recovered");
}

static int
environment_open(struct store *s, struct error *e)
{
	const struct db_options o = { .directory = s->environment,
		.cache_size = s->options.cache_size };

	if (room(s, e) != 0)
		return -1;
	return db_open(&o, &s->db, e);
}

static bool
works(struct store *s)
{
	bool yes;

	pthread_rwlock_rdlock(&s->life);
	yes = s->db != NULL && !db_broken(s->db);
	pthread_rwlock_unlock(&s->life);
	return yes;
}

/* With life held alone. */
static int
repair(struct store *s, struct error *e)
{
	int64_t now = store_seconds();
	int rc;

	if (s->repair_at != 0 && now < s->repair_at) {
		*e = s->repair_trouble;
		return -1;
	}
	if (now - s->repair_at >= REPAIR_FORGOTTEN)
		s->repair_pause = 0;
	db_close(&s->db);
	if (room(s, e) != 0)
		return -1;
	rc = environment_open(s, e);
	s->repair_pause = s->repair_pause == 0 ? 1 : s->repair_pause * 2;
	if (s->repair_pause > REPAIR_PAUSE)
		s->repair_pause = REPAIR_PAUSE;
	s->repair_at = store_seconds() + s->repair_pause;
	if (rc != 0)
		s->repair_trouble = *e;
	else
		error_set(&s->repair_trouble, ERROR_TROUBLE,
			"the database broke again and waits for recovery");
	return rc;
}

int
store_repair(struct store *s, struct error *e)
{
	int rc = 0;

	if (works(s))
		return 0;
	pthread_rwlock_wrlock(&s->life);
	if (s->db == NULL || db_broken(s->db)) {
		rc = repair(s, e);
		if (rc == 0)
			rc = db_complete(s->db, false, e);
		if (rc == 0)
			atomic_fetch_add(&s->recoveries, 1);
	}
	pthread_rwlock_unlock(&s->life);
	if (rc == 0) {
		log_info("the database was recovered and works again");
		publisher_wake(s->publisher);
	}
	return rc;
}

static int
take_lock(struct store *s, struct error *e)
{
	char path[STORE_PATH_SIZE + 8];

	if (access(s->environment, F_OK) != 0 && errno == ENOENT)
		return error_set(
			e, ERROR_NOT_FOUND, "%s holds no store", s->state);
	text_format(path, sizeof(path), "%s/lock", s->state);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0) {
		error_errno(e, "cannot open %s", path);
		if (errno == EACCES)
			e->code = ERROR_DENIED;
		return -1;
	}
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return error_set(e, ERROR_EXISTS,
			"%s is in use by another process", s->state);
	return error_errno(e, "cannot lock %s", path);
}

static const struct crypto_span check_label = { "csrc-gateway", 12 };
static const struct crypto_span check_value = { "master key", 10 };

static int
store_check_value(struct store *s, struct db_txn *t, struct error *e)
{
	struct octets key = text_octets_of(META_MASTER), row;
	unsigned char wrapped[WRAPPED_KEY_MAX];
	uint64_t keys;
	size_t length;

	if (meta_number(t, META_KEYS, 0, &keys, e) != 0)
		return -1;
	if (keys > 0)
		return error_set(e, ERROR_TROUBLE,
			"the store has keys but no trace of a master key");
	if (crypto_wrap(s->master, &check_label, &check_value, wrapped, &length,
		    e) != 0)
		return -1;
	row = (struct octets){ wrapped, length };
	return db_put(t, TABLE_META, &key, &row, e);
}

/* The first master key that the store sees becomes its master key. */
static int
check_master(struct db_txn *t, void *arg, struct error *e)
{
	struct store *s = arg;
	struct octets key = text_octets_of(META_MASTER);
	unsigned char row[WRAPPED_KEY_MAX], value[KEY_SIZE_MAX];
	struct crypto_span wrapped = { row, 0 };
	size_t length;
	int found = db_get(
		t, TABLE_META, &key, row, sizeof(row), &wrapped.length, e);

	if (found < 0)
		return -1;
	if (found == 0)
		return store_check_value(s, t, e);
	if (crypto_unwrap(
		    s->master, &check_label, &wrapped, value, &length, e) == 0)
		return 0;
	if (e->code != ERROR_DENIED)
		return -1;
	return error_set(
		e, ERROR_DENIED, "the store was made with another master key");
}

/*
 * A store from before there were ids gets one that all its backups would get
 * as well: out of its trace of the master key. Without that, a random one.
 */
static int
mint_id(struct db_txn *t, unsigned char id[STORE_ID_OCTETS], struct error *e)
{
	struct octets key = text_octets_of(META_MASTER);
	unsigned char row[WRAPPED_KEY_MAX], digest[SHA256_SIZE];
	struct crypto_span trace = { row, 0 };
	int found =
		db_get(t, TABLE_META, &key, row, sizeof(row), &trace.length, e);

	if (found < 0)
		return -1;
	if (found == 0)
		return crypto_random(id, STORE_ID_OCTETS, e);
	if (crypto_sha256(&trace, 1, digest, e) != 0)
		return -1;
	memcpy(id, digest, STORE_ID_OCTETS);
	return 0;
}

static int
take_id(struct db_txn *t, void *arg, struct error *e)
{
	struct store *s = arg;
	unsigned char id[STORE_ID_OCTETS];
	int found = meta_store_id(t, id, e);

	if (found < 0 ||
		(found == 0 &&
			(mint_id(t, id, e) != 0 ||
				meta_store_id_set(t, id, e) != 0)))
		return -1;
	text_hex(id, sizeof(id), s->id);
	return 0;
}

static int
take_options(struct store *s, const struct store_options *o, struct error *e)
{
	if (o->state_directory[0] != '/' || o->spool_directory[0] != '/' ||
		!text_format(s->environment, sizeof(s->environment), "%s/db",
			o->state_directory) ||
		!text_copy(s->state, sizeof(s->state), o->state_directory) ||
		!text_copy(s->spool, sizeof(s->spool), o->spool_directory))
		return error_set(e, ERROR_BAD,
			"the state and spool directories must be absolute "
			"paths");
	s->options = *o;
	s->options.state_directory = s->options.spool_directory = NULL;
	s->options.master_key = NULL;
	if (o->master_key != NULL) {
		memcpy(s->master, o->master_key, sizeof(s->master));
		s->keyed = true;
	}
	return 0;
}

static struct store *
store_new(void)
{
	struct store *s = calloc(1, sizeof(*s));
	pthread_rwlockattr_t fair;

	if (s == NULL)
		return NULL;
	s->lock = -1;
	pthread_rwlockattr_init(&fair);
	/* Readers come in such numbers that a writer would never get in. */
	pthread_rwlockattr_setkind_np(
		&fair, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&s->life, &fair);
	pthread_rwlock_init(&s->turn, &fair);
	pthread_rwlockattr_destroy(&fair);
	pthread_mutex_init(&s->housekeeping, NULL);
	pthread_mutex_init(&s->counting, NULL);
	pthread_mutex_init(&s->clock_lock, NULL);
	pthread_mutex_init(&s->mark_lock, NULL);
	s->clock_source = clock_read;
	return s;
}

static void
store_free(struct store *s)
{
	publisher_free(&s->publisher);
	keeper_free(&s->keeper);
	watch_free(&s->watch);
	db_close(&s->db);
	if (s->lock >= 0)
		close(s->lock);
	pthread_mutex_destroy(&s->counting);
	pthread_mutex_destroy(&s->mark_lock);
	pthread_mutex_destroy(&s->clock_lock);
	pthread_mutex_destroy(&s->housekeeping);
	pthread_rwlock_destroy(&s->turn);
	pthread_rwlock_destroy(&s->life);
	wipe(s->master, sizeof(s->master));
	free(s);
}

/* Root may look after the store, but must not take it from the daemon. */
static int
keep_owner(struct store *s, struct error *e)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(s->environment, &st) != 0)
		return error_errno(e, "cannot look at %s", s->environment);
	if (fchown(s->lock, st.st_uid, st.st_gid) != 0)
		return error_errno(e, "cannot give the lock file away");
	return store_give(s->environment, st.st_uid, st.st_gid, e);
}

int
store_open(
	const struct store_options *o, struct store **store_r, struct error *e)
{
	struct store *s = store_new();

	if (s == NULL)
		return error_memory(e);
	if (take_options(s, o, e) != 0 || take_lock(s, e) != 0 ||
		environment_open(s, e) != 0 || schema_take_over(s, e) != 0 ||
		store_clock_begin(s, e) != 0)
		goto fail;
	if (store_write(s, DURABLE, take_id, s, e) != 0)
		goto fail;
	if (s->keyed &&
		(store_write(s, DURABLE, check_master, s, e) != 0 ||
			key_decoy(s, e) != 0))
		goto fail;
	if (!o->behind && published_check(s, e) != 0) {
		e->code = ERROR_DENIED;
		goto fail;
	}
	s->publisher = publisher_new(s);
	s->keeper = keeper_new(s);
	s->watch = watch_new();
	if (s->publisher == NULL || s->keeper == NULL || s->watch == NULL) {
		error_memory(e);
		goto fail;
	}
	if (keep_owner(s, e) != 0)
		goto fail;
	*store_r = s;
	return 0;
fail:
	store_free(s);
	return -1;
}

void
store_shut(struct store **store)
{
	struct store *s = *store;
	struct error e;

	if (works(s) &&
		(store_clock_end(s, &e) != 0 ||
			db_checkpoint(s->db, 0, 0, &e) != 0 ||
			keep_owner(s, &e) != 0))
		log_warn("the store closes uncleanly: %s", e.text);
	store_free(s);
	*store = NULL;
}

void
store_close(struct store **store)
{
	struct error e;

	if (*store == NULL)
		return;
	store_stop(*store);
	if (publisher_run((*store)->publisher, &e) != 0)
		log_warn("reports wait in the outbox: %s", e.text);
	store_shut(store);
}

int
store_start(struct store *s, struct error *e)
{
	if (watch_start(s->watch, e) == 0 &&
		publisher_start(s->publisher, e) == 0 &&
		keeper_start(s->keeper, e) == 0)
		return 0;
	store_stop(s);
	return -1;
}

void
store_stop(struct store *s)
{
	keeper_stop(s->keeper);
	publisher_stop(s->publisher);
	watch_stop(s->watch);
}

int
store_publish(struct store *s, struct error *e)
{
	return publisher_run(s->publisher, e);
}

int
store_tend(struct store *s, int64_t now, uint64_t *purged_r, struct error *e)
{
	return keeper_round(s->keeper, now, purged_r, e);
}

int
store_ready(struct store *s, struct error *e)
{
	/* first, since all that follows may hang as they do */
	if (watch_ready(s->watch, e) != 0 || store_enter(s, e) != 0)
		return -1;
	store_leave(s);
	if (enough_space(s->state, s->options.min_free_space, e) != 0)
		return -1;
	return publisher_ready(s->publisher, e);
}

int
store_healthy(struct store *s, struct error *e)
{
	int64_t now;

	return store_ready(s, e) == 0 && store_clock(s, &now, e) == 0 ? 0 : -1;
}

static int
read_stats(struct db_txn *t, void *arg, struct error *e)
{
	struct store_stats *stats = arg;
	const struct {
		const char *name;
		uint64_t *value;
	} rows[] = { { META_CENTERS, &stats->centers },
		{ META_DEVICES, &stats->devices }, { META_KEYS, &stats->keys },
		{ META_NEXT_SEQUENCE, &stats->next_sequence },
		{ META_NEXT_PUBLISHED, &stats->next_published } };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (meta_number(t, rows[i].name, 0, rows[i].value, e) != 0)
			return -1;
	return 0;
}

int
store_stats(struct store *s, struct store_stats *stats_r, struct error *e)
{
	struct db_stats db;
	int rc;

	memset(stats_r, 0, sizeof(*stats_r));
	if (store_read(s, read_stats, stats_r, e) != 0 ||
		store_enter(s, e) != 0)
		return -1;
	rc = db_stats(s->db, &db, e);
	store_leave(s);
	if (rc != 0)
		return -1;
	stats_r->last_checkpoint = db.last_checkpoint;
	stats_r->published = publisher_count(s->publisher);
	stats_r->recoveries = atomic_load(&s->recoveries);
	return 0;
}
