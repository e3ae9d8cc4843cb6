/*
 * Keys of principals: their rows, the index by principal, and their count. What
 * is secret in a row is the business of store/secret.c.
 */
#include "store/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/agent_rows.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/secret.h"

struct key_call {
	struct octets id;
	char principal[PRINCIPAL_SIZE]; /* that it must belong to */
	struct key_row row;
};

struct packer
key_index(const char *principal, const struct octets *id)
{
	struct packer p = { .length = 0 };

	pack_raw(&p, principal, strlen(principal) + 1);
	if (id != NULL)
		pack_raw(&p, id->data, id->length);
	return p;
}

static int
name_principal(const char *text, char out[PRINCIPAL_SIZE], struct error *e)
{
	return principal_parse(text, strlen(text), out)
		? 0
		: error_set(e, ERROR_BAD, "\"%.60s\" is no principal", text);
}

struct id_list {
	struct octets prefix;
	unsigned int count; /* of those kept */
	struct {
		unsigned char id[KEY_ID_MAX];
		size_t length;
	} ids[16];
};

static int
collect_id(const struct octets *key, const struct octets *value, void *arg)
{
	struct id_list *l = arg;
	size_t skip = l->prefix.length;

	(void)value;
	if (key->length <= skip || key->length - skip > KEY_ID_MAX ||
		memcmp(key->data, l->prefix.data, skip) != 0)
		return 1;
	l->ids[l->count].length = key->length - skip;
	memcpy(l->ids[l->count].id, (const char *)key->data + skip,
		key->length - skip);
	return ++l->count < sizeof(l->ids) / sizeof(l->ids[0]) ? 0 : 2;
}

static int
remove_key(struct db_txn *t, const char *principal, const struct octets *id,
	struct error *e)
{
	struct packer index = key_index(principal, id);
	struct octets row = pack_row(&index);

	if (db_delete(t, TABLE_KEYS, id, e) < 0 ||
		db_delete(t, TABLE_PRINCIPAL_KEYS, &row, e) < 0)
		return -1;
	return meta_add(t, META_KEYS, -1, e);
}

int
key_remove_all(struct db_txn *t, const char *principal, struct error *e)
{
	struct packer index = key_index(principal, NULL);
	struct id_list l = { .prefix = pack_row(&index) };
	struct octets id;
	int rc;

	do {
		l.count = 0;
		rc = db_scan(
			t, TABLE_PRINCIPAL_KEYS, &l.prefix, collect_id, &l, e);
		for (unsigned int i = 0; rc >= 0 && i < l.count; i++) {
			id = (struct octets){ l.ids[i].id, l.ids[i].length };
			if (remove_key(t, principal, &id, e) == -1)
				return -1;
		}
	} while (rc == 2);
	return rc < 0 ? -1 : 0;
}

struct live_count {
	struct db_txn *t;
	struct octets prefix;
	unsigned int live;
	struct error *e;
};

static int
count_live(const struct octets *key, const struct octets *value, void *arg)
{
	struct live_count *c = arg;
	size_t skip = c->prefix.length;
	struct octets id;
	struct key_row row;
	int found;

	(void)value;
	if (key->length <= skip || memcmp(key->data, c->prefix.data, skip) != 0)
		return 1;
	id = (struct octets){ (const char *)key->data + skip,
		key->length - skip };
	found = rows_key(c->t, &id, &row, c->e);
	if (found == 1 && row.live)
		c->live++;
	return found < 0 ? -1 : 0;
}

static int
check_live(struct db_txn *t, const char *principal, struct error *e)
{
	struct packer index = key_index(principal, NULL);
	struct live_count c = { .t = t, .prefix = pack_row(&index), .e = e };

	if (db_scan(t, TABLE_PRINCIPAL_KEYS, &c.prefix, count_live, &c, e) < 0)
		return -1;
	if (c.live >= KEYS_LIVE_MAX)
		return error_set(e, ERROR_LIMIT,
			"%s has %u live keys already: retire one", principal,
			c.live);
	return 0;
}

static int
check_free(struct db_txn *t, const struct octets *id, struct error *e)
{
	struct key_row old;
	int found = rows_key(t, id, &old, e);

	if (found < 0)
		return -1;
	if (found == 1)
		return error_set(
			e, ERROR_EXISTS, "a key with this id exists already");
	return 0;
}

