/*
 * Skipping sequence numbers: after a backup was put back, so that numbers which
 * consumers have seen since are not given again.
 */
#include "store/store.h"

#include "store/inside.h"
#include "store/meta.h"

static int
found_one(const struct octets *key, const struct octets *value, void *arg)
{
	(void)key;
	(void)value;
	(void)arg;
	return 1;
}

/* What is on its way into the spool has its numbers already. */
static int
nothing_waits(struct db_txn *t, uint64_t next, struct error *e)
{
	const struct octets all = { "", 0 };
	struct batch batch;
	uint64_t published;
	int rows;

	if (meta_batch(t, &batch, e) != 0 ||
		meta_number(t, META_NEXT_PUBLISHED, 1, &published, e) != 0)
		return -1;
	rows = db_scan(t, TABLE_OUTBOX, &all, found_one, NULL, e);
	if (rows < 0)
		return -1;
	if (rows > 0 || batch.state != BATCH_NONE || published != next)
		return error_set(e, ERROR_EXISTS,
			"there are reports that are not yet in the spool");
	return 0;
}

static int
set_next(struct db_txn *t, void *arg, struct error *e)
{
	uint64_t wanted = *(const uint64_t *)arg, next;

	if (meta_number(t, META_NEXT_SEQUENCE, 1, &next, e) != 0)
		return -1;
	if (wanted < next)
		return error_set(e, ERROR_DENIED,
			"sequence numbers only go up, and the next one is %llu",
			(unsigned long long)next);
	if (nothing_waits(t, next, e) != 0)
		return -1;
	if (meta_set(t, META_NEXT_SEQUENCE, wanted, e) != 0)
		return -1;
	return meta_set(t, META_NEXT_PUBLISHED, wanted, e);
}

int
store_set_next_sequence(struct store *s, uint64_t next, struct error *e)
{
	if (next == 0 || next > SEQUENCE_MAX)
		return error_set(e, ERROR_BAD,
			"a sequence number is from 1 to %lld",
			(long long)SEQUENCE_MAX);
	return store_write(s, DURABLE, set_next, &next, e);
}
