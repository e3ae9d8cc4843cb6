/*
 * The ways into the store: readers together, or the one writer, and nobody
 * while the environment is recovered. store/inside.h has the locks' order.
 */
#include "base/clock.h"
#include "store/inside.h"

static bool
sound(const struct store *s)
{
	return s->db != NULL && !db_broken(s->db);
}

bool
store_works(struct store *s)
{
	bool yes;

	pthread_rwlock_rdlock(&s->life);
	yes = sound(s);
	pthread_rwlock_unlock(&s->life);
	return yes;
}

int
store_enter(struct store *s, struct error *e)
{
	pthread_rwlock_rdlock(&s->life);
	if (sound(s))
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

	if (store_enter(s, e) == -1)
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

	if (store_enter(s, e) == -1)
		return -1;
	pthread_rwlock_wrlock(&s->turn);
	rc = db_write(s->db, body, arg, e);
	pthread_rwlock_unlock(&s->turn);
	if (rc == 0 && durability == DURABLE) {
		atomic_store(&s->written, clock_seconds());
		rc = store_settle(s, e);
	}
	store_leave(s);
	return rc;
}
