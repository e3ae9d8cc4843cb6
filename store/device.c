/*
 * Devices. What a device did last (activity) has its own table, so that a
 * report never rewrites what the operator set.
 */
#include <string.h>

#include "store/agent_rows.h"
#include "store/alias.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/key.h"
#include "store/meta.h"
#include "store/pending_rows.h"
#include "store/rows.h"
#include "store/sender.h"

static const char *const channels[DEVICE_CHANNELS] = {
	[BY_MAIL] = "mail",
	[BY_WEBDAV] = "webdav",
	[BY_AGENT] = "agent",
	[BY_LINE] = "line",
};

const char *
registry_channel_name(enum device_channel channel)
{
	return channels[channel];
}

bool
registry_channel(const char *name, enum device_channel *channel_r)
{
	for (int i = 0; i < DEVICE_CHANNELS; i++) {
		if (strcmp(channels[i], name) != 0)
			continue;
		*channel_r = (enum device_channel)i;
		return true;
	}
	return false;
}

struct device_call {
	const struct device *devices;
	size_t count, at;
	char serial[SERIAL_SIZE];
	char address[ADDRESS_SIZE];
	registry_change *change;
	void *arg;
	struct device device;
	struct activity activity;
	int64_t now;
	bool known;
	struct error *faults;
};

static int
name_serial(const char *serial, char out[SERIAL_SIZE], struct error *e)
{
	if (claims_serial(serial, strlen(serial), out))
		return 0;
	return error_set(e, ERROR_BAD,
		"a serial is 1 to 32 printable characters without space");
}

/* The canonical form of what a caller gave. */
static int
canonical(const struct device *in, struct device *out, struct error *e)
{
	*out = *in;
	if (name_serial(in->serial, out->serial, e) == -1)
		return -1;
	if (!claims_center(in->center, strlen(in->center), out->center))
		return error_set(e, ERROR_BAD, "%s: no center ID", out->serial);
	if ((in->from[0] != '\0' && !registry_address(in->from, out->from)) ||
		(in->address[0] != '\0' &&
			!registry_address(in->address, out->address)))
		return error_set(
			e, ERROR_BAD, "%s: not a mail address", out->serial);
	if (in->alias[0] == '\0')
		return 0;
	return !claims_serial(in->alias, strlen(in->alias), out->alias) ||
			strcmp(out->alias, out->serial) == 0
		? error_set(e, ERROR_BAD,
			  "%s: an alias is another serial than its own",
			  out->serial)
		: 0;
}

/* Changes the number of devices of a center, which must exist. */
static int
count_device(struct db_txn *t, const char *center, int change, struct error *e)
{
	struct center_row row;
	struct packer p;
	int found = rows_center(t, center, &row, e);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no center %s", center);
	if (change < 0 && row.devices == 0)
		return rows_damaged(TABLE_CENTERS, e);
	row.devices += (uint64_t)(int64_t)change;
	p = rows_pack_center(&row);
	return rows_put(t, TABLE_CENTERS, center, &p, e);
}

/* Which device has the address: 1, 0 or -1. */
static int
find_address(struct db_txn *t, const char *address, char serial[SERIAL_SIZE],
	struct error *e)
{
	struct octets key = text_octets_of(address);
	size_t length;
	int found = db_get(t, TABLE_DEVICE_ADDRESSES, &key, serial,
		SERIAL_SIZE - 1, &length, e);

	if (found == 1)
		serial[length] = '\0';
	return found;
}

/* Nobody else has it, be it there or not. */
static int
check_address(struct db_txn *t, const struct device *d, struct error *e)
{
	struct octets key = text_octets_of(d->address);
	char owner[SERIAL_SIZE];
	size_t length;
	int found;

	if (d->address[0] == '\0')
		return 0;
	/* The center's own requests would come back to it. */
	found = db_get(
		t, TABLE_ADDRESSES, &key, owner, sizeof(owner), &length, e);
	if (found == 1)
		return error_set(e, ERROR_EXISTS, "%s: %s is a center's",
			d->serial, d->address);
	if (found == 0)
		found = find_address(t, d->address, owner, e);
	if (found < 0)
		return -1;
	if (found == 1 && strcmp(owner, d->serial) != 0)
		return error_set(e, ERROR_EXISTS, "%s: %s is device %s's",
			d->serial, d->address, owner);
	return 0;
}

/* Gives an address to a device, if it has one. */
static int
put_address(struct db_txn *t, const struct device *d, struct error *e)
{
	struct octets key = text_octets_of(d->address);
	struct octets value = text_octets_of(d->serial);

	if (check_address(t, d, e) == -1)
		return -1;
	return d->address[0] == '\0'
		? 0
		: db_put(t, TABLE_DEVICE_ADDRESSES, &key, &value, e);
}