/* Is there such a one? */
static int
check_principal(struct db_txn *t, const char *principal, struct error *e)
{
	const char *serial = principal_name(principal, PRINCIPAL_DEVICE);
	const char *id = principal_name(principal, PRINCIPAL_AGENT);
	struct device d;
	struct agent a;
	int found;

	if (id != NULL)
		return agent_find(t, id, &a, e);
	if (serial == NULL)
		return error_set(e, ERROR_BAD,
			"%s: only devices and agents have keys", principal);
	found = rows_device(t, serial, &d, e);
	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no device %s", serial);
	return 0;
}

int
key_add(struct db_txn *t, const struct octets *id, const struct key_row *added,
	struct error *e)
{
	struct packer row = rows_pack_key(added);
	struct packer index = key_index(added->principal, id);
	struct octets k = pack_row(&index), v = pack_row(&row);
	struct octets none = { "", 0 };

	if (check_principal(t, added->principal, e) == -1 ||
		check_free(t, id, e) == -1 ||
		check_live(t, added->principal, e) == -1 ||
		db_put(t, TABLE_KEYS, id, &v, e) == -1 ||
		db_put(t, TABLE_PRINCIPAL_KEYS, &k, &none, e) == -1)
		return -1;
	return meta_add(t, META_KEYS, 1, e);
}

static int
check_key(struct store *s, const struct key *key, struct error *e)
{
	if (!s->keyed)
		return error_set(e, ERROR_TROUBLE, "there is no master key");
	if (key->id_length == 0 || key->id_length > KEY_ID_MAX)
		return error_set(e, ERROR_BAD, "a key id has 1 to %d octets",
			KEY_ID_MAX);
	if (key->length != 16 && key->length != 32)
		return error_set(e, ERROR_BAD, "a key has 16 or 32 octets");
	return 0;
}

static int
prepare(struct store *s, const struct key *key, struct key_call *c,
	struct error *e)
{
	if (check_key(s, key, e) == -1 ||
		name_principal(key->principal, c->row.principal, e) == -1)
		return -1;
	c->id = (struct octets){ key->id, key->id_length };
	c->row.live = true;
	c->row.created = key->created > 0 ? key->created : store_time(s);
	return secret_wrap(s, &c->id, key->secret, key->length, &c->row, e);
}

struct keys_call {
	struct key_call *calls;
	size_t count, at;
};

static int
add_keys(struct db_txn *t, void *arg, struct error *e)
{
	struct keys_call *c = arg;

	for (c->at = 0; c->at < c->count; c->at++) {
		const struct key_call *one = &c->calls[c->at];

		if (key_add(t, &one->id, &one->row, e) == -1)
			return -1;
	}
	return 0;
}

int
registry_keys_add(struct store *s, const struct key *keys, size_t count,
	size_t *bad_r, struct error *e)
{
	struct keys_call c = { calloc(count, sizeof(*c.calls)), count, 0 };
	int rc = c.calls != NULL ? 0 : error_memory(e);

	for (; rc == 0 && c.at < count; c.at++)
		rc = prepare(s, &keys[c.at], &c.calls[c.at], e);
	if (rc == 0)
		rc = store_write(s, DURABLE, add_keys, &c, e);
	else if (c.at > 0)
		c.at--;
	if (rc != 0 && bad_r != NULL)
		*bad_r = c.at;
	free(c.calls);
	return rc;
}

int
registry_key_add(struct store *s, const struct key *key, struct error *e)
{
	return registry_keys_add(s, key, 1, NULL, e);
}

static int
get_key(struct db_txn *t, void *arg, struct error *e)
{
	struct key_call *c = arg;
	int found = rows_key(t, &c->id, &c->row, e);

	if (found == 0)
		return error_set(e, ERROR_NOT_FOUND, "there is no such key");
	return found == 1 ? 0 : -1;
}

static bool
find_key(struct key_call *c, const unsigned char *id, size_t length,
	struct error *e)
{
	c->id = (struct octets){ id, length };
	if (length > 0 && length <= KEY_ID_MAX)
		return true;
	error_set(e, ERROR_NOT_FOUND, "there is no such key");
	return false;
}

static void
fill_key(struct key *key_r, const struct octets *id, const struct key_row *row)
{
	memset(key_r, 0, sizeof(*key_r));
	memcpy(key_r->principal, row->principal, sizeof(row->principal));
	memcpy(key_r->id, id->data, id->length);
	key_r->id_length = id->length;
	key_r->live = row->live;
	key_r->created = row->created;
	key_r->used = row->used;
	key_r->length = row->wrapped_length - (WRAPPED_KEY_MAX - KEY_SIZE_MAX);
}

int
registry_key_get(struct store *s, const unsigned char *id, size_t length,
	struct key *key_r, struct error *e)
{
	struct key_call c = { .principal = "" };

