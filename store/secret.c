/*
 * A secret is kept wrapped with the master key, labelled with what it is, its
 * id and its principal, so that neither a copy of the database nor moving a row
 * gives it away.
 */
#include "store/secret.h"

#include <string.h>

#include "base/wipe.h"
#include "store/inside.h"

/* Where one stands, and what it is bound to. */
struct place {
	struct packer bound;
	unsigned char *wrapped;
	size_t *length;
};

static struct packer
label_of(const char *what, const struct octets *id, const char *principal)
{
	struct packer p = { .length = 0 };

	pack_text(&p, what);
	pack_octets(&p, id->data, id->length);
	pack_text(&p, principal);
	return p;
}

static struct place
key_place(const struct octets *id, struct key_row *row)
{
	return (struct place){ label_of("key", id, row->principal),
		row->wrapped, &row->wrapped_length };
}

static struct place
licence_place(struct licence_row *row)
{
	const struct octets id = text_octets_of(row->licence.id);

	return (struct place){ label_of("licence", &id, row->licence.principal),
		row->wrapped, &row->wrapped_length };
}

static int
wrap(const unsigned char *master, const struct place *at,
	const struct crypto_span *secret, struct error *e)
{
	const struct crypto_span label = { at->bound.data, at->bound.length };

	return crypto_wrap(master, &label, secret, at->wrapped, at->length, e);
}

static int
unwrap(const unsigned char *master, const struct place *at,
	unsigned char secret[KEY_SIZE_MAX], size_t *length_r, struct error *e)
{
	const struct crypto_span label = { at->bound.data, at->bound.length };
	const struct crypto_span wrapped = { at->wrapped, *at->length };

	return crypto_unwrap(master, &label, &wrapped, secret, length_r, e);
}

static int
unwrap_ours(const struct store *s, const struct place *at,
	unsigned char secret[KEY_SIZE_MAX], size_t *length_r, struct error *e)
{
	if (!s->keyed)
		return error_set(e, ERROR_TROUBLE, "there is no master key");
	if (unwrap(s->master, at, secret, length_r, e) == 0)
		return 0;
	/* The master key fits (store_open tried it): the row is damaged. It
	 * is our fault and no sign of a forged mail. */
	e->code = ERROR_TROUBLE;
	return -1;
}

static int
rewrap(const struct store *s, const struct place *at, struct error *e)
{
	unsigned char secret[KEY_SIZE_MAX];
	struct crypto_span plain = { secret, 0 };
	int rc = -1;

	if (unwrap(s->next, at, secret, &plain.length, e) == 0)
		rc = 0;
	else if (unwrap_ours(s, at, secret, &plain.length, e) == 0 &&
		wrap(s->next, at, &plain, e) == 0)
		rc = 1;
	wipe(secret, sizeof(secret));
	return rc;
}

int
secret_wrap(const struct store *s, const struct octets *id,
	const unsigned char *secret, size_t length, struct key_row *row,
	struct error *e)
{
	const struct place at = key_place(id, row);
	const struct crypto_span plain = { secret, length };

	return wrap(s->master, &at, &plain, e);
}

int
secret_unwrap(const struct store *s, const struct octets *id,
	struct key_row *row, unsigned char secret[KEY_SIZE_MAX],
	size_t *length_r, struct error *e)
{
	const struct place at = key_place(id, row);

	return unwrap_ours(s, &at, secret, length_r, e);
}

int
secret_rewrap(const struct store *s, const struct octets *id,
	struct key_row *row, struct error *e)
{
	const struct place at = key_place(id, row);

	return rewrap(s, &at, e);
}

int
secret_wrap_code(const struct store *s, const char code[LICENCE_CODE_SIZE],
	struct licence_row *row, struct error *e)
{
	const struct place at = licence_place(row);
	char letters[LICENCE_LETTERS];
	const struct crypto_span plain = { letters, sizeof(letters) };
	int rc;

	if (!s->keyed)
		return error_set(e, ERROR_TROUBLE, "there is no master key");
	licence_code_letters(code, letters);
	rc = wrap(s->master, &at, &plain, e);
	wipe(letters, sizeof(letters));
	return rc;
}

int
secret_unwrap_code(const struct store *s, struct licence_row *row,
	char code_r[LICENCE_CODE_SIZE], struct error *e)
{
	const struct place at = licence_place(row);
	unsigned char letters[KEY_SIZE_MAX];
	size_t length;
	int rc = unwrap_ours(s, &at, letters, &length, e);

	if (rc == 0 &&
		licence_code_read((const char *)letters, length, code_r, e) ==
			-1) {
		rc = -1;
		e->code = ERROR_TROUBLE;
	}
	wipe(letters, sizeof(letters));
	return rc;
}

int
secret_rewrap_code(
	const struct store *s, struct licence_row *row, struct error *e)
{
	const struct place at = licence_place(row);

	return rewrap(s, &at, e);
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
