/*
 * Centers and their mail addresses. A center's row counts its devices, so that
 * nobody has to look through a million of them to remove one center.
 */
#include <string.h>

#include "store/agent_rows.h"
#include "store/forwarder.h"
#include "store/inside.h"
#include "store/meta.h"
#include "store/rows.h"

struct center_call {
	char id[CENTER_ID_SIZE];
	const char *const *addresses;
	size_t count;
	char address[ADDRESS_SIZE];
	struct center_row row;
};

static int
name_center(const char *id, char out[CENTER_ID_SIZE], struct error *e)
{
	if (claims_center(id, strlen(id), out))
		return 0;
	return error_set(e, ERROR_BAD,
		"a center ID is 1 to 16 letters, digits and hyphens");
}

static int
name_address(const char *address, char out[ADDRESS_SIZE], struct error *e)
{
	if (registry_address(address, out))
		return 0;
	return error_set(
		e, ERROR_BAD, "\"%.100s\" is not a mail address", address);
}

static int
no_center(const char *id, struct error *e)
{
	return error_set(e, ERROR_NOT_FOUND, "there is no center %s", id);
}

/* Adds c->address; the same one once more is no error. */
static int
put_address(struct db_txn *t, struct center_call *c, struct error *e)
{
	struct octets key = text_octets_of(c->address);
	struct octets value = text_octets_of(c->id);
	char owner[CENTER_ID_SIZE], serial[SERIAL_SIZE];
	size_t length;
	int found = db_get(
		t, TABLE_ADDRESSES, &key, owner, sizeof(owner), &length, e);

	if (found == 0) {
		found = db_get(t, TABLE_DEVICE_ADDRESSES, &key, serial,
			sizeof(serial), &length, e);
		if (found == 1)
			return error_set(e, ERROR_EXISTS,
				"%s belongs to device %.*s", c->address,
				(int)length, serial);
	}
	if (found < 0)
		return -1;
	if (found == 1 &&
		(length != value.length || memcmp(owner, c->id, length) != 0))
		return error_set(e, ERROR_EXISTS, "%s belongs to center %.*s",
			c->address, (int)length, owner);
	return db_put(t, TABLE_ADDRESSES, &key, &value, e);
}

static int
add_center(struct db_txn *t, void *arg, struct error *e)
{
	struct center_call *c = arg;
	struct center_row old;
	struct packer p = rows_pack_center(&c->row);
	int found = rows_center(t, c->id, &old, e);

	if (found < 0)
		return -1;
	if (found == 1)
		return error_set(
			e, ERROR_EXISTS, "center %s exists already", c->id);
	for (size_t i = 0; i < c->count; i++)
		if (name_address(c->addresses[i], c->address, e) == -1 ||
			put_address(t, c, e) == -1)
			return -1;
	if (rows_put(t, TABLE_CENTERS, c->id, &p, e) == -1)
		return -1;
	return meta_add(t, META_CENTERS, 1, e);
}

int
registry_center_add(struct store *s, const char *id,
	const char *const *addresses, size_t count, struct error *e)
{
	struct center_call c = { .addresses = addresses,
		.count = count,
		.row = { .created = store_time(s) } };

	if (name_center(id, c.id, e) == -1)
		return -1;
	return store_write(s, DURABLE, add_center, &c, e);
}

static int
get_center(struct db_txn *t, void *arg, struct error *e)
{
	struct center_call *c = arg;
	int found = rows_center(t, c->id, &c->row, e);

	return found == 1 ? 0 : found < 0 ? -1 : no_center(c->id, e);
}

int
registry_center_get(struct store *s, const char *id, struct center *center_r,
	struct error *e)
{
	struct center_call c;

	if (name_center(id, c.id, e) == -1 ||
		store_read(s, get_center, &c, e) == -1)
		return -1;
	memcpy(center_r->id, c.id, sizeof(c.id));
	center_r->created = c.row.created;
	return 0;
}

/* One address of a center at a time: there are few. */
static int
find_address(const struct octets *key, const struct octets *value, void *arg)
{
	struct center_call *c = arg;

	if (value->length != strlen(c->id) ||
		memcmp(value->data, c->id, value->length) != 0 ||
		key->length >= sizeof(c->address))
		return 0;
	memcpy(c->address, key->data, key->length);
	c->address[key->length] = '\0';
	return 1;
}

static int
remove_addresses(struct db_txn *t, struct center_call *c, struct error *e)
{
	struct octets from = { "", 0 }, key;
	int rc;

	while ((rc = db_scan(t, TABLE_ADDRESSES, &from, find_address, c, e)) ==
		1) {
		key = text_octets_of(c->address);
		if (db_delete(t, TABLE_ADDRESSES, &key, e) < 0)
			return -1;
		from = key;
	}
	return rc;
}

