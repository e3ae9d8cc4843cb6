/*
 * Which rows there are to be follows from the certificate or licence alone, so
 * that a check can tell and a step of the schema can put them.
 */
#include "store/certificate_index.h"

#include <string.h>

#include "store/inside.h"
#include "store/rows.h"

static struct packer
begin(enum index_kind kind)
{
	struct packer p = { .length = 0 };

	pack_number(&p, kind, 1);
	return p;
}

struct packer
index_owner(const char *principal, const char *number)
{
	struct packer p = begin(INDEX_OWNER);

	pack_raw(&p, principal, strlen(principal) + 1);
	pack_raw(&p, number, strlen(number));
	return p;
}

struct packer
index_end(enum index_kind kind, int64_t not_after, const char *number)
{
	struct packer p = begin(kind);

	pack_number(&p, (uint64_t)not_after, 8);
	pack_raw(&p, number, strlen(number));
	return p;
}

struct packer
index_name(enum index_kind kind, const char *name)
{
	struct packer p = begin(kind);

	pack_raw(&p, name, strlen(name));
	return p;
}

static bool
read_tail(const struct octets *key, char *name_r, size_t length)
{
	const char *octets = key->data;

	if (key->length < 1 + length)
		return false;
	memcpy(name_r, octets + key->length - length, length);
	name_r[length] = '\0';
	return strlen(name_r) == length;
}

bool
index_read_number(
	const struct octets *key, char number_r[CERTIFICATE_NUMBER_SIZE])
{
	return read_tail(key, number_r, CERTIFICATE_NUMBER_SIZE - 1);
}

bool
index_read_end(const struct octets *key, int64_t *not_after_r)
{
	struct unpacker u = unpack_row(key->data, key->length);

	(void)unpack_number(&u, 1);
	*not_after_r = unpack_time(&u);
	return !u.failed;
}

bool
index_read_licence(const struct octets *key, char licence_r[LICENCE_ID_SIZE])
{
	return read_tail(key, licence_r, LICENCE_ID_SIZE - 1);
}

int
index_set(
	struct db_txn *t, const struct packer *key, bool there, struct error *e)
{
	const struct octets k = pack_row(key), none = { "", 0 };

	if (there)
		return db_put(t, TABLE_CERTIFICATE_INDEX, &k, &none, e);
	return db_delete(t, TABLE_CERTIFICATE_INDEX, &k, e) < 0 ? -1 : 0;
}

enum { OF_ONE = 5 };

/* All that a certificate can have, and which of them it has. */
static void
keys_of(const struct certificate *c, struct packer keys[OF_ONE],
	bool there[OF_ONE])
{
	keys[0] = index_owner(c->principal, c->number);
	there[0] = true;
	keys[1] = index_end(INDEX_END, c->not_after, c->number);
	there[1] = c->revoked == 0 && !c->replaced;
	keys[4] = index_end(INDEX_REPLACED, c->not_after, c->number);
	there[4] = c->revoked == 0 && c->replaced;
	keys[2] = index_name(INDEX_REVOKED, c->number);
	there[2] = c->revoked != 0;
	keys[3] = index_name(INDEX_MAIL, c->number);
	there[3] = c->mail_due;
}

int
index_certificate(struct db_txn *t, const struct certificate *before,
	const struct certificate *after, struct error *e)
{
	const struct certificate *one = after != NULL ? after : before;
	struct packer keys[OF_ONE];
	bool there[OF_ONE], was[OF_ONE] = { false };

	if (before != NULL)
		keys_of(before, keys, was);
	keys_of(one, keys, there);
	for (int i = 0; i < OF_ONE; i++) {
		const bool is = after != NULL && there[i];

		if (is != was[i] && index_set(t, &keys[i], is, e) == -1)
			return -1;
	}
	return 0;
}

static bool
is_unconfirmed(const struct licence *l)
{
	return l->used != 0 && l->confirmed == 0 && l->revoked == 0;
}

int
index_licence(struct db_txn *t, const struct licence *licence, struct error *e)
{
	const struct packer key = index_name(INDEX_UNCONFIRMED, licence->id);

	return index_set(t, &key, is_unconfirmed(licence), e);
}

int
index_complete(struct db_txn *t, const struct certificate *c, struct error *e)
{
	struct packer keys[OF_ONE];
	bool there[OF_ONE];
	int found;

	keys_of(c, keys, there);
	for (int i = 0; i < OF_ONE; i++) {
		const struct octets key = pack_row(&keys[i]);
		size_t length;
		char none;

		found = db_get(t, TABLE_CERTIFICATE_INDEX, &key, &none,
			sizeof(none), &length, e);
		if (found < 0)
			return -1;
		if (found != there[i])
			return 0;
	}
	return 1;
}

static int
leads_to_licence(struct db_txn *t, const struct octets *key, struct error *e)
{
	char id[LICENCE_ID_SIZE];
	struct licence_row row;
	int found =
		index_read_licence(key, id) ? rows_licence(t, id, &row, e) : 0;

	return found == 1 ? is_unconfirmed(&row.licence) : found;
}

int
index_leads(struct db_txn *t, const struct octets *key, struct error *e)
{
	char number[CERTIFICATE_NUMBER_SIZE];
	struct packer keys[OF_ONE];
	bool there[OF_ONE];
	struct certificate c;
	int found;

	if (key->length > 0 &&
		*(const unsigned char *)key->data == INDEX_UNCONFIRMED)
		return leads_to_licence(t, key, e);
	if (!index_read_number(key, number))
		return 0;
	if ((found = rows_certificate(t, number, &c, e)) != 1)
		return found;
	keys_of(&c, keys, there);
	for (int i = 0; i < OF_ONE; i++) {
		const struct octets one = pack_row(&keys[i]);

		if (there[i] && one.length == key->length &&
			memcmp(one.data, key->data, one.length) == 0)
			return 1;
	}
	return 0;
}
