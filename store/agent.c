/*
 * Agents. What one did last stands in its row beside what the operator set:
 * writers take turns, and each changes the row as it is.
 */
#include "store/agent.h"

#include <string.h>

#include "base/text.h"
#include "store/agent_rows.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/key.h"
#include "store/meta.h"
#include "store/rows.h"

enum { HOUR = 3600 };

bool
registry_agent_id(const char *text, char out[AGENT_ID_SIZE])
{
	char principal[PRINCIPAL_SIZE];

	out[0] = '\0';
	return principal_spell(PRINCIPAL_AGENT, text, principal) &&
		text_copy(out, AGENT_ID_SIZE,
			principal_name(principal, PRINCIPAL_AGENT));
}

struct agent_call {
	char id[AGENT_ID_SIZE];
	struct agent agent;
	int64_t now;
	bool enabled;
	bool left; /* of one that is removed: something is */
	const char *address;
	bool twice;
};

static int
take_id(struct agent_call *c, const char *id, struct error *e)
{
	if (registry_agent_id(id, c->id))
		return 0;
	return error_set(e, ERROR_BAD, "an agent's ID is 1 to %d of A-Z 0-9 -",
		AGENT_ID_SIZE - 1);
}

int
agent_find(struct db_txn *t, const char *id, struct agent *agent_r,
	struct error *e)
{
	int found = rows_agent(t, id, agent_r, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no agent %s", id);
	return found == 1 ? 0 : -1;
}

int
agent_put(struct db_txn *t, const struct agent *a, struct error *e)
{
	struct packer p = rows_pack_agent(a);

	return rows_put(t, TABLE_AGENTS, a->id, &p, e);
}

static int
add_agent(struct db_txn *t, void *arg, struct error *e)
{
	const struct agent_call *c = arg;
	struct center_row center;
	struct agent old;
	int found = rows_agent(t, c->agent.id, &old, e);

	if (found == 1)
		return error_set(e, ERROR_EXISTS, "agent %s exists already",
			c->agent.id);
	if (found == 0)
		found = rows_center(t, c->agent.center, &center, e);
	if (found == 0)
		return error_set(e, ERROR_NOT_FOUND, "there is no center %s",
			c->agent.center);
	if (found < 0 || agent_put(t, &c->agent, e) == -1)
		return -1;
	return meta_add(t, META_AGENTS, 1, e);
}

int
registry_agent_add(struct store *s, const struct agent *agent, struct error *e)
{
	struct agent_call c = { .now = store_time(s) };
	struct agent *a = &c.agent;

	if (take_id(&c, agent->id, e) == -1)
		return -1;
	memcpy(a->id, c.id, sizeof(a->id));
	if (!claims_center(agent->center, strlen(agent->center), a->center))
		return error_set(e, ERROR_BAD, "%s: no center ID", a->id);
	if (!text_visible(agent->note))
		return error_set(
			e, ERROR_BAD, "%s: a note is printable UTF-8", a->id);
	memcpy(a->note, agent->note, sizeof(a->note));
	a->enabled = agent->enabled;
	a->created = agent->created > 0 ? agent->created : c.now;
	return store_write(s, DURABLE, add_agent, &c, e);
}

static int
get_agent(struct db_txn *t, void *arg, struct error *e)
{
	struct agent_call *c = arg;

	return agent_find(t, c->id, &c->agent, e);
}

int
registry_agent_get(
	struct store *s, const char *id, struct agent *agent_r, struct error *e)
{
	struct agent_call c;

	if (take_id(&c, id, e) == -1 || store_read(s, get_agent, &c, e) == -1)
		return -1;
	*agent_r = c.agent;
	return 0;
}

static int
enable_agent(struct db_txn *t, void *arg, struct error *e)
{
	struct agent_call *c = arg;

	if (get_agent(t, c, e) == -1)
		return -1;
	c->agent.enabled = c->enabled;
	return agent_put(t, &c->agent, e);
}

int
registry_agent_enable(
	struct store *s, const char *id, bool enabled, struct error *e)
{
	struct agent_call c = { .enabled = enabled };

