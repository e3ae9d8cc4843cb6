/*
 * What becomes of a certificate after it was issued.
 */
#include <string.h>

#include "base/text.h"
#include "store/certificate_index.h"
#include "store/certificate_rows.h"
#include "store/inside.h"

struct call {
	char number[CERTIFICATE_NUMBER_SIZE];
	int64_t now;
	enum revocation reason;
	/* Changes a row; 1: there is nothing to change, 0, -1. */
	int (*change)(struct db_txn *t, const struct call *c,
		struct certificate *row, struct error *e);
	struct certificate *certificate;
	enum certificate_state state;
	struct buffer *der;
};

static int
change_row(struct db_txn *t, void *arg, struct error *e)
{
	const struct call *c = arg;
	struct certificate before, after;
	int rc;

	if (certificate_find(t, c->number, &before, e) == -1)
		return -1;
	after = before;
	rc = c->change(t, c, &after, e);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	return certificate_put(t, &before, &after, e);
}

static int
change(struct store *s, const char *number, struct call *c, struct error *e)
{
	return certificate_number_read(number, c->number, e) == 0
		? store_write(s, DURABLE, change_row, c, e)
		: -1;
}

/* Nobody has to be told that the one before ends. */
static int
replace(struct db_txn *t, const struct certificate *renewal, struct error *e)
{
	struct certificate before, after;
	int found = rows_certificate(t, renewal->renews, &before, e);

	if (found != 1 || before.replaced)
		return found < 0 ? -1 : 0;
	after = before;
	after.replaced = true;
	return certificate_put(t, &before, &after, e);
}

/* The first one's key is the licence's. */
static int
confirm(struct db_txn *t, const struct call *c, struct certificate *row,
	struct error *e)
{
	if (row->revoked != 0)
		return error_set(e, ERROR_DENIED, "certificate %s is revoked",
			row->number);
	if (row->confirmed != 0)
		return 1;
	row->confirmed = c->now;
	return row->renews[0] != '\0'
		? replace(t, row, e)
		: licence_note_confirmed(t, row->licence, row->key, c->now, e);
}

int
certificate_confirm(
	struct store *s, const char *number, int64_t now, struct error *e)
{
	struct call c = { .now = now, .change = confirm };

	return change(s, number, &c, e);
}

static int
revoke(struct db_txn *t, const struct call *c, struct certificate *row,
	struct error *e)
{
	(void)t;
	(void)e;
	if (row->revoked != 0)
		return 1;
	row->revoked = c->now;
	row->reason = c->reason;
	row->mail_due = false;
	return 0;
}

int
certificate_revoke(struct store *s, const char *number, enum revocation reason,
	int64_t now, struct error *e)
{
	struct call c = { .now = now, .reason = reason, .change = revoke };

	return change(s, number, &c, e);
}

struct ending {
	const char *licence; /* NULL: any */
	struct call call;
};

static int
revoke_one(struct db_txn *t, const struct certificate *c, void *arg,
	struct error *e)
{
	const struct ending *all = arg;
	struct certificate after = *c;

	if ((all->licence != NULL && strcmp(all->licence, c->licence) != 0) ||
		certificate_state(c, all->call.now) != CERTIFICATE_VALID)
		return 0;
	(void)revoke(t, &all->call, &after, e);
	return certificate_put(t, c, &after, e);
}

int
certificate_revoke_all(struct db_txn *t, const char *principal,
	const char *licence, enum revocation reason, int64_t now,
	struct error *e)
{
	struct ending all = { licence, { .now = now, .reason = reason } };

	return certificate_each_of(t, principal, revoke_one, &all, e);
}

static int
mail(struct db_txn *t, const struct call *c, struct certificate *row,
	struct error *e)
{
	enum certificate_state state;
	struct licence l;

	if (principal_name(row->principal, PRINCIPAL_SERVER) == NULL)
		return error_set(e, ERROR_DENIED,
			"certificate %s is %s's: only those of servers are "
			"mailed",
			row->number, row->principal);
	if (certificate_look(t, row, c->now, &l, &state, e) == -1)
		return -1;
	if (state != CERTIFICATE_VALID)
		return error_set(e, ERROR_DENIED, "certificate %s is %s",
			row->number, certificate_state_name(state));
	row->mail_due = true;
	return 0;
}

int
certificate_mail(
	struct store *s, const char *number, int64_t now, struct error *e)
{
	struct call c = { .now = now, .change = mail };

	return change(s, number, &c, e);
}

static int
mailed(struct db_txn *t, const struct call *c, struct certificate *row,
	struct error *e)
{
	(void)t;
	(void)e;
	if (!row->mail_due)
		return 1;
	row->mail_due = false;
	row->mailed = c->now;
	return 0;
}

int
certificate_mailed(
	struct store *s, const char *number, int64_t now, struct error *e)
{
	struct call c = { .now = now, .change = mailed };

	return change(s, number, &c, e);
}

static int
get(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;
	struct licence l;

	if (certificate_find(t, c->number, c->certificate, e) == -1 ||
		certificate_look(t, c->certificate, c->now, &l, &c->state, e) ==
			-1)
		return -1;
	return c->der != NULL ? certificate_octets(t, c->number, c->der, e) : 0;
}

int
certificate_get(struct store *s, const char *number, int64_t now,
	struct certificate *certificate_r, enum certificate_state *state_r,
	struct buffer *der_r, struct error *e)
{
	struct call c = {
		.now = now, .certificate = certificate_r, .der = der_r
	};

	if (certificate_number_read(number, c.number, e) == -1 ||
		store_read(s, get, &c, e) == -1)
		return -1;
	*state_r = c.state;
	return 0;
}
