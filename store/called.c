/*
 * What calls on telephone lines cost.
 */
#include <string.h>

#include "store/inside.h"
#include "store/meta.h"
#include "store/rows.h"

enum { COST_MAX = 1 << 30 }; /* no call has more of anything */

struct called {
	char serial[SERIAL_SIZE];
	int64_t now;
	const struct call_costs *costs;
};

static int
check(const struct call_costs *c, struct error *e)
{
	return c->count <= COST_MAX && c->seconds <= COST_MAX &&
			c->sent <= COST_MAX && c->received <= COST_MAX
		? 0
		: error_set(e, ERROR_BAD, "no call costs so much");
}

static int
count_all(struct db_txn *t, const struct call_costs *c, struct error *e)
{
	return meta_add(t, META_CALLS, (int64_t)c->count, e) == 0 &&
			meta_add(t, META_CALL_SECONDS, (int64_t)c->seconds,
				e) == 0
		? meta_add(t, META_CALL_OCTETS,
			  (int64_t)(c->sent + c->received), e)
		: -1;
}

static int
add(struct db_txn *t, void *arg, struct error *e)
{
	const struct called *c = arg;
	struct activity a;
	struct device d;
	struct packer p;
	int found = rows_device(t, c->serial, &d, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no device %s", c->serial);
	if (found == 1)
		found = rows_activity(t, c->serial, &a, e);
	if (found < 0)
		return -1;
	if (found == 0)
		memset(&a, 0, sizeof(a));
	a.called = c->now;
	a.calls.count += c->costs->count;
	a.calls.seconds += c->costs->seconds;
	a.calls.sent += c->costs->sent;
	a.calls.received += c->costs->received;
	p = rows_pack_activity(&a);
	return rows_put(t, TABLE_ACTIVITY, c->serial, &p, e) == 0
		? count_all(t, c->costs, e)
		: -1;
}

int
registry_called(struct store *s, const char *serial,
	const struct call_costs *costs, struct error *e)
{
	struct called c = { .now = store_time(s), .costs = costs };

	if (!claims_serial(serial, strlen(serial), c.serial))
		return error_set(e, ERROR_BAD, "no serial");
	return check(costs, e) == 0 ? store_write(s, LATER, add, &c, e) : -1;
}
