/*
 * Signing requests that the operator has in a file: kept until the authority
 * has them, and what came of each as long as somebody may ask.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/purge.h"

enum { RANDOM = 16 };

struct call {
	char licence[LICENCE_ID_SIZE];
	const struct octets *der;
	int64_t now;
	struct signing signing;
	const char *why;
	struct buffer *out;
};

bool
signing_waits(const struct signing *g)
{
	return g->number[0] == '\0' && g->why[0] == '\0';
}

int64_t
signing_kept(const struct signing *g)
{
	return g->created + RETENTION;
}

static int
write_row(struct db_txn *t, const struct signing *g, struct error *e)
{
	struct packer p = rows_pack_signing(g);

	return rows_put(t, TABLE_SIGNINGS, g->licence, &p, e);
}

/* It waits no more. */
static int
settle(struct db_txn *t, const struct signing *g, struct error *e)
{
	return write_row(t, g, e) == 0 ? document_drop(t, g->licence, e) : -1;
}

static int
find(struct db_txn *t, struct call *c, struct error *e)
{
	int found = rows_signing(t, c->licence, &c->signing, e);

	if (found == 0)
		return error_set(e, ERROR_NOT_FOUND,
			"no signing request is known for licence %s",
			c->licence);
	return found == 1 ? 0 : -1;
}

static int
put(struct db_txn *t, void *arg, struct error *e)
{
	const struct call *c = arg;
	const struct signing *g = &c->signing;
	struct signing old;
	struct expiry mark;
	int found = rows_signing(t, c->licence, &old, e);

	if (found < 0 || licence_check(t, c->licence, c->now, e) == -1)
		return -1;
	if (found == 1) {
		mark = purge_mark(signing_kept(&old), EXPIRY_SIGNING,
			old.licence, strlen(old.licence));
		if (purge_not(t, &mark, e) == -1)
			return -1;
	}
	if (write_row(t, g, e) == -1 ||
		document_put(t, g->licence, c->der, e) == -1)
		return -1;
	return purge_later(t, signing_kept(g), EXPIRY_SIGNING, g->licence,
		strlen(g->licence), e);
}

static int
draw(char out[LICENCE_TRANSACTION_SIZE], struct error *e)
{
	unsigned char random[RANDOM];
	char hex[2 * RANDOM + 1];

	if (crypto_random(random, sizeof(random), e) == -1)
		return -1;
	text_hex(random, sizeof(random), hex);
	(void)text_format(out, LICENCE_TRANSACTION_SIZE, "file%s", hex);
	return 0;
}

int
signing_put(struct store *s, const char *licence, const struct octets *der,
	int64_t now, struct error *e)
{
	struct call c = { .der = der, .now = now };

	if (licence_id_read(licence, strlen(licence), c.licence, e) == -1 ||
		draw(c.signing.transaction, e) == -1)
		return -1;
	memcpy(c.signing.licence, c.licence, sizeof(c.licence));
	c.signing.created = now;
	return store_write(s, DURABLE, put, &c, e);
}

static int
get(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;

	if (find(t, c, e) == -1)
		return -1;
	if (c->out == NULL)
		return 0;
	buffer_clear(c->out);
	return document_get(t, c->licence, c->out, e) < 0 ? -1 : 0;
}

int
signing_get(struct store *s, const char *licence, struct signing *signing_r,
	struct buffer *der_r, struct error *e)
{
	struct call c = { .out = der_r };

	if (licence_id_read(licence, strlen(licence), c.licence, e) == -1 ||
		store_read(s, get, &c, e) == -1)
		return -1;
	*signing_r = c.signing;
	return 0;
}

static int
refuse(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;

	if (find(t, c, e) == -1)
		return -1;
	if (!signing_waits(&c->signing))
		return error_set(e, ERROR_NOT_FOUND,
			"no signing request waits for licence %s", c->licence);
	(void)text_format(c->signing.why, sizeof(c->signing.why), "%s", c->why);
	return settle(t, &c->signing, e);
}

int
signing_refuse(
	struct store *s, const char *licence, const char *why, struct error *e)
{
	struct call c = { .why = why[0] != '\0' ? why : "no reason given" };

	if (licence_id_read(licence, strlen(licence), c.licence, e) == -1)
		return -1;
	return store_write(s, DURABLE, refuse, &c, e);
}

int
signing_done(struct db_txn *t, const char *licence, const char *transaction,
	const char *number, struct error *e)
{
	struct signing g;
	int found = rows_signing(t, licence, &g, e);

	if (found != 1 || !signing_waits(&g) ||
		strcmp(g.transaction, transaction) != 0)
		return found < 0 ? -1 : 0;
	(void)text_copy(g.number, sizeof(g.number), number);
	return settle(t, &g, e);
}

int
signing_forget(
	struct db_txn *t, const char *licence, int64_t now, struct error *e)
{
	const struct octets key = text_octets_of(licence);
	struct signing g;
	int found = rows_signing(t, licence, &g, e);

	if (found != 1 || signing_kept(&g) >= now)
		return found < 0 ? -1 : 0;
	return db_delete(t, TABLE_SIGNINGS, &key, e) < 0
		? -1
		: document_drop(t, licence, e);
}

struct walk {
	int (*each)(const struct signing *g, void *arg);
	void *arg;
	struct error *e;
};

static int
give(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *w = arg;
	struct signing g;

	memset(&g, 0, sizeof(g));
	if (key->length >= sizeof(g.licence) ||
		!rows_unpack_signing(*value, &g))
		return rows_damaged(TABLE_SIGNINGS, w->e);
	memcpy(g.licence, key->data, key->length);
	return w->each(&g, w->arg);
}

int
signing_walk(struct store *s, int (*each)(const struct signing *g, void *arg),
	void *arg, struct error *e)
{
	struct walk w = { each, arg, e };
	const struct octets all = { "", 0 };

	return store_walk(s, TABLE_SIGNINGS, &all, give, &w, e);
}
