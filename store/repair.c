/*
 * Recovery of the environment: at the opening, and whenever it has broken. What
 * is broken is not freed whole, so that a bad disk would make the daemon grow:
 * each recovery is followed by a pause, longer each time.
 */
#include "store/repair.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/inside.h"
#include "store/publisher.h"
#include "store/space.h"

enum {
	/* Free octets without which no recovery is begun: what the logs since
	 * a checkpoint can add to the tables, and the next log. */
	RECOVERY_SPACE = 16 * 1024 * 1024,
	/* Seconds between two recoveries at most, and after how many sound
	 * ones the next comes at once again. */
	REPAIR_PAUSE = 300,
	REPAIR_FORGOTTEN = 900
};

/* A recovery that runs out of space halfway may leave pages in no order that
 * the next one understands: it is not begun without room. */
static int
room(struct store *s, struct error *e)
{
	if (space_enough(s->environment, RECOVERY_SPACE, e) == 0)
		return 0;
	return error_prefix(e, "the database cannot be recovered");
}

int
repair_open(struct store *s, struct error *e)
{
	const struct db_options o = { .directory = s->environment,
		.cache_size = s->options.cache_size };

	if (room(s, e) == -1)
		return -1;
	return db_open(&o, &s->db, e);
}

/* With life held alone. */
static int
repair(struct store *s, struct error *e)
{
	int64_t now = clock_seconds();
	int rc;

	if (s->repair_at != 0 && now < s->repair_at) {
		*e = s->repair_trouble;
		return -1;
	}
	if (now - s->repair_at >= REPAIR_FORGOTTEN)
		s->repair_pause = 0;
	db_close(&s->db);
	if (room(s, e) == -1)
		return -1;
	rc = repair_open(s, e);
	s->repair_pause = s->repair_pause == 0 ? 1 : s->repair_pause * 2;
	if (s->repair_pause > REPAIR_PAUSE)
		s->repair_pause = REPAIR_PAUSE;
	s->repair_at = clock_seconds() + s->repair_pause;
	if (rc != 0)
		s->repair_trouble = *e;
	else
		error_set(&s->repair_trouble, ERROR_TROUBLE,
			"the database broke again and waits for recovery");
	return rc;
}

int
repair_if_broken(struct store *s, struct error *e)
{
	int rc = 0;

	if (store_works(s))
		return 0;
	pthread_rwlock_wrlock(&s->life);
	if (s->db == NULL || db_broken(s->db)) {
		rc = repair(s, e);
		if (rc == 0)
			rc = db_complete(s->db, TABLES, e);
		if (rc == 0)
			atomic_fetch_add(&s->recoveries, 1);
	}
	pthread_rwlock_unlock(&s->life);
	if (rc != 0) {
		/* whatever it is: no fault of who asks */
		e->code = ERROR_TROUBLE;
		return -1;
	}
	log_info("the database was recovered and works again");
	publisher_wake(s->publisher);
	return 0;
}
