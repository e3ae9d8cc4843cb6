/*
 * The store's life: opened, started, stopped, closed. What is inside is other
 * files' business.
 */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/watch.h"
#include "base/wipe.h"
#include "store/clock.h"
#include "store/identity.h"
#include "store/inside.h"
#include "store/keeper.h"
#include "store/lock.h"
#include "store/publisher.h"
#include "store/repair.h"
#include "store/schema.h"
#include "store/secret.h"

static int
take_options(struct store *s, const struct store_options *o, struct error *e)
{
	if (o->state_directory[0] != '/' || o->spool_directory[0] != '/' ||
		!text_format(s->environment, sizeof(s->environment), "%s/db",
			o->state_directory) ||
		!text_copy(s->state, sizeof(s->state), o->state_directory) ||
		!text_copy(s->spool, sizeof(s->spool), o->spool_directory) ||
		!text_copy(s->archive, sizeof(s->archive),
			o->archive_directory != NULL ? o->archive_directory
						     : ""))
		return error_set(e, ERROR_BAD,
			"the state and spool directories must be absolute "
			"paths");
	s->options = *o;
	s->options.state_directory = s->options.spool_directory = NULL;
	s->options.archive_directory = NULL;
	s->options.master_key = s->options.next_master_key = NULL;
	if (o->master_key != NULL) {
		memcpy(s->master, o->master_key, sizeof(s->master));
		s->keyed = true;
	}
	if (o->master_key != NULL && o->next_master_key != NULL) {
		memcpy(s->next, o->next_master_key, sizeof(s->next));
		s->has_next = true;
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
	wipe(s->next, sizeof(s->next));
	free(s);
}

static const struct watched watched[] = {
	[WATCH_PUBLISHER] = { "the store's publisher", "the spool's" },
	[WATCH_KEEPER] = { "the store's keeper", "the state directory's" },
};

int
store_open(
	const struct store_options *o, struct store **store_r, struct error *e)
{
	struct store *s = store_new();

	if (s == NULL)
		return error_memory(e);
	if (take_options(s, o, e) == -1 || lock_take(s, e) == -1 ||
		repair_open(s, e) == -1 || schema_take_over(s, e) == -1 ||
		store_clock_begin(s, e) == -1 || identity_take(s, e) == -1 ||
		(s->keyed && secret_decoy(s, e) == -1))
		goto fail;
	if (!o->behind && published_check(s, e) == -1) {
		e->code = ERROR_DENIED;
		goto fail;
	}
	s->publisher = publisher_new(s);
	s->keeper = keeper_new(s);
	s->watch = watch_new(watched, sizeof(watched) / sizeof(watched[0]));
	if (s->publisher == NULL || s->keeper == NULL || s->watch == NULL) {
		error_memory(e);
		goto fail;
	}
	if (lock_keep_owner(s, e) == -1)
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

	if (store_works(s) &&
		(store_clock_end(s, &e) == -1 ||
			db_checkpoint(s->db, 0, 0, &e) == -1 ||
			lock_keep_owner(s, &e) == -1))
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