	if (take_id(&c, id, e) == -1)
		return -1;
	return store_write(s, DURABLE, enable_agent, &c, e);
}

/* Nobody is it any more from here on. */
static int
close_agent(struct db_txn *t, struct agent_call *c, struct error *e)
{
	char principal[PRINCIPAL_SIZE];

	(void)principal_spell(PRINCIPAL_AGENT, c->id, principal);
	c->agent.enabled = false;
	return key_remove_all(t, principal, e) == -1
		? -1
		: certificate_revoke_all(
			  t, principal, NULL, REVOKED_CESSATION, c->now, e);
}

/* Some of what is left of it; and itself with the last of that. */
static int
remove_agent(struct db_txn *t, void *arg, struct error *e)
{
	struct agent_call *c = arg;
	const struct octets key = text_octets_of(c->id);

	if (get_agent(t, c, e) == -1 || close_agent(t, c, e) == -1 ||
		assignment_drop_some(t, &c->agent, c->now, &c->left, e) == -1)
		return -1;
	if (c->left)
		return agent_put(t, &c->agent, e);
	if (unassigned_drop_all(t, c->id, e) == -1 ||
		db_delete(t, TABLE_AGENTS, &key, e) < 0)
		return -1;
	return meta_add(t, META_AGENTS, -1, e);
}

/*
 * Its devices may be more than one transaction can have locks for. Cut off in
 * between it is there, but disabled and without keys, and can be removed once
 * more.
 */
int
registry_agent_remove(struct store *s, const char *id, struct error *e)
{
	struct agent_call c = { .now = store_time(s), .left = true };

	if (take_id(&c, id, e) == -1)
		return -1;
	while (c.left)
		if (store_write(s, DURABLE, remove_agent, &c, e) == -1)
			return -1;
	return 0;
}

/* From another place than a moment ago? What is said of it now is not said
 * again for an hour. */
static bool
is_twice(struct agent *a, const char *address, int64_t now)
{
	bool said;

	if (address[0] == '\0' || a->address[0] == '\0' ||
		strcmp(address, a->address) == 0 ||
		now - a->heard >= AGENT_TWICE)
		return false;
	said = a->doubled != 0 && now - a->doubled < HOUR;
	memcpy(a->elsewhere, a->address, sizeof(a->elsewhere));
	if (!said)
		a->doubled = now;
	return !said;
}

static int
hear_agent(struct db_txn *t, void *arg, struct error *e)
{
	struct agent_call *c = arg;
	struct agent *a = &c->agent;

	if (get_agent(t, c, e) == -1)
		return -1;
	c->twice = is_twice(a, c->address, c->now);
	if (c->now > a->heard)
		a->heard = c->now;
	if (c->address[0] != '\0')
		(void)text_copy(a->address, sizeof(a->address), c->address);
	return agent_put(t, a, e);
}

int
registry_agent_heard(struct store *s, const char *id, const char *address,
	int64_t now, bool *twice_r, struct agent *agent_r, struct error *e)
{
	struct agent_call c = { .now = now, .address = address };

	if (take_id(&c, id, e) == -1)
		return -1;
	if (strlen(address) >= AGENT_ADDRESS_SIZE)
		return error_set(e, ERROR_BAD, "that is no IP address");
	if (store_write(s, LATER, hear_agent, &c, e) == -1)
		return -1;
	*twice_r = c.twice;
	*agent_r = c.agent;
	return 0;
}

static int
note_reported(struct db_txn *t, void *arg, struct error *e)
{
	struct agent_call *c = arg;

	if (get_agent(t, c, e) == -1)
		return -1;
	if (c->now <= c->agent.reported)
		return 0;
	c->agent.reported = c->now;
	return agent_put(t, &c->agent, e);
}

int
registry_agent_reported(
	struct store *s, const char *id, int64_t now, struct error *e)
{
	struct agent_call c = { .now = now };

	if (take_id(&c, id, e) == -1)
		return -1;
	return store_write(s, LATER, note_reported, &c, e);
}

int64_t
registry_agent_sign(const struct agent *a)
{
	const int64_t last = a->heard > a->reported ? a->heard : a->reported;

	return last != 0 ? last : a->created;
}

struct agent_walk {
	int (*each)(const struct agent *a, void *arg);
	void *arg;
	const char *center;
	struct error *e;
};

static int
give_agent(const struct octets *key, const struct octets *value, void *arg)
{
	struct agent_walk *w = arg;
	struct agent a;

	if (key->length >= sizeof(a.id) || !rows_unpack_agent(*value, &a))
		return rows_damaged(TABLE_AGENTS, w->e);
	memcpy(a.id, key->data, key->length);
	a.id[key->length] = '\0';
	return w->each(&a, w->arg);
}

int
registry_agents(struct store *s, int (*each)(const struct agent *a, void *arg),
	void *arg, struct error *e)
{
	struct agent_walk w = { .each = each, .arg = arg, .e = e };
	const struct octets all = { "", 0 };

	return store_walk(s, TABLE_AGENTS, &all, give_agent, &w, e);
}

static int
is_of_center(const struct agent *a, void *arg)
{
	return strcmp(a->center, arg) == 0;
}

int
agent_of_center(struct db_txn *t, const char *center, struct error *e)
{
	struct agent_walk w = {
		.each = is_of_center, .arg = (void *)(uintptr_t)center, .e = e
	};
	const struct octets all = { "", 0 };

	return db_scan(t, TABLE_AGENTS, &all, give_agent, &w, e);
}