static int
remove_center(struct db_txn *t, void *arg, struct error *e)
{
	struct center_call *c = arg;
	struct octets key = text_octets_of(c->id);
	int found;

	if (get_center(t, c, e) != 0)
		return -1;
	if (c->row.devices > 0)
		return error_set(e, ERROR_EXISTS,
			"center %s still has %llu devices", c->id,
			(unsigned long long)c->row.devices);
	found = agent_of_center(t, c->id, e);
	if (found == 1)
		return error_set(
			e, ERROR_EXISTS, "center %s still has agents", c->id);
	if (found < 0 || remove_addresses(t, c, e) == -1 ||
		forwarder_drop_all(t, c->id, e) == -1 ||
		db_delete(t, TABLE_CENTERS, &key, e) < 0)
		return -1;
	return meta_add(t, META_CENTERS, -1, e);
}

int
registry_center_remove(struct store *s, const char *id, struct error *e)
{
	struct center_call c;

	if (name_center(id, c.id, e) == -1)
		return -1;
	return store_write(s, DURABLE, remove_center, &c, e);
}

static int
add_address(struct db_txn *t, void *arg, struct error *e)
{
	if (get_center(t, arg, e) != 0)
		return -1;
	return put_address(t, arg, e);
}

int
registry_address_add(struct store *s, const char *center, const char *address,
	struct error *e)
{
	struct center_call c;

	if (name_center(center, c.id, e) == -1 ||
		name_address(address, c.address, e) == -1)
		return -1;
	return store_write(s, DURABLE, add_address, &c, e);
}

static int
read_address(
	struct db_txn *t, const char *address, char *center, struct error *e)
{
	struct octets key = text_octets_of(address);
	size_t length;
	int found = db_get(t, TABLE_ADDRESSES, &key, center, CENTER_ID_SIZE - 1,
		&length, e);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "%s is no center's", address);
	center[length] = '\0';
	return 0;
}

static int
remove_address(struct db_txn *t, void *arg, struct error *e)
{
	struct center_call *c = arg;
	struct octets key = text_octets_of(c->address);
	char owner[CENTER_ID_SIZE];

	if (get_center(t, c, e) != 0 ||
		read_address(t, c->address, owner, e) != 0)
		return -1;
	if (strcmp(owner, c->id) != 0)
		return error_set(e, ERROR_NOT_FOUND, "%s belongs to center %s",
			c->address, owner);
	return db_delete(t, TABLE_ADDRESSES, &key, e) < 0 ? -1 : 0;
}

int
registry_address_remove(struct store *s, const char *center,
	const char *address, struct error *e)
{
	struct center_call c;

	if (name_center(center, c.id, e) == -1 ||
		name_address(address, c.address, e) == -1)
		return -1;
	return store_write(s, DURABLE, remove_address, &c, e);
}

static int
get_center_of(struct db_txn *t, void *arg, struct error *e)
{
	struct center_call *c = arg;

	return read_address(t, c->address, c->id, e);
}

int
registry_center_of(struct store *s, const char *address,
	char center_r[CENTER_ID_SIZE], struct error *e)
{
	struct center_call c;

	if (!registry_address(address, c.address))
		return error_set(
			e, ERROR_NOT_FOUND, "that is not a mail address");
	if (store_read(s, get_center_of, &c, e) == -1)
		return -1;
	memcpy(center_r, c.id, sizeof(c.id));
	return 0;
}

struct center_walk {
	const char *center;
	int (*each_center)(const struct center *c, void *arg);
	int (*each_address)(const char *address, const char *center, void *arg);
	void *arg;
	struct error *e;
};

static int
give_center(const struct octets *key, const struct octets *value, void *arg)
{
	struct center_walk *w = arg;
	struct center c;
	struct center_row row;

	if (key->length >= sizeof(c.id) || !rows_unpack_center(*value, &row))
		return rows_damaged(TABLE_CENTERS, w->e);
	memcpy(c.id, key->data, key->length);
	c.id[key->length] = '\0';
	c.created = row.created;
	return w->each_center(&c, w->arg);
}

int
registry_centers(struct store *s,
	int (*each)(const struct center *c, void *arg), void *arg,
	struct error *e)
{
	struct center_walk w = { .each_center = each, .arg = arg, .e = e };
	const struct octets all = { "", 0 };

	return store_walk(s, TABLE_CENTERS, &all, give_center, &w, e);
}

static int
give_address(const struct octets *key, const struct octets *value, void *arg)
{
	struct center_walk *w = arg;
	char address[ADDRESS_SIZE], center[CENTER_ID_SIZE];

	if (key->length >= sizeof(address) || value->length >= sizeof(center))
		return rows_damaged(TABLE_ADDRESSES, w->e);
	memcpy(address, key->data, key->length);
	address[key->length] = '\0';
	memcpy(center, value->data, value->length);
	center[value->length] = '\0';
	if (w->center != NULL && strcmp(center, w->center) != 0)
		return 0;
	return w->each_address(address, center, w->arg);
}

int
registry_addresses(struct store *s, const char *center,
	int (*each)(const char *address, const char *center, void *arg),
	void *arg, struct error *e)
{
	struct center_walk w = { .each_address = each, .arg = arg, .e = e };
	const struct octets all = { "", 0 };
	char id[CENTER_ID_SIZE];

	if (center != NULL && name_center(center, id, e) == -1)
		return -1;
	w.center = center != NULL ? id : NULL;
	return store_walk(s, TABLE_ADDRESSES, &all, give_address, &w, e);
}
