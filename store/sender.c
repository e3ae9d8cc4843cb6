/*
 * A row is sender, network and serial with a zero octet between, so that the
 * devices of one site stand together and a site that does not fit is passed
 * over in one step: whoever forges a sender that ten thousand devices share
 * does not have us look at each.
 */
#include "store/sender.h"

#include <string.h>

#include "store/inside.h"
#include "store/pack.h"
#include "store/rows.h"

enum {
	SITES_MAX = 64, /* networks of one sender that are looked at */
	DEVICES_MAX =
		64 /* devices of one site: one that is enabled is sought */
};

static bool
is_indexed(const struct device *d)
{
	return d->protection == PROTECTION_OPTIONAL && d->from[0] != '\0' &&
		d->network[0] != '\0';
}

/* serial NULL: where the site begins. */
static struct packer
site_key(const char *from, const char *network, const char *serial)
{
	struct packer p = { .length = 0 };

	pack_raw(&p, from, strlen(from) + 1);
	pack_raw(&p, network, strlen(network) + 1);
	if (serial != NULL)
		pack_raw(&p, serial, strlen(serial));
	return p;
}

int
sender_put(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p = site_key(d->from, d->network, d->serial);
	struct octets key = pack_row(&p);
	const struct octets none = { "", 0 };

	if (!is_indexed(d))
		return 0;
	return db_put(t, TABLE_SENDERS, &key, &none, e);
}

int
sender_drop(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p = site_key(d->from, d->network, d->serial);
	struct octets key = pack_row(&p);

	if (!is_indexed(d))
		return 0;
	return db_delete(t, TABLE_SENDERS, &key, e) < 0 ? -1 : 0;
}

int
sender_has(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p = site_key(d->from, d->network, d->serial);
	struct octets key = pack_row(&p);
	unsigned char none[1];
	size_t length;

	if (!is_indexed(d))
		return 1;
	return db_get(t, TABLE_SENDERS, &key, none, sizeof(none), &length, e);
}

/* The text up to the next zero octet, or to the end. */
static bool
take_text(const unsigned char **at, size_t *left, char *out, size_t size)
{
	const unsigned char *nul = memchr(*at, '\0', *left);
	size_t length = nul != NULL ? (size_t)(nul - *at) : *left;

	if (length == 0 || length >= size)
		return false;
	memcpy(out, *at, length);
	out[length] = '\0';
	length += nul != NULL;
	*at += length;
	*left -= length;
	return true;
}

bool
sender_split(const struct octets *key, char from[ADDRESS_SIZE],
	char network[NETWORK_SIZE], char serial[SERIAL_SIZE])
{
	const unsigned char *at = key->data;
	size_t left = key->length;

	return take_text(&at, &left, from, ADDRESS_SIZE) &&
		take_text(&at, &left, network, NETWORK_SIZE) &&
		take_text(&at, &left, serial, SERIAL_SIZE) && left == 0;
}

struct search {
	const struct sockaddr_storage *client;
	bool (*wanted)(const struct device *d, const void *arg);
	const void *arg;
	struct db_txn *t;
	char sender[ADDRESS_SIZE];
	/* of the site in hand */
	char network[NETWORK_SIZE];
	unsigned int rows;
	bool over; /* no more rows of this sender */
	unsigned int found;
	struct device first;
	struct error *e;
};

/* In a site that fits: one more device of it. */
static int
look_at(struct search *s, const char *serial)
{
	struct device d;
	int found = rows_device(s->t, serial, &d, s->e);

	if (found < 0)
		return -1;
	if (found == 0)
		return rows_damaged(TABLE_SENDERS, s->e);
	if (!s->wanted(&d, s->arg))
		return ++s->rows < DEVICES_MAX ? 0 : 1;
	if (s->found++ == 0)
		s->first = d;
	return s->found < 2 ? 0 : 1;
}

/* Ends the scan behind the first row of a site that does not fit. */
static int
look(const struct octets *key, const struct octets *value, void *arg)
{
	struct search *s = arg;
	char from[ADDRESS_SIZE], network[NETWORK_SIZE], serial[SERIAL_SIZE];

	(void)value;
	if (!sender_split(key, from, network, serial))
		return rows_damaged(TABLE_SENDERS, s->e);
	s->over = strcmp(from, s->sender) != 0;
	if (s->over)
		return 1;
	if (s->network[0] != '\0' && strcmp(network, s->network) != 0)
		return 1;
	memcpy(s->network, network, sizeof(network));
	if (!network_contains(network, s->client))
		return 1;
	return look_at(s, serial);
}

static int
search(struct db_txn *t, void *arg, struct error *e)
{
	struct search *s = arg;
	struct packer p = { .length = 0 };
	int rc;

	s->t = t;
	s->e = e;
	s->over = false;
	s->found = 0;
	pack_raw(&p, s->sender, strlen(s->sender) + 1);
	for (int i = 0; i < SITES_MAX && !s->over && s->found < 2; i++) {
		struct octets from = pack_row(&p);

		s->network[0] = '\0';
		s->rows = 0;
		rc = db_scan(t, TABLE_SENDERS, &from, look, s, e);
		if (rc < 0)
			return -1;
		if (rc == 0)
			return 0;
		/* behind all serials of this site */
		p = site_key(s->sender, s->network, "\xff");
	}
	return 0;
}

int
registry_sender_find(struct store *store, const char *sender,
	const struct sockaddr_storage *client,
	bool (*wanted)(const struct device *d, const void *arg),
	const void *arg, struct device *device_r, struct error *e)
{
	struct search s = { .client = client, .wanted = wanted, .arg = arg };

	if (!registry_address(sender, s.sender))
		return 0;
	if (store_read(store, search, &s, e) != 0)
		return -1;
	if (s.found > 0)
		*device_r = s.first;
	return (int)s.found;
}
