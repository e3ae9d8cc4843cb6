/*
 * Forwarders. A row's key is center, address and what must be proved, so that
 * all of one address stand together; an address by itself is never one, since
 * anybody can write it.
 */
#include "store/forwarder.h"

#include <string.h>

#include "base/text.h"
#include "store/inside.h"
#include "store/pack.h"
#include "store/rows.h"

static const char *const proofs[FORWARDER_PROOFS] = {
	[BY_NETWORK] = "network",
	[BY_LOGIN] = "login",
	[BY_DKIM] = "dkim",
};

const char *
registry_proof_name(enum forwarder_proof proof)
{
	return proofs[proof];
}

static struct packer
prefix_of(const char *center, const char *address)
{
	struct packer p = { .length = 0 };

	pack_raw(&p, center, strlen(center) + 1);
	if (address != NULL)
		pack_raw(&p, address, strlen(address) + 1);
	return p;
}

static struct packer
row_key(const struct forwarder *f)
{
	struct packer p = prefix_of(f->center, f->address);

	pack_number(&p, f->proof, 1);
	pack_raw(&p, f->value, strlen(f->value));
	return p;
}

/* Copies up to the NUL that must be there; what follows is left in *at. */
static bool
take_part(struct octets *at, char *out, size_t size)
{
	const unsigned char *nul = memchr(at->data, '\0', at->length);
	size_t length;

	if (nul == NULL)
		return false;
	length = (size_t)(nul - (const unsigned char *)at->data);
	if (length == 0 || length >= size)
		return false;
	memcpy(out, at->data, length + 1);
	at->data = nul + 1;
	at->length -= length + 1;
	return true;
}

bool
forwarder_read(const struct octets *key, struct forwarder *f)
{
	struct octets at = *key;
	unsigned char proof;

	if (!take_part(&at, f->center, sizeof(f->center)) ||
		!take_part(&at, f->address, sizeof(f->address)) ||
		at.length < 2 || at.length > sizeof(f->value))
		return false;
	proof = *(const unsigned char *)at.data;
	if (proof >= FORWARDER_PROOFS)
		return false;
	f->proof = (enum forwarder_proof)proof;
	memcpy(f->value, (const char *)at.data + 1, at.length - 1);
	f->value[at.length - 1] = '\0';
	return strlen(f->value) == at.length - 1;
}

/* A domain as A-labels in lower case. */
static bool
canonical_domain(const char *text, char out[FORWARDER_VALUE_SIZE])
{
	char address[ADDRESS_SIZE], mail[ADDRESS_SIZE];

	return text_format(mail, sizeof(mail), "x@%s", text) &&
		registry_address(mail, address) &&
		text_copy(out, FORWARDER_VALUE_SIZE, address + 2);
}

