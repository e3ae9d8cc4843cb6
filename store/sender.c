/*
 * A row is sender, network, center and serial with a zero octet between, the
 * network in its one spelling: so each network that could hold a client is
 * looked up for itself, from the narrowest to the widest. However many devices
 * and sites share a sender that a stranger forges, the work is that of one
 * address's bits; and none of them is passed over.
 */
#include "store/sender.h"

#include <string.h>

#include "store/inside.h"
#include "store/pack.h"
#include "store/rows.h"

enum { BITS_MAX = 128 }; /* of an IPv6 address */

static void
pack_part(struct packer *p, const char *text)
{
	pack_raw(p, text, strlen(text) + 1);
}

/* False: no mail that names no device could be this one's. */
static bool
row_key(const struct device *d, struct packer *p)
{
	char network[NETWORK_SIZE];

	*p = (struct packer){ .length = 0 };
	if (!d->enabled || d->protection != PROTECTION_OPTIONAL ||
		d->from[0] == '\0' || !network_canonical(d->network, network))
		return false;
	pack_part(p, d->from);
	pack_part(p, network);
	pack_part(p, d->center);
	pack_raw(p, d->serial, strlen(d->serial));
	return true;
}

int
sender_put(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p;
	struct octets key;
	const struct octets none = { "", 0 };

	if (!row_key(d, &p))
		return 0;
	key = pack_row(&p);
	return db_put(t, TABLE_SENDERS, &key, &none, e);
}

int
sender_drop(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p;
	struct octets key;

	if (!row_key(d, &p))
		return 0;
	key = pack_row(&p);
	return db_delete(t, TABLE_SENDERS, &key, e) < 0 ? -1 : 0;
}

int
sender_has(struct db_txn *t, const struct device *d, struct error *e)
{
	struct packer p;
	struct octets key;
	unsigned char none[1];
	size_t length;

	if (!row_key(d, &p))
		return 1;
	key = pack_row(&p);
	return db_get(t, TABLE_SENDERS, &key, none, sizeof(none), &length, e);
}

bool
sender_is(const struct octets *key, const struct device *d)
{
	struct packer p;

	return row_key(d, &p) && key->length == p.length &&
		memcmp(key->data, p.data, p.length) == 0;
}

bool
sender_serial(const struct octets *key, char serial[SERIAL_SIZE])
{
	const unsigned char *nul = memrchr(key->data, '\0', key->length);
	const unsigned char *at = key->data;
	size_t length = nul == NULL ? 0 : (size_t)(at + key->length - nul - 1);

	if (length == 0 || length >= SERIAL_SIZE)
		return false;
	memcpy(serial, nul + 1, length);
	serial[length] = '\0';
	return true;
}

struct search {
	const char *sender;
	const struct sockaddr_storage *client;
	const char (*centers)[CENTER_ID_SIZE];
	size_t center_count;
	struct db_txn *t;
	struct octets prefix;     /* of the rows in hand */
	int rows;                 /* that begin so: 2 is many */
	char serial[SERIAL_SIZE]; /* of the first of them */
	int found;
	struct device device;
	struct error *e;
};

static int
take_row(const struct octets *key, const struct octets *value, void *arg)
{
	struct search *s = arg;

	(void)value;
	if (key->length < s->prefix.length ||
		memcmp(key->data, s->prefix.data, s->prefix.length) != 0)
		return 1;
	if (s->rows == 0 && !sender_serial(key, s->serial))
		return rows_damaged(TABLE_SENDERS, s->e);
	return ++s->rows < 2 ? 0 : 1;
}

static int
count_rows(struct search *s, const struct packer *p)
{
	s->prefix = pack_row(p);
	s->rows = 0;
	return db_scan(s->t, TABLE_SENDERS, &s->prefix, take_row, s, s->e) < 0
		? -1
		: s->rows;
}

static int
look_for_center(struct search *s, const struct packer *site, size_t center)
{
	struct packer p = *site;
	int rows, known;

	pack_part(&p, s->centers[center]);
	rows = count_rows(s, &p);
	if (rows > 0 && s->found == 0) {
		known = rows_device(s->t, s->serial, &s->device, s->e);
		if (known != 1)
			return known < 0 ? -1
					 : rows_damaged(TABLE_SENDERS, s->e);
	}
	if (rows > 0)
		s->found += rows;
	return rows < 0 ? -1 : 0;
}

/* In the network of so many bits. */
static int
look_around(struct search *s, unsigned int bits)
{
	struct packer p = { .length = 0 };
	char network[NETWORK_SIZE];
	int rows;

	if (!network_around(s->client, bits, network))
		return 0;
	pack_part(&p, s->sender);
	pack_part(&p, network);
	rows = count_rows(s, &p);
	for (size_t i = 0; rows > 0 && i < s->center_count && s->found < 2; i++)
		if (look_for_center(s, &p, i) == -1)
			return -1;
	return rows < 0 ? -1 : 0;
}

static int
search(struct db_txn *t, void *arg, struct error *e)
{
	struct search *s = arg;
	struct packer p = { .length = 0 };
	int rows;

	s->t = t;
	s->e = e;
	s->found = 0;
	pack_part(&p, s->sender);
	rows = count_rows(s, &p);
	for (int bits = BITS_MAX; rows > 0 && bits >= 0 && s->found < 2; bits--)
		if (look_around(s, (unsigned int)bits) == -1)
			return -1;
	return rows < 0 ? -1 : 0;
}

int
registry_sender_find(struct store *store, const char *sender,
	const struct sockaddr_storage *client,
	const char (*centers)[CENTER_ID_SIZE], size_t center_count,
	struct device *device_r, struct error *e)
{
	char address[ADDRESS_SIZE];
	struct search s = { .sender = address,
		.client = client,
		.centers = centers,
		.center_count = center_count };

	if (!registry_address(sender, address))
		return 0;
	if (store_read(store, search, &s, e) == -1)
		return -1;
	if (s.found > 0)
		*device_r = s.device;
	return s.found;
}