	if (!find_key(&c, id, length, e) ||
		store_read(s, get_key, &c, e) == -1) {
		secret_spend(s);
		return -1;
	}
	fill_key(key_r, &c.id, &c.row);
	return secret_unwrap(
		s, &c.id, &c.row, key_r->secret, &key_r->length, e);
}

static int
put_key(struct db_txn *t, const struct octets *id, const struct key_row *row,
	struct error *e)
{
	struct packer p = rows_pack_key(row);
	struct octets octets = pack_row(&p);

	return db_put(t, TABLE_KEYS, id, &octets, e);
}

/* To the hour, so that not every report rewrites a row. */
int
key_used(
	struct db_txn *t, const struct octets *id, int64_t now, struct error *e)
{
	enum { HOUR = 3600 };
	struct key_row row;
	int found = rows_key(t, id, &row, e);

	if (found < 0)
		return -1;
	if (found == 0 || now < row.used + HOUR)
		return 0;
	row.used = now;
	return put_key(t, id, &row, e);
}

static int
retire_key(struct db_txn *t, void *arg, struct error *e)
{
	struct key_call *c = arg;

	if (get_key(t, c, e) != 0)
		return -1;
	if (strcmp(c->row.principal, c->principal) != 0)
		return error_set(
			e, ERROR_NOT_FOUND, "%s has no such key", c->principal);
	c->row.live = false;
	return put_key(t, &c->id, &c->row, e);
}

int
registry_key_retire(struct store *s, const char *principal,
	const unsigned char *id, size_t length, struct error *e)
{
	struct key_call c = { .principal = "" };

	if (name_principal(principal, c.principal, e) == -1 ||
		!find_key(&c, id, length, e))
		return -1;
	return store_write(s, DURABLE, retire_key, &c, e);
}

struct key_walk {
	struct store *store;
	size_t skip; /* of an index key, its principal and NUL */
	int (*each)(const struct key *k, void *arg);
	void *arg;
	struct error *e;
};

static int
give_key(const struct octets *key, const struct octets *value, void *arg)
{
	struct key_walk *w = arg;
	struct key_row row;
	struct key k;

	if (key->length > KEY_ID_MAX || !rows_unpack_key(*value, &row))
		return rows_damaged(TABLE_KEYS, w->e);
	fill_key(&k, key, &row);
	return w->each(&k, w->arg);
}

/* From the index of one principal. A key that is gone by now is passed over. */
static int
give_indexed(const struct octets *key, const struct octets *value, void *arg)
{
	struct key_walk *w = arg;
	struct key_call c = { .principal = "" };
	struct key k;

	(void)value;
	if (key->length <= w->skip || key->length - w->skip > KEY_ID_MAX)
		return rows_damaged(TABLE_PRINCIPAL_KEYS, w->e);
	c.id = (struct octets){ (const char *)key->data + w->skip,
		key->length - w->skip };
	if (store_read(w->store, get_key, &c, w->e) == -1)
		return w->e->code == ERROR_NOT_FOUND ? 0 : -1;
	fill_key(&k, &c.id, &c.row);
	return w->each(&k, w->arg);
}

int
registry_keys(struct store *s, const char *principal,
	int (*each)(const struct key *k, void *arg), void *arg, struct error *e)
{
	struct key_walk w = { .store = s, .each = each, .arg = arg, .e = e };
	const struct octets all = { "", 0 };
	char name[PRINCIPAL_SIZE];
	struct packer index;
	struct octets prefix;

	if (principal == NULL)
		return store_walk(s, TABLE_KEYS, &all, give_key, &w, e);
	if (name_principal(principal, name, e) == -1)
		return -1;
	index = key_index(name, NULL);
	prefix = pack_row(&index);
	w.skip = prefix.length;
	return store_walk(
		s, TABLE_PRINCIPAL_KEYS, &prefix, give_indexed, &w, e);
}

/* Is a better than b to seal with? */
static bool
better(const struct key *a, const struct key *b)
{
	if (!b->live)
		return true;
	if ((a->used != 0) != (b->used != 0))
		return a->used != 0;
	return a->used != 0 ? a->created > b->created : a->created < b->created;
}

static int
choose(const struct key *k, void *arg)
{
	struct key *best = arg;

	if (k->live && better(k, best))
		*best = *k;
	return 0;
}

int
registry_key_for(struct store *s, const char *principal, struct key *key_r,
	struct error *e)
{
	struct key best = { .live = false };

	if (registry_keys(s, principal, choose, &best, e) != 0)
		return -1;
	if (!best.live)
		return error_set(
			e, ERROR_NOT_FOUND, "%s has no live key", principal);
	return registry_key_get(s, best.id, best.id_length, key_r, e);
}
