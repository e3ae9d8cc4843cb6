/*
 * Which agent has which device: a row says it of the device, another one leads
 * from the agent to it, and the agent's row counts them.
 */
#include "store/agent.h"

#include <string.h>

#include "base/text.h"
#include "store/agent_rows.h"
#include "store/inside.h"
#include "store/pending_rows.h"
#include "store/rows.h"

struct assign_call {
	char id[AGENT_ID_SIZE];
	const char *const *serials;
	size_t count, at;
	bool adopt;
	size_t adopted;
	int64_t now;
	struct agent agent;
	char serial[SERIAL_SIZE];
	char owner[AGENT_ID_SIZE];
	int found;
};

static int
take_id(struct assign_call *c, const char *id, struct error *e)
{
	if (registry_agent_id(id, c->id))
		return 0;
	return error_set(e, ERROR_NOT_FOUND, "\"%.40s\" is no agent's ID", id);
}

static int
take_serial(struct assign_call *c, const char *serial, struct error *e)
{
	if (claims_serial(serial, strlen(serial), c->serial))
		return 0;
	return error_set(e, ERROR_NOT_FOUND, "\"%.40s\" is no serial", serial);
}

int
assignment_of(struct db_txn *t, const char *serial, char id_r[AGENT_ID_SIZE],
	struct error *e)
{
	struct octets key = text_octets_of(serial);
	size_t length = 0;
	int found = db_get(t, TABLE_ASSIGNMENTS, &key, id_r, AGENT_ID_SIZE - 1,
		&length, e);

	id_r[length] = '\0';
	return found;
}

/* Both rows; not the agent's count. */
static int
put_rows(struct db_txn *t, const char *id, const char *serial, struct error *e)
{
	struct packer p = rows_pack_agent_key(id, serial);
	const struct octets index = pack_row(&p), none = { "", 0 };
	const struct octets key = text_octets_of(serial);
	const struct octets value = text_octets_of(id);

	return db_put(t, TABLE_ASSIGNMENTS, &key, &value, e) == -1
		? -1
		: db_put(t, TABLE_AGENT_DEVICES, &index, &none, e);
}

static int
drop_rows(struct db_txn *t, const char *id, const char *serial, struct error *e)
{
	struct packer p = rows_pack_agent_key(id, serial);
	const struct octets index = pack_row(&p);
	const struct octets key = text_octets_of(serial);

	return db_delete(t, TABLE_ASSIGNMENTS, &key, e) < 0 ||
			db_delete(t, TABLE_AGENT_DEVICES, &index, e) < 0
		? -1
		: 0;
}

int
assignment_drop(struct db_txn *t, const char *serial, struct error *e)
{
	char id[AGENT_ID_SIZE];
	struct agent a;
	int found = assignment_of(t, serial, id, e);

	if (found != 1)
		return found;
	if (agent_find(t, id, &a, e) == -1 || drop_rows(t, id, serial, e) == -1)
		return -1;
	a.devices--;
	return agent_put(t, &a, e);
}

/* What waits is sealed for another than whoever fetches from now on. */
static int
change_channel(struct db_txn *t, struct device *d, enum device_channel channel,
	int64_t now, struct error *e)
{
	if (pending_cancel_all(t, d->serial, now, e) == -1)
		return -1;
	d->channel = channel;
	return device_put(t, d, e);
}

/* One that the agent has seen becomes a device of its center's. */
static int
adopt(struct db_txn *t, struct assign_call *c, struct device *d,
	struct error *e)
{
	struct unassigned seen;
	int found =
		c->adopt ? rows_unassigned(t, c->id, c->serial, &seen, e) : 0;

	if (found == 0)
		return error_set(e, ERROR_NOT_FOUND,
			c->adopt ? "there is no device %s, and the agent has "
				   "not seen it"
				 : "there is no device %s",
			c->serial);
	if (found < 0)
		return -1;
	*d = (struct device){
		.enabled = true, .channel = BY_AGENT, .created = c->now
	};
	memcpy(d->serial, c->serial, sizeof(d->serial));
	memcpy(d->center, c->agent.center, sizeof(d->center));
	(void)text_copy(d->model, sizeof(d->model), seen.model);
	c->adopted++;
	return device_add(t, d, c->now, e);
}

/* The device, and that it may be assigned. 1: it is already. */
static int
find_device(struct db_txn *t, struct assign_call *c, struct device *d,
	struct error *e)
{
	char owner[AGENT_ID_SIZE];
	int found = rows_device(t, c->serial, d, e);

	if (found < 0 || (found == 0 && adopt(t, c, d, e) == -1))
		return -1;
	if (strcmp(d->center, c->agent.center) != 0)
		return error_set(e, ERROR_DENIED,
			"device %s belongs to center %s, and agent %s to %s",
			d->serial, d->center, c->id, c->agent.center);
	found = assignment_of(t, d->serial, owner, e);
	if (found == 1 && strcmp(owner, c->id) != 0)
		return error_set(e, ERROR_EXISTS,
			"device %s is assigned to agent %s", d->serial, owner);
	return found;
}

static int
assign_one(struct db_txn *t, struct assign_call *c, struct error *e)
{
	struct device d;
	int found = find_device(t, c, &d, e);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (put_rows(t, c->id, d.serial, e) == -1 ||
		change_channel(t, &d, BY_AGENT, c->now, e) == -1)
		return -1;
	c->agent.devices++;
	return unassigned_drop(t, &c->agent, d.serial, e);
}

