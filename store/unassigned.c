/*
 * Printers that agents have seen and that are nobody's: what an operator looks
 * at before he takes one in. How many there are of an agent is bounded, since
 * it is the agent that says so: the ones not seen for longest go, a tenth at a
 * time, so that not each new one costs a look at all.
 */
#include "store/agent.h"

#include <stdlib.h>
#include <string.h>

#include "store/agent_rows.h"
#include "store/inside.h"
#include "store/rows.h"

enum { GO_AT_ONCE = UNASSIGNED_MAX / 10 };

static int
put(struct db_txn *t, const struct unassigned *u, struct error *e)
{
	struct packer p = rows_pack_agent_key(u->agent, u->serial);
	struct packer row = rows_pack_unassigned(u);
	const struct octets key = pack_row(&p), value = pack_row(&row);

	return db_put(t, TABLE_UNASSIGNED, &key, &value, e);
}

int
unassigned_drop(
	struct db_txn *t, struct agent *a, const char *serial, struct error *e)
{
	struct packer p = rows_pack_agent_key(a->id, serial);
	const struct octets key = pack_row(&p);
	int found = db_delete(t, TABLE_UNASSIGNED, &key, e);

	if (found == 1)
		a->unassigned--;
	return found < 0 ? -1 : 0;
}

/* All of an agent, by when they were seen. */
struct seen {
	const char *id;
	struct one {
		char serial[SERIAL_SIZE];
		int64_t last;
	} * rows; /* UNASSIGNED_MAX of them */
	size_t count;
	struct error *e;
};

static int
collect(const struct octets *key, const struct octets *value, void *arg)
{
	struct seen *s = arg;
	struct unassigned u;

	if (!rows_unpack_agent_key(*key, u.agent, u.serial) ||
		!rows_unpack_unassigned(*value, &u))
		return rows_damaged(TABLE_UNASSIGNED, s->e);
	if (strcmp(u.agent, s->id) != 0 || s->count == UNASSIGNED_MAX)
		return 1;
	memcpy(s->rows[s->count].serial, u.serial, sizeof(u.serial));
	s->rows[s->count++].last = u.last;
	return 0;
}

static int
read_all(struct db_txn *t, const char *id, struct seen *s, struct error *e)
{
	struct packer p = rows_pack_agent_key(id, "");
	const struct octets from = pack_row(&p);

	*s = (struct seen){ .id = id, .e = e };
	s->rows = calloc(UNASSIGNED_MAX, sizeof(*s->rows));
	if (s->rows == NULL)
		return error_memory(e);
	return db_scan(t, TABLE_UNASSIGNED, &from, collect, s, e) < 0 ? -1 : 0;
}

static int
by_time(const void *a, const void *b)
{
	const struct one *x = a, *y = b;

	return (x->last > y->last) - (x->last < y->last);
}

/* The first of them go; a counts. */
static int
drop_first(struct db_txn *t, struct agent *a, const struct seen *s,
	size_t count, struct error *e)
{
	for (size_t i = 0; i < count && i < s->count; i++)
		if (unassigned_drop(t, a, s->rows[i].serial, e) == -1)
			return -1;
	return 0;
}

static int
make_room(struct db_txn *t, struct agent *a, struct error *e)
{
	struct seen s;
	int rc;

	if (a->unassigned < UNASSIGNED_MAX)
		return 0;
	rc = read_all(t, a->id, &s, e);
	if (rc == 0) {
		qsort(s.rows, s.count, sizeof(*s.rows), by_time);
		rc = drop_first(t, a, &s, GO_AT_ONCE, e);
	}
	free(s.rows);
	return rc;
}

int
unassigned_drop_all(struct db_txn *t, const char *id, struct error *e)
{
	struct agent a = { .unassigned = UNASSIGNED_MAX };
	struct seen s;
	int rc = read_all(t, id, &s, e);

	memcpy(a.id, id, strlen(id) + 1);
	if (rc == 0)
		rc = drop_first(t, &a, &s, s.count, e);
	free(s.rows);
	return rc;
}

/* Is the device of that center, or of none, and nobody's? 1, 0 or -1. */
static int
is_unassigned(struct db_txn *t, const char *serial, const char *center,
	struct error *e)
{
	char owner[AGENT_ID_SIZE];
	struct device d;
	int found = rows_device(t, serial, &d, e);

	if (found < 0)
		return -1;
	if (found == 0)
		return 1;
	if (strcmp(d.center, center) != 0)
		return 0;
	found = assignment_of(t, serial, owner, e);
	return found < 0 ? -1 : found == 0;
}

static int
note(struct db_txn *t, void *arg, struct error *e)
{
	struct unassigned u = *(const struct unassigned *)arg, old;
	struct agent a;
	int found;

	if (agent_find(t, u.agent, &a, e) == -1)
		return -1;
	found = is_unassigned(t, u.serial, a.center, e);
	if (found != 1)
		return found;
	found = rows_unassigned(t, u.agent, u.serial, &old, e);
	if (found < 0)
		return -1;
	u.first = found == 1 ? old.first : u.last;
	if (found == 1)
		return u.last >= old.last ? put(t, &u, e) : 0;
	if (make_room(t, &a, e) == -1 || put(t, &u, e) == -1)
		return -1;
	a.unassigned++;
	return agent_put(t, &a, e);
}

int
registry_unassigned_note(
	struct store *s, const struct unassigned *u, struct error *e)
{
	return store_write(s, LATER, note, (void *)(uintptr_t)u, e);
}

struct walk {
	struct store *store;
	char center[CENTER_ID_SIZE];
	struct unassigned u;
	bool still;
	int (*each)(const struct unassigned *u, void *arg);
	void *arg;
	struct error *e;
};

static int
look(struct db_txn *t, void *arg, struct error *e)
{
	struct walk *w = arg;
	int found = is_unassigned(t, w->u.serial, w->center, e);

	w->still = found == 1;
	return found < 0 ? -1 : 0;
}

static int
give(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *w = arg;

	if (!rows_unpack_agent_key(*key, w->u.agent, w->u.serial) ||
		!rows_unpack_unassigned(*value, &w->u))
		return rows_damaged(TABLE_UNASSIGNED, w->e);
	if (store_read(w->store, look, w, w->e) == -1)
		return -1;
	return w->still ? w->each(&w->u, w->arg) : 0;
}

int
registry_unassigned(struct store *s, const char *id,
	int (*each)(const struct unassigned *u, void *arg), void *arg,
	struct error *e)
{
	struct walk w = { .store = s, .each = each, .arg = arg, .e = e };
	struct packer p;
	struct octets prefix;
	struct agent a;

	if (registry_agent_get(s, id, &a, e) == -1)
		return -1;
	memcpy(w.center, a.center, sizeof(w.center));
	p = rows_pack_agent_key(a.id, "");
	prefix = pack_row(&p);
	return store_walk(s, TABLE_UNASSIGNED, &prefix, give, &w, e);
}