static int
drop_address(struct db_txn *t, const struct device *d, struct error *e)
{
	struct octets key = text_octets_of(d->address);

	if (d->address[0] == '\0')
		return 0;
	return db_delete(t, TABLE_DEVICE_ADDRESSES, &key, e) < 0 ? -1 : 0;
}

static int
add_device(
	struct db_txn *t, const struct device *in, int64_t now, struct error *e)
{
	struct device d, old;
	int found;

	if (canonical(in, &d, e) == -1)
		return -1;
	if (d.created <= 0)
		d.created = now;
	found = rows_device(t, d.serial, &old, e);
	if (found < 0)
		return -1;
	if (found == 1)
		return error_set(
			e, ERROR_EXISTS, "device %s exists already", d.serial);
	if (count_device(t, d.center, 1, e) == -1 ||
		put_address(t, &d, e) == -1 || alias_put(t, &d, e) == -1 ||
		sender_put(t, &d, e) == -1)
		return -1;
	return device_put(t, &d, e);
}

int
device_add(
	struct db_txn *t, const struct device *d, int64_t now, struct error *e)
{
	return add_device(t, d, now, e) == 0 ? meta_add(t, META_DEVICES, 1, e)
					     : -1;
}

int
device_put(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p = rows_pack_device(d);

	return rows_put(t, TABLE_DEVICES, d->serial, &p, e);
}

static int
add_devices(struct db_txn *t, void *arg, struct error *e)
{
	struct device_call *c = arg;

	for (c->at = 0; c->at < c->count; c->at++)
		if (add_device(t, &c->devices[c->at], c->now, e) == -1)
			return -1;
	return meta_add(t, META_DEVICES, (int64_t)c->count, e);
}

int
registry_device_add(struct store *s, const struct device *devices, size_t count,
	size_t *bad_r, struct error *e)
{
	struct device_call c = {
		.devices = devices, .count = count, .now = store_time(s)
	};
	int rc = store_write(s, DURABLE, add_devices, &c, e);

	if (rc != 0 && bad_r != NULL)
		*bad_r = c.at;
	return rc;
}

static int
check_device(
	struct db_txn *t, const struct device *in, bool known, struct error *e)
{
	struct center_row center;
	struct device d, old;
	int found;

	if (canonical(in, &d, e) == -1)
		return -1;
	found = rows_device(t, d.serial, &old, e);
	if (found == 1 && !known)
		return error_set(
			e, ERROR_EXISTS, "device %s exists already", d.serial);
	if (found >= 0)
		found = rows_center(t, d.center, &center, e);
	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no center %s", d.center);
	return found < 0 || check_address(t, &d, e) == -1
		? -1
		: alias_check(t, &d, e);
}

static int
check_devices(struct db_txn *t, void *arg, struct error *e)
{
	struct device_call *c = arg;

	for (size_t i = 0; i < c->count; i++) {
		c->faults[i].code = ERROR_NONE;
		if (check_device(t, &c->devices[i], c->known, e) == 0)
			continue;
		if (e->code == ERROR_TROUBLE)
			return -1;
		c->faults[i] = *e;
	}
	return 0;
}

int
registry_device_check(struct store *s, const struct device *devices,
	size_t count, bool known, struct error *faults_r, struct error *e)
{
	struct device_call c = { .devices = devices,
		.count = count,
		.known = known,
		.faults = faults_r };

	return store_read(s, check_devices, &c, e);
}

