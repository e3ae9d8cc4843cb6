/*
 * A row is alias and center with a zero octet between, the alias first: so a
 * serial that is an alias in whatever center is found by one look.
 */
#include "store/alias.h"

#include <string.h>

#include "store/inside.h"
#include "store/pack.h"
#include "store/rows.h"

static struct packer
row_key(const char *alias, const char *center)
{
	struct packer p = { .length = 0 };

	pack_raw(&p, alias, strlen(alias) + 1);
	pack_raw(&p, center, strlen(center));
	return p;
}

/* Whose it is: 1, 0 or -1. Both are canonical. */
static int
find(struct db_txn *t, const char *alias, const char *center,
	char serial_r[SERIAL_SIZE], struct error *e)
{
	struct packer p = row_key(alias, center);
	struct octets key = pack_row(&p);
	size_t length;
	int found = db_get(
		t, TABLE_ALIASES, &key, serial_r, SERIAL_SIZE - 1, &length, e);

	if (found == 1)
		serial_r[length] = '\0';
	return found;
}

struct search {
	struct octets prefix;
	const char *serial;
	char owner[SERIAL_SIZE]; /* another device; "": none */
};

static int
take_owner(const struct octets *key, const struct octets *value, void *arg)
{
	struct search *s = arg;

	if (key->length < s->prefix.length ||
		memcmp(key->data, s->prefix.data, s->prefix.length) != 0)
		return 1;
	if (value->length >= sizeof(s->owner))
		return 0;
	memcpy(s->owner, value->data, value->length);
	s->owner[value->length] = '\0';
	if (strcmp(s->owner, s->serial) == 0)
		s->owner[0] = '\0';
	return s->owner[0] != '\0';
}

/* Nobody else is called by this one's serial, in whatever center. */
static int
check_serial(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p = row_key(d->serial, "");
	struct search s = { .prefix = pack_row(&p), .serial = d->serial };

	if (db_scan(t, TABLE_ALIASES, &s.prefix, take_owner, &s, e) < 0)
		return -1;
	return s.owner[0] == '\0'
		? 0
		: error_set(e, ERROR_EXISTS, "%s is the alias of device %s",
			  d->serial, s.owner);
}

int
alias_check(struct db_txn *t, const struct device *d, struct error *e)
{
	char owner[SERIAL_SIZE];
	struct device other;
	int found;

	if (check_serial(t, d, e) == -1)
		return -1;
	if (d->alias[0] == '\0')
		return 0;
	found = rows_device(t, d->alias, &other, e);
	if (found == 1)
		return error_set(e, ERROR_EXISTS,
			"%s: the alias %s is a device's serial", d->serial,
			d->alias);
	if (found == 0)
		found = find(t, d->alias, d->center, owner, e);
	if (found < 0)
		return -1;
	if (found == 1 && strcmp(owner, d->serial) != 0)
		return error_set(e, ERROR_EXISTS,
			"%s: the alias %s is device %s's", d->serial, d->alias,
			owner);
	return 0;
}

int
alias_put(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p = row_key(d->alias, d->center);
	struct octets key = pack_row(&p), value = text_octets_of(d->serial);

	if (alias_check(t, d, e) == -1)
		return -1;
	return d->alias[0] == '\0' ? 0
				   : db_put(t, TABLE_ALIASES, &key, &value, e);
}

int
alias_drop(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p = row_key(d->alias, d->center);
	struct octets key = pack_row(&p);

	if (d->alias[0] == '\0')
		return 0;
	return db_delete(t, TABLE_ALIASES, &key, e) < 0 ? -1 : 0;
}

int
alias_has(struct db_txn *t, const struct device *d, struct error *e)
{
	char owner[SERIAL_SIZE];
	int found;

	if (d->alias[0] == '\0')
		return 1;
	found = find(t, d->alias, d->center, owner, e);
	return found == 1 ? strcmp(owner, d->serial) == 0 : found;
}

bool
alias_is(const struct octets *key, const struct device *d)
{
	struct packer p = row_key(d->alias, d->center);

	return d->alias[0] != '\0' && key->length == p.length &&
		memcmp(key->data, p.data, p.length) == 0;
}

struct naming {
	char name[SERIAL_SIZE];
	const char (*centers)[CENTER_ID_SIZE];
	size_t count;
	struct device device;
};

static bool
is_of(const struct naming *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->centers[i], n->device.center) == 0)
			return true;
	return false;
}

/* A serial comes first, whosever it is: no alias stands for another's. */
static int
find_named(struct db_txn *t, void *arg, struct error *e)
{
	struct naming *n = arg;
	char serial[SERIAL_SIZE];
	int found = rows_device(t, n->name, &n->device, e);

	if (found != 0)
		return found < 0 ? -1 : is_of(n) ? 1 : 0;
	for (size_t i = 0; i < n->count && found == 0; i++)
		found = find(t, n->name, n->centers[i], serial, e);
	if (found == 1)
		found = rows_device(t, serial, &n->device, e);
	return found;
}

int
registry_device_named(struct store *s, const char *name,
	const char (*centers)[CENTER_ID_SIZE], size_t center_count,
	struct device *device_r, struct error *e)
{
	struct naming n = { .centers = centers, .count = center_count };
	int found;

	if (!claims_serial(name, strlen(name), n.name))
		return 0;
	found = store_read(s, find_named, &n, e);
	if (found == 1)
		*device_r = n.device;
	return found;
}
