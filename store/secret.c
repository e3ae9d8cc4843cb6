/*
 * A secret is kept wrapped with the master key, labelled with its key id and
 * its principal, so that neither a copy of the database nor moving a row gives
 * a key away.
 */
#include "store/secret.h"

#include "base/wipe.h"
#include "store/inside.h"

static struct packer
label_of(const struct octets *id, const char *principal)
{
	struct packer p = { .length = 0 };

	pack_text(&p, "key");
	pack_octets(&p, id->data, id->length);
	pack_text(&p, principal);
	return p;
}

int
secret_wrap(const struct store *s, const struct octets *id,
	const unsigned char *secret, size_t length, struct key_row *row,
	struct error *e)
{
	struct packer bound = label_of(id, row->principal);
	const struct crypto_span label = { bound.data, bound.length };
	const struct crypto_span plain = { secret, length };

	return crypto_wrap(s->master, &label, &plain, row->wrapped,
		&row->wrapped_length, e);
}

int
secret_unwrap(const struct store *s, const struct octets *id,
	const struct key_row *row, unsigned char secret[KEY_SIZE_MAX],
	size_t *length_r, struct error *e)
{
	struct packer bound = label_of(id, row->principal);
	const struct crypto_span label = { bound.data, bound.length };
	const struct crypto_span wrapped = { row->wrapped,
		row->wrapped_length };

	if (!s->keyed)
		return error_set(e, ERROR_TROUBLE, "there is no master key");
	if (crypto_unwrap(s->master, &label, &wrapped, secret, length_r, e) ==
		0)
		return 0;
	/* The master key fits (store_open tried it): the row is damaged. It
	 * is our fault and no sign of a forged mail. */
	e->code = ERROR_TROUBLE;
	return -1;
}

int
secret_rewrap(const struct store *s, const struct octets *id,
	struct key_row *row, struct error *e)
{
	struct packer bound = label_of(id, row->principal);
	const struct crypto_span label = { bound.data, bound.length };
	const struct crypto_span wrapped = { row->wrapped,
		row->wrapped_length };
	unsigned char secret[KEY_SIZE_MAX];
	struct crypto_span plain = { secret, 0 };
	int rc = -1;

	if (crypto_unwrap(
		    s->next, &label, &wrapped, secret, &plain.length, e) == 0)
		rc = 0;
	else if (secret_unwrap(s, id, row, secret, &plain.length, e) == 0 &&
		crypto_wrap(s->next, &label, &plain, row->wrapped,
			&row->wrapped_length, e) == 0)
		rc = 1;
	wipe(secret, sizeof(secret));
	return rc;
}

static const struct crypto_span decoy_label = { "decoy", 5 };

int
secret_decoy(struct store *s, struct error *e)
{
	unsigned char secret[KEY_SIZE_MAX];
	const struct crypto_span plain = { secret, sizeof(secret) };

	if (crypto_random(secret, sizeof(secret), e) == -1)
		return -1;
	return crypto_wrap(
		s->master, &decoy_label, &plain, s->decoy, &s->decoy_length, e);
}

/* The time that an answer takes must not tell whether there is such a key. */
void
secret_spend(const struct store *s)
{
	const struct crypto_span wrapped = { s->decoy, s->decoy_length };
	unsigned char secret[KEY_SIZE_MAX];
	size_t length;

	if (s->decoy_length != 0)
		(void)crypto_unwrap(s->master, &decoy_label, &wrapped, secret,
			&length, NULL);
	wipe(secret, sizeof(secret));
}