static int
get_device(struct db_txn *t, void *arg, struct error *e)
{
	struct device_call *c = arg;
	int found = rows_device(t, c->serial, &c->device, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no device %s", c->serial);
	return found == 1 ? 0 : -1;
}

int
registry_device_get(struct store *s, const char *serial,
	struct device *device_r, struct error *e)
{
	struct device_call c;

	if (name_serial(serial, c.serial, e) == -1 ||
		store_read(s, get_device, &c, e) == -1)
		return -1;
	*device_r = c.device;
	return 0;
}

static int
get_device_at(struct db_txn *t, void *arg, struct error *e)
{
	struct device_call *c = arg;
	int found = find_address(t, c->address, c->serial, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "%s is no device's", c->address);
	return found == 1 ? get_device(t, c, e) : -1;
}

int
registry_device_at(struct store *s, const char *address,
	struct device *device_r, struct error *e)
{
	struct device_call c;

	if (!registry_address(address, c.address))
		return error_set(e, ERROR_NOT_FOUND,
			"\"%.100s\" is not a mail address", address);
	if (store_read(s, get_device_at, &c, e) == -1)
		return -1;
	*device_r = c.device;
	return 0;
}

/* What it is to become, from what it is. */
static int
change_device(struct device_call *c, struct device *d, struct error *e)
{
	struct device wanted = c->device;
	int rc = c->change(&wanted, c->arg, e);

	if (rc != 0)
		return rc;
	memcpy(wanted.serial, c->device.serial, sizeof(wanted.serial));
	wanted.created = c->device.created;
	return canonical(&wanted, d, e);
}

/* To another center it goes without its agent, which is the old one's, and
 * without what waits for that one's key. */
static int
leave_agent(struct db_txn *t, const char *serial, int64_t now, struct error *e)
{
	char agent[AGENT_ID_SIZE];
	int found = assignment_of(t, serial, agent, e);

	if (found != 1)
		return found;
	return pending_cancel_all(t, serial, now, e) == 0
		? assignment_drop(t, serial, e)
		: -1;
}

static int
move_center(struct db_txn *t, const struct device *from,
	const struct device *to, int64_t now, struct error *e)
{
	if (strcmp(from->center, to->center) == 0)
		return 0;
	if (count_device(t, to->center, 1, e) == -1 ||
		count_device(t, from->center, -1, e) == -1)
		return -1;
	return leave_agent(t, from->serial, now, e);
}

static int
update_device(struct db_txn *t, void *arg, struct error *e)
{
	struct device_call *c = arg;
	struct device d;
	int rc;

	if (get_device(t, c, e) != 0)
		return -1;
	rc = change_device(c, &d, e);
	if (rc != 0)
		return rc;
	if (move_center(t, &c->device, &d, c->now, e) == -1 ||
		drop_address(t, &c->device, e) != 0 ||
		put_address(t, &d, e) == -1 ||
		alias_drop(t, &c->device, e) != 0 ||
		alias_put(t, &d, e) == -1 ||
		sender_drop(t, &c->device, e) != 0 ||
		sender_put(t, &d, e) == -1)
		return -1;
	return device_put(t, &d, e);
}

int
registry_device_update(struct store *s, const char *serial,
	registry_change *change, void *arg, struct error *e)
{
	struct device_call c = {
		.change = change, .arg = arg, .now = store_time(s)
	};

	if (name_serial(serial, c.serial, e) == -1)
		return -1;
	return store_write(s, DURABLE, update_device, &c, e);
}

static int
remove_device(struct db_txn *t, void *arg, struct error *e)
{
	struct device_call *c = arg;
	struct octets key = text_octets_of(c->serial);
	char principal[PRINCIPAL_SIZE];

	if (get_device(t, c, e) != 0)
		return -1;
	(void)principal_spell(PRINCIPAL_DEVICE, c->serial, principal);
	if (key_remove_all(t, principal, e) == -1 ||
		certificate_revoke_all(t, principal, NULL, REVOKED_CESSATION,
			c->now, e) == -1 ||
		drop_address(t, &c->device, e) != 0 ||
		alias_drop(t, &c->device, e) != 0 ||
		sender_drop(t, &c->device, e) != 0 ||
		assignment_drop(t, c->serial, e) == -1 ||
		count_device(t, c->device.center, -1, e) == -1 ||
		db_delete(t, TABLE_DEVICES, &key, e) < 0 ||
		db_delete(t, TABLE_ACTIVITY, &key, e) < 0 ||
		pending_drop_all(t, c->serial, e) == -1)
		return -1;
	return meta_add(t, META_DEVICES, -1, e);
}

int
registry_device_remove(struct store *s, const char *serial, struct error *e)
{
	struct device_call c;

	if (name_serial(serial, c.serial, e) == -1)
		return -1;
	c.now = store_time(s);
	return store_write(s, DURABLE, remove_device, &c, e);
}

static int
get_activity(struct db_txn *t, void *arg, struct error *e)
{
	struct device_call *c = arg;

	memset(&c->activity, 0, sizeof(c->activity));
	return rows_activity(t, c->serial, &c->activity, e) < 0 ? -1 : 0;
}

int
registry_activity_get(struct store *s, const char *serial,
	struct activity *activity_r, struct error *e)
{
	struct device_call c;

	if (name_serial(serial, c.serial, e) == -1 ||
		store_read(s, get_activity, &c, e) == -1)
		return -1;
	*activity_r = c.activity;
	return 0;
}

struct device_walk {
	int (*each)(const struct device *d, void *arg);
	void *arg;
	struct error *e;
};

static int
give_device(const struct octets *key, const struct octets *value, void *arg)
{
	struct device_walk *w = arg;
	struct device d;

	if (key->length >= sizeof(d.serial))
		return rows_damaged(TABLE_DEVICES, w->e);
	memcpy(d.serial, key->data, key->length);
	d.serial[key->length] = '\0';
	if (!rows_unpack_device(*value, &d))
		return rows_damaged(TABLE_DEVICES, w->e);
	return w->each(&d, w->arg);
}

int
registry_devices(struct store *s,
	int (*each)(const struct device *d, void *arg), void *arg,
	struct error *e)
{
	struct device_walk w = { each, arg, e };
	const struct octets all = { "", 0 };

	return store_walk(s, TABLE_DEVICES, &all, give_device, &w, e);
}