static bool
canonical_login(const char *text, char out[FORWARDER_VALUE_SIZE])
{
	for (const char *at = text; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			return false;
	return text[0] != '\0' && text_copy(out, FORWARDER_VALUE_SIZE, text);
}

static bool
canonical_network(const char *text, char out[FORWARDER_VALUE_SIZE])
{
	char network[NETWORK_SIZE];

	return network_canonical(text, network) &&
		text_copy(out, FORWARDER_VALUE_SIZE, network);
}

static int
canonical(const struct forwarder *in, struct forwarder *out, struct error *e)
{
	static bool (*const values[FORWARDER_PROOFS])(
		const char *text, char out[FORWARDER_VALUE_SIZE]) = {
		[BY_NETWORK] = canonical_network,
		[BY_LOGIN] = canonical_login,
		[BY_DKIM] = canonical_domain,
	};

	out->proof = in->proof;
	if (!claims_center(in->center, strlen(in->center), out->center))
		return error_set(e, ERROR_BAD, "that is no center ID");
	if (!registry_address(in->address, out->address))
		return error_set(e, ERROR_BAD,
			"\"%.100s\" is not a mail address", in->address);
	if (!values[in->proof](in->value, out->value))
		return error_set(e, ERROR_BAD, "\"%.100s\" is no %s", in->value,
			in->proof == BY_NETWORK        ? "network"
				: in->proof == BY_DKIM ? "domain"
						       : "login");
	return 0;
}

static int
put_forwarder(struct db_txn *t, void *arg, struct error *e)
{
	const struct forwarder *f = arg;
	struct packer p = row_key(f);
	struct octets key = pack_row(&p);
	const struct octets none = { "", 0 };
	struct center_row center;
	int found = rows_center(t, f->center, &center, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no center %s", f->center);
	return found < 0 ? -1 : db_put(t, TABLE_FORWARDERS, &key, &none, e);
}

int
registry_forwarder_add(
	struct store *s, const struct forwarder *forwarder, struct error *e)
{
	struct forwarder f;

	if (canonical(forwarder, &f, e) == -1)
		return -1;
	return store_write(s, DURABLE, put_forwarder, &f, e);
}

/* One row at a time: there are few. */
struct dropping {
	struct packer prefix;
	unsigned char key[TABLE_KEY_MAX];
	size_t length;
};

static int
take_key(const struct octets *key, const struct octets *value, void *arg)
{
	struct dropping *d = arg;

	(void)value;
	if (key->length < d->prefix.length ||
		memcmp(key->data, d->prefix.data, d->prefix.length) != 0)
		return 2;
	memcpy(d->key, key->data, key->length);
	d->length = key->length;
	return 1;
}

/* How many there were, or -1. */
static int
drop(struct db_txn *t, struct dropping *d, struct error *e)
{
	struct octets from = pack_row(&d->prefix), key;
	int rc, count = 0;

	while ((rc = db_scan(t, TABLE_FORWARDERS, &from, take_key, d, e)) ==
		1) {
		key = (struct octets){ d->key, d->length };
		if (db_delete(t, TABLE_FORWARDERS, &key, e) < 0)
			return -1;
		count++;
	}
	return rc < 0 ? -1 : count;
}

int
forwarder_drop_all(struct db_txn *t, const char *center, struct error *e)
{
	struct dropping d = { .prefix = prefix_of(center, NULL) };

	return drop(t, &d, e) < 0 ? -1 : 0;
}

static int
drop_address(struct db_txn *t, void *arg, struct error *e)
{
	const struct forwarder *f = arg;
	struct dropping d = { .prefix = prefix_of(f->center, f->address) };
	int count = drop(t, &d, e);

	if (count == 0)
		return error_set(e, ERROR_NOT_FOUND,
			"%s is no forwarder of center %s", f->address,
			f->center);
	return count < 0 ? -1 : 0;
}

int
registry_forwarder_remove(struct store *s, const char *center,
	const char *address, struct error *e)
{
	struct forwarder f;

	if (!claims_center(center, strlen(center), f.center))
		return error_set(e, ERROR_BAD, "that is no center ID");
	if (!registry_address(address, f.address))
		return error_set(e, ERROR_BAD,
			"\"%.100s\" is not a mail address", address);
	return store_write(s, DURABLE, drop_address, &f, e);
}

struct search {
	struct octets prefix;
	const struct forwarder_evidence *evidence;
	char dkim[FORWARDER_VALUE_SIZE]; /* canonical; "": none */
	struct forwarder *found;
	bool proved;
	struct error *e;
};

static bool
proves(const struct search *s, const struct forwarder *f)
{
	const struct forwarder_evidence *v = s->evidence;

	switch (f->proof) {
	case BY_NETWORK:
		return v->client != NULL &&
			network_contains(f->value, v->client);
	case BY_LOGIN:
		return v->login != NULL && strcmp(v->login, f->value) == 0;
	case BY_DKIM:
		return s->dkim[0] != '\0' && strcmp(s->dkim, f->value) == 0;
	case FORWARDER_PROOFS:
		break;
	}
	return false;
}

static int
look_at(const struct octets *key, const struct octets *value, void *arg)
{
	struct search *s = arg;

	(void)value;
	if (key->length < s->prefix.length ||
		memcmp(key->data, s->prefix.data, s->prefix.length) != 0)
		return 1;
	if (!forwarder_read(key, s->found))
		return rows_damaged(TABLE_FORWARDERS, s->e);
	s->proved = proves(s, s->found);
	return s->proved;
}

static int
search(struct db_txn *t, void *arg, struct error *e)
{
	struct search *s = arg;

	s->e = e;
	s->proved = false;
	if (db_scan(t, TABLE_FORWARDERS, &s->prefix, look_at, s, e) < 0)
		return -1;
	return s->proved;
}

int
registry_forwarder_find(struct store *store, const char *center,
	const char *sender, const struct forwarder_evidence *evidence,
	struct forwarder *forwarder_r, struct error *e)
{
	struct search s = { .evidence = evidence, .found = forwarder_r };
	char address[ADDRESS_SIZE], id[CENTER_ID_SIZE];
	struct packer p;

	if (!claims_center(center, strlen(center), id) ||
		!registry_address(sender, address))
		return 0;
	if (evidence->dkim != NULL)
		(void)canonical_domain(evidence->dkim, s.dkim);
	p = prefix_of(id, address);
	s.prefix = pack_row(&p);
	return store_read(store, search, &s, e);
}

struct walk {
	int (*each)(const struct forwarder *f, void *arg);
	void *arg;
	struct error *e;
};

static int
give(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *w = arg;
	struct forwarder f;

	(void)value;
	if (!forwarder_read(key, &f))
		return rows_damaged(TABLE_FORWARDERS, w->e);
	return w->each(&f, w->arg);
}

int
registry_forwarders(struct store *s, const char *center,
	int (*each)(const struct forwarder *f, void *arg), void *arg,
	struct error *e)
{
	struct walk w = { each, arg, e };
	struct packer p = { .length = 0 };
	struct octets prefix;

	if (center != NULL)
		p = prefix_of(center, NULL);
	prefix = pack_row(&p);
	return store_walk(s, TABLE_FORWARDERS, &prefix, give, &w, e);
}
