/*
 * The first shared key of a device, for its first certificate: its id follows
 * from that one's number, so that there is one, and who asks again is told it
 * again until it is in use.
 */
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/key.h"
#include "store/secret.h"

enum { DIGITS = 16 }; /* of the number, in the key's id */

struct call {
	struct store *store;
	char number[CERTIFICATE_NUMBER_SIZE];
	const unsigned char *digest;
	int64_t now;
	struct key *key; /* with a new secret, wrapped in: */
	struct key_row row;
};

static int
check_certificate(struct db_txn *t, const struct call *c,
	struct certificate *row, struct error *e)
{
	enum certificate_state state;
	struct licence l;

	if (certificate_find(t, c->number, row, e) == -1 ||
		certificate_look(t, row, c->now, &l, &state, e) == -1)
		return -1;
	if (!crypto_same(row->digest, c->digest, SHA256_SIZE))
		return error_set(e, ERROR_DENIED,
			"certificate %s is not the one that was shown",
			row->number);
	if (state != CERTIFICATE_VALID)
		return error_set(e, ERROR_DENIED, "certificate %s is %s",
			row->number, certificate_state_name(state));
	if (row->renews[0] != '\0')
		return error_set(e, ERROR_DENIED,
			"certificate %s is a renewal, and only a first one "
			"brings a key",
			row->number);
	return principal_name(row->principal, PRINCIPAL_DEVICE) != NULL ||
			principal_name(row->principal, PRINCIPAL_AGENT) != NULL
		? 0
		: error_set(e, ERROR_DENIED, "%s has no keys", row->principal);
}

static int
check_known(const struct key_row *known, const struct certificate *row,
	struct error *e)
{
	if (strcmp(known->principal, row->principal) != 0)
		return error_set(e, ERROR_DENIED,
			"by chance another has a key of that id");
	if (!known->live)
		return error_set(e, ERROR_DENIED, "its first key is retired");
	return known->used == 0
		? 0
		: error_set(e, ERROR_DENIED, "its first key is in use");
}

/* It may run more than once. */
static int
get_or_add(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;
	const struct octets id = { c->key->id, c->key->id_length };
	struct certificate row;
	struct key_row known;
	int found;

	if (check_certificate(t, c, &row, e) == -1)
		return -1;
	found = rows_key(t, &id, &known, e);
	if (found < 0 || (found == 1 && check_known(&known, &row, e) == -1))
		return -1;
	memcpy(c->key->principal, row.principal, sizeof(row.principal));
	if (found == 1) {
		c->key->created = known.created;
		return secret_unwrap(c->store, &id, &known, c->key->secret,
			&c->key->length, e);
	}
	memcpy(c->row.principal, row.principal, sizeof(row.principal));
	if (secret_wrap(c->store, &id, c->key->secret, c->key->length, &c->row,
		    e) == -1)
		return -1;
	return key_add(t, &id, &c->row, e);
}

static int
draw(struct call *c, struct error *e)
{
	struct key *k = c->key;
	int length = snprintf(
		(char *)k->id, sizeof(k->id), "c%.*s", DIGITS, c->number);

	k->id_length = (size_t)length;
	k->live = true;
	k->created = c->now;
	k->length = sizeof(k->secret);
	c->row.live = true;
	c->row.created = c->now;
	return crypto_random(k->secret, k->length, e);
}

int
certificate_first_key(struct store *s, const char *number,
	const unsigned char digest[SHA256_SIZE], int64_t now, struct key *key_r,
	struct error *e)
{
	struct call c = {
		.store = s, .digest = digest, .now = now, .key = key_r
	};
	int rc = -1;

	memset(key_r, 0, sizeof(*key_r));
	if (!s->keyed)
		return error_set(e, ERROR_TROUBLE, "there is no master key");
	if (certificate_number_read(number, c.number, e) == 0 &&
		draw(&c, e) == 0)
		rc = store_write(s, DURABLE, get_or_add, &c, e);
	if (rc == -1 && e->code == ERROR_LIMIT)
		e->code = ERROR_DENIED;
	if (rc == -1)
		wipe(key_r, sizeof(*key_r));
	return rc;
}