static int
unassign_one(struct db_txn *t, struct assign_call *c, struct error *e)
{
	struct device d;
	int found = assignment_of(t, c->serial, c->owner, e);

	if (found < 0)
		return -1;
	if (found == 0 || strcmp(c->owner, c->id) != 0)
		return error_set(e, ERROR_NOT_FOUND,
			"device %s is not assigned to agent %s", c->serial,
			c->id);
	found = rows_device(t, c->serial, &d, e);
	if (found < 0 || drop_rows(t, c->id, c->serial, e) == -1)
		return -1;
	c->agent.devices--;
	return found == 1 && d.channel == BY_AGENT
		? change_channel(t, &d, BY_MAIL, c->now, e)
		: 0;
}

/* May run more than once. */
static int
change_all(struct db_txn *t, struct assign_call *c,
	int (*change)(struct db_txn *, struct assign_call *, struct error *),
	struct error *e)
{
	c->adopted = 0;
	if (agent_find(t, c->id, &c->agent, e) == -1)
		return -1;
	for (c->at = 0; c->at < c->count; c->at++)
		if (take_serial(c, c->serials[c->at], e) == -1 ||
			change(t, c, e) == -1)
			return -1;
	return agent_put(t, &c->agent, e);
}

static int
assign_all(struct db_txn *t, void *arg, struct error *e)
{
	return change_all(t, arg, assign_one, e);
}

static int
unassign_all(struct db_txn *t, void *arg, struct error *e)
{
	return change_all(t, arg, unassign_one, e);
}

static int
write_all(struct store *s, struct assign_call *c, const char *id, db_body *body,
	size_t *bad_r, struct error *e)
{
	int rc;

	c->now = store_time(s);
	rc = take_id(c, id, e) == -1 ? -1 : store_write(s, DURABLE, body, c, e);
	if (rc != 0 && bad_r != NULL)
		*bad_r = c->at;
	return rc;
}

int
registry_assign(struct store *s, const char *id, const char *const *serials,
	size_t count, bool adopt_seen, size_t *adopted_r, size_t *bad_r,
	struct error *e)
{
	struct assign_call c = {
		.serials = serials, .count = count, .adopt = adopt_seen
	};
	int rc = write_all(s, &c, id, assign_all, bad_r, e);

	*adopted_r = c.adopted;
	return rc;
}

int
registry_unassign(struct store *s, const char *id, const char *const *serials,
	size_t count, size_t *bad_r, struct error *e)
{
	struct assign_call c = { .serials = serials, .count = count };

	return write_all(s, &c, id, unassign_all, bad_r, e);
}

/* Some of an agent's, read before they are changed. */
struct some {
	const char *id;
	char serials[64][SERIAL_SIZE];
	size_t count;
	struct error *e;
};

static int
collect(const struct octets *key, const struct octets *value, void *arg)
{
	struct some *s = arg;
	char id[AGENT_ID_SIZE];

	(void)value;
	if (!rows_unpack_agent_key(*key, id, s->serials[s->count]))
		return rows_damaged(TABLE_AGENT_DEVICES, s->e);
	if (strcmp(id, s->id) != 0)
		return 1;
	return ++s->count < sizeof(s->serials) / sizeof(s->serials[0]) ? 0 : 1;
}

int
assignment_drop_some(struct db_txn *t, struct agent *a, int64_t now,
	bool *left_r, struct error *e)
{
	struct packer p = rows_pack_agent_key(a->id, "");
	const struct octets from = pack_row(&p);
	struct some some = { .id = a->id, .e = e };
	struct assign_call c = { .now = now, .agent = *a };

	memcpy(c.id, a->id, sizeof(c.id));
	if (db_scan(t, TABLE_AGENT_DEVICES, &from, collect, &some, e) < 0)
		return -1;
	for (size_t i = 0; i < some.count; i++) {
		memcpy(c.serial, some.serials[i], sizeof(c.serial));
		if (unassign_one(t, &c, e) == -1)
			return -1;
	}
	*left_r = some.count == sizeof(some.serials) / sizeof(some.serials[0]);
	a->devices = c.agent.devices;
	return 0;
}

static int
find_owner(struct db_txn *t, void *arg, struct error *e)
{
	struct assign_call *c = arg;

	c->found = assignment_of(t, c->serial, c->owner, e);
	return c->found < 0 ? -1 : 0;
}

int
registry_agent_of(struct store *s, const char *serial, char id_r[AGENT_ID_SIZE],
	struct error *e)
{
	struct assign_call c = { .found = 0 };

	id_r[0] = '\0';
	if (!claims_serial(serial, strlen(serial), c.serial))
		return 0;
	if (store_read(s, find_owner, &c, e) == -1)
		return -1;
	memcpy(id_r, c.owner, sizeof(c.owner));
	return c.found;
}

struct walk {
	int (*each)(const char *serial, void *arg);
	void *arg;
	struct error *e;
};

static int
give(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *w = arg;
	char id[AGENT_ID_SIZE], serial[SERIAL_SIZE];

	(void)value;
	return rows_unpack_agent_key(*key, id, serial)
		? w->each(serial, w->arg)
		: rows_damaged(TABLE_AGENT_DEVICES, w->e);
}

int
registry_assigned(struct store *s, const char *id, const char *after,
	int (*each)(const char *serial, void *arg), void *arg, struct error *e)
{
	struct assign_call c = { .found = 0 };
	struct walk w = { each, arg, e };
	struct packer prefix, start;
	struct octets all, from;

	if (take_id(&c, id, e) == -1)
		return -1;
	prefix = rows_pack_agent_key(c.id, "");
	start = rows_pack_agent_key(c.id, after);
	if (after[0] != '\0')
		pack_raw(&start, "", 1); /* the least key above it */
	all = pack_row(&prefix);
	from = pack_row(&start);
	return store_walk_from(
		s, TABLE_AGENT_DEVICES, &all, &from, give, &w, e);
}
