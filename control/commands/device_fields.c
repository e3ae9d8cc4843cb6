/*
 * One row a field, so that add, set, import and export cannot differ in what
 * they take for valid.
 */
#include "control/commands/device_fields.h"

#include <string.h>

#include "base/network.h"
#include "base/text.h"

static int
set_serial(struct device *d, const char *value, struct error *e)
{
	if (!claims_serial(value, strlen(value), d->serial))
		return error_set(e, ERROR_BAD,
			"\"%s\" is no serial (1 to 32 printable characters "
			"without space)",
			value);
	return 0;
}

static int
set_center(struct device *d, const char *value, struct error *e)
{
	if (!claims_center(value, strlen(value), d->center))
		return error_set(e, ERROR_BAD,
			"\"%s\" is no center ID (1 to 16 of A-Z 0-9 -)", value);
	return 0;
}

static int
set_protection(struct device *d, const char *value, struct error *e)
{
	if (strcmp(value, "required") == 0 || value[0] == '\0')
		d->protection = PROTECTION_REQUIRED;
	else if (strcmp(value, "optional") == 0)
		d->protection = PROTECTION_OPTIONAL;
	else
		return error_set(e, ERROR_BAD,
			"protection is required or optional, not \"%s\"",
			value);
	return 0;
}

static int
set_from(struct device *d, const char *value, struct error *e)
{
	if (value[0] == '\0')
		d->from[0] = '\0';
	else if (!registry_address(value, d->from))
		return error_set(
			e, ERROR_BAD, "\"%s\" is no mail address", value);
	return 0;
}

static int
set_network(struct device *d, const char *value, struct error *e)
{
	if (value[0] != '\0' && !network_valid(value))
		return error_set(e, ERROR_BAD,
			"\"%s\" is no network (192.0.2.0/24, 2001:db8::/32)",
			value);
	if (!text_copy(d->network, sizeof(d->network), value))
		return error_set(e, ERROR_BAD, "the network is too long");
	return 0;
}

static int
set_address(struct device *d, const char *value, struct error *e)
{
	if (value[0] == '\0')
		d->address[0] = '\0';
	else if (!registry_address(value, d->address))
		return error_set(
			e, ERROR_BAD, "\"%s\" is no mail address", value);
	return 0;
}

static int
set_enabled(struct device *d, const char *value, struct error *e)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0 &&
		value[0] != '\0')
		return error_set(e, ERROR_BAD,
			"enabled is yes or no, not \"%s\"", value);
	d->enabled = strcmp(value, "no") != 0;
	return 0;
}

static int
set_channel(struct device *d, const char *value, struct error *e)
{
	if (value[0] == '\0')
		d->channel = BY_MAIL;
	else if (!registry_channel(value, &d->channel))
		return error_set(e, ERROR_BAD,
			"channel is mail, webdav, agent or line, not \"%s\"",
			value);
	return 0;
}

static int
set_model(struct device *d, const char *value, struct error *e)
{
	if (!text_visible(value) ||
		!text_copy(d->model, sizeof(d->model), value))
		return error_set(e, ERROR_BAD,
			"a model is up to %d octets of printable UTF-8",
			MODEL_SIZE - 1);
	return 0;
}

static int
set_alias(struct device *d, const char *value, struct error *e)
{
	if (value[0] == '\0')
		d->alias[0] = '\0';
	else if (!claims_serial(value, strlen(value), d->alias))
		return error_set(e, ERROR_BAD,
			"\"%s\" is no serial, which an alias is like", value);
	return 0;
}

static const char *const orders[] = { [ORDER_UNKNOWN] = "unknown",
	[ORDER_DMY] = "dmy",
	[ORDER_MDY] = "mdy",
	[ORDER_YMD] = "ymd" };
static const char *const countings[] = { [COUNTS_BOTH] = "both",
	[COUNTS_SEALED] = "sealed",
	[COUNTS_PLAIN] = "plain" };

/* The place of a word among others; "" is the first; -1. */
static int
find_word(const char *value, const char *const *words, int count)
{
	for (int i = 0; i < count; i++) {
		if (value[0] == '\0' || strcmp(words[i], value) == 0)
			return i;
	}
	return -1;
}

static int
set_date_order(struct device *d, const char *value, struct error *e)
{
	int order = find_word(value, orders, ORDER_YMD + 1);

	if (order == -1)
		return error_set(e, ERROR_BAD,
			"date-order is dmy, mdy, ymd or unknown, not \"%s\"",
			value);
	d->date_order = (enum date_order)order;
	return 0;
}

static int
set_forwarded(struct device *d, const char *value, struct error *e)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0 &&
		value[0] != '\0')
		return error_set(e, ERROR_BAD,
			"forwarded is yes or no, not \"%s\"", value);
	d->forwarded = strcmp(value, "yes") == 0;
	return 0;
}

static int
set_counts(struct device *d, const char *value, struct error *e)
{
	int counts = find_word(value, countings, COUNTS_PLAIN + 1);

	if (counts == -1)
		return error_set(e, ERROR_BAD,
			"counts is sealed, plain or both, not \"%s\"", value);
	d->counts = (enum device_counts)counts;
	return 0;
}

static int
set_number(char out[TELEPHONE_SIZE], const char *value, struct error *e)
{
	if (telephone_read(value, out) || value[0] == '\0')
		return 0;
	return error_set(e, ERROR_BAD,
		"\"%s\" is no number (up to 20 digits and letters, a + before "
		"them)",
		value);
}

static int
set_fax(struct device *d, const char *value, struct error *e)
{
	return set_number(d->fax, value, e);
}

static int
set_caller(struct device *d, const char *value, struct error *e)
{
	return set_number(d->caller, value, e);
}

static const char *
get_serial(const struct device *d)
{
	return d->serial;
}

static const char *
get_center(const struct device *d)
{
	return d->center;
}

static const char *
get_protection(const struct device *d)
{
	return d->protection == PROTECTION_REQUIRED ? "required" : "optional";
}

static const char *
get_from(const struct device *d)
{
	return d->from;
}

static const char *
get_network(const struct device *d)
{
	return d->network;
}

static const char *
get_address(const struct device *d)
{
	return d->address;
}

static const char *
get_enabled(const struct device *d)
{
	return d->enabled ? "yes" : "no";
}

static const char *
get_channel(const struct device *d)
{
	return registry_channel_name(d->channel);
}

static const char *
get_model(const struct device *d)
{
	return d->model;
}

static const char *
get_alias(const struct device *d)
{
	return d->alias;
}

static const char *
get_date_order(const struct device *d)
{
	return orders[d->date_order];
}

static const char *
get_forwarded(const struct device *d)
{
	return d->forwarded ? "yes" : "no";
}

static const char *
get_counts(const struct device *d)
{
	return countings[d->counts];
}

static const char *
get_fax(const struct device *d)
{
	return d->fax;
}

static const char *
get_caller(const struct device *d)
{
	return d->caller;
}

static const struct {
	const char *name;
	int (*set)(struct device *d, const char *value, struct error *e);
	const char *(*get)(const struct device *d);
} rows[DEVICE_FIELDS] = {
	{ "serial", set_serial, get_serial },
	{ "center", set_center, get_center },
	{ "protection", set_protection, get_protection },
	{ "from", set_from, get_from },
	{ "network", set_network, get_network },
	{ "address", set_address, get_address },
	{ "enabled", set_enabled, get_enabled },
	{ "channel", set_channel, get_channel },
	{ "model", set_model, get_model },
	{ "alias", set_alias, get_alias },
	{ "date-order", set_date_order, get_date_order },
	{ "forwarded", set_forwarded, get_forwarded },
	{ "counts", set_counts, get_counts },
	{ "fax", set_fax, get_fax },
	{ "caller", set_caller, get_caller },
};

const char *
device_field_name(size_t i)
{
	return rows[i].name;
}

int
device_field_find(const char *name)
{
	for (int i = 0; i < DEVICE_FIELDS; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return i;
	}
	return -1;
}

int
device_field_set(struct device *d, size_t i, const char *value, struct error *e)
{
	return rows[i].set(d, value, e);
}

const char *
device_field_get(const struct device *d, size_t i)
{
	return rows[i].get(d);
}

bool
device_same(const struct device *a, const struct device *b)
{
	for (size_t i = 0; i < DEVICE_FIELDS; i++) {
		if (strcmp(rows[i].get(a), rows[i].get(b)) != 0)
			return false;
	}
	return true;
}
