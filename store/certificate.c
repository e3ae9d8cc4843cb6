/*
 * A row says all of a certificate, and its licence's row whose that is: what is
 * decided about one is decided by both in one transaction. The octets stand
 * beside, so that who looks through the rows reads none.
 */
#include "store/certificate.h"

#include <string.h>

#include "base/text.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/purge.h"

/* What one call is about. */
struct call {
	const char *licence, *transaction;
	char number[CERTIFICATE_NUMBER_SIZE]; /* that is renewed */
	const struct octets *der;
	struct certificate_facts facts; /* of it */
	int64_t now;
	struct certificate *certificate;
	struct buffer *given;
	bool again;
};

/* What a licence has had, and whether a key is among that. */
struct search {
	const struct licence *licence;
	const unsigned char *key;
	int64_t now;
	size_t count;
	bool known, revoked; /* that key; what it had since the last reset */
	bool before;         /* it had something before that */
	bool found;
	struct certificate valid; /* where it has one */
};

static int
look(struct db_txn *t, const struct certificate *c, void *arg, struct error *e)
{
	struct search *s = arg;

	(void)t;
	(void)e;
	if (strcmp(c->licence, s->licence->id) != 0)
		return 0;
	s->count++;
	if (memcmp(c->key, s->key, SHA256_SIZE) != 0)
		return 0;
	s->known = true;
	if (c->resets != s->licence->resets)
		s->before = true;
	if (c->resets != s->licence->resets || c->renews[0] != '\0')
		return 0;
	if (c->revoked != 0)
		s->revoked = true;
	if (certificate_state(c, s->now) != CERTIFICATE_VALID)
		return 0;
	s->found = true;
	s->valid = *c;
	return 0;
}

static int
search(struct db_txn *t, const struct call *c, const struct licence *l,
	struct search *s, struct error *e)
{
	memset(s, 0, sizeof(*s));
	s->licence = l;
	s->key = c->facts.key;
	s->now = c->now;
	return certificate_each_of(t, l->principal, look, s, e);
}

static int
check_facts(const struct call *c, const char *principal, struct error *e)
{
	const struct certificate_facts *f = &c->facts;

	if (!principal_same(f->principal, principal))
		return error_set(e, ERROR_BAD,
			"the certificate's subject is %s, not %s",
			f->principal[0] != '\0' ? f->principal : "nobody",
			principal);
	if (f->not_after <= c->now || f->not_before > f->not_after)
		return error_set(
			e, ERROR_BAD, "the certificate is not valid by now");
	return 0;
}

static bool
is_mailed(const char *principal)
{
	return principal_name(principal, PRINCIPAL_SERVER) != NULL;
}

/* renews "": it is a licence's first. */
static int
put_new(struct db_txn *t, struct call *c, const struct licence *l,
	const char *renews, struct error *e)
{
	const struct certificate_facts *f = &c->facts;
	struct certificate *n = c->certificate, old;
	int found = rows_certificate(t, f->number, &old, e);

	if (found == 1)
		return error_set(e, ERROR_TROUBLE,
			"by chance a number was drawn twice; try again");
	if (found < 0)
		return -1;
	memset(n, 0, sizeof(*n));
	memcpy(n->number, f->number, sizeof(n->number));
	memcpy(n->principal, l->principal, sizeof(n->principal));
	memcpy(n->licence, l->id, sizeof(n->licence));
	n->resets = l->resets;
	memcpy(n->key, f->key, sizeof(n->key));
	memcpy(n->digest, f->digest, sizeof(n->digest));
	n->not_before = f->not_before;
	n->not_after = f->not_after;
	n->issued = c->now;
	n->mail_due = is_mailed(n->principal);
	(void)text_copy(n->renews, sizeof(n->renews), renews);
	if (certificate_put(t, NULL, n, e) == -1 ||
		document_put(t, n->number, c->der, e) == -1)
		return -1;
	return purge_later(t, certificate_kept(n), EXPIRY_CERTIFICATE,
		n->number, strlen(n->number), e);
}

static int
check_count(const struct search *s, struct error *e)
{
	return s->count < CERTIFICATES_OF_LICENCE
		? 0
		: error_set(e, ERROR_LIMIT,
			  "%d certificates are known by licence %s already",
			  CERTIFICATES_OF_LICENCE, s->licence->id);
}

static int
record(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;
	struct licence l;
	struct search s;
	bool used;

	if (licence_take(t, c->licence, c->transaction, c->facts.key, c->now,
		    &l, &used, e) == -1 ||
		check_facts(c, l.principal, e) == -1 ||
		search(t, c, &l, &s, e) != 0)
		return -1;
	if (s.revoked)
		return error_set(e, ERROR_DENIED,
			"what this key had by licence %s is revoked", l.id);
	/* Else who has recorded how it asked, and no code, could ask so
	 * again. */
	if (s.before)
		return error_set(e, ERROR_DENIED,
			"licence %s was reset since it was this key's: a new "
			"key is needed",
			l.id);
	c->again = s.found;
	if (s.found)
		*c->certificate = s.valid;
	else if (check_count(&s, e) == -1 || put_new(t, c, &l, "", e) == -1)
		return -1;
	return signing_done(
		       t, l.id, c->transaction, c->certificate->number, e) == 0
		? certificate_octets(t, c->certificate->number, c->given, e)
		: -1;
}

int
certificate_record(struct store *s, const char *licence,
	const char *transaction, const struct octets *der, int64_t now,
	struct certificate *certificate_r, struct buffer *der_r, bool *again_r,
	struct error *e)
{
	struct call c = { .licence = licence,
		.transaction = transaction,
		.der = der,
		.now = now,
		.certificate = certificate_r,
		.given = der_r };

	if (certificate_read(der->data, der->length, &c.facts, e) == -1 ||
		store_write(s, DURABLE, record, &c, e) == -1)
		return -1;
	*again_r = c.again;
	return 0;
}

/* Is it valid, and not void? */
static int
check_good(struct db_txn *t, const struct certificate *c, int64_t now,
	struct licence *licence_r, struct error *e)
{
	enum certificate_state state;

	if (certificate_look(t, c, now, licence_r, &state, e) == -1)
		return -1;
	return state == CERTIFICATE_VALID
		? 0
		: error_set(e, ERROR_DENIED, "certificate %s is %s", c->number,
			  certificate_state_name(state));
}

/*
 * What a renewal meets that was made before: 1, it is this one again; 0, there
 * is none in the way (any more); -1.
 */
static int
meet_renewal(struct db_txn *t, struct call *c, const struct certificate *old,
	struct error *e)
{
	struct certificate next, revoked;
	int found = old->renewed[0] != '\0'
		? rows_certificate(t, old->renewed, &next, e)
		: 0;

	if (found != 1)
		return found;
	if (memcmp(next.key, c->facts.key, SHA256_SIZE) == 0 &&
		certificate_state(&next, c->now) == CERTIFICATE_VALID) {
		*c->certificate = next;
		return 1;
	}
	/* Whoever renews it has it. */
	if (next.confirmed != 0 || next.renewed[0] != '\0')
		return error_set(e, ERROR_DENIED,
			"certificate %s was renewed by %s, which is in use",
			old->number, next.number);
	if (next.revoked != 0)
		return 0;
	revoked = next;
	revoked.revoked = c->now;
	revoked.reason = REVOKED_SUPERSEDED;
	revoked.mail_due = false;
	return certificate_put(t, &next, &revoked, e);
}

static int
renew(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;
	struct certificate old, renewed;
	struct licence l;
	struct search s;
	int found;

	if (certificate_find(t, c->number, &old, e) == -1 ||
		check_good(t, &old, c->now, &l, e) == -1 ||
		check_facts(c, old.principal, e) == -1)
		return -1;
	found = meet_renewal(t, c, &old, e);
	if (found < 0)
		return -1;
	c->again = found == 1;
	if (c->again)
		return certificate_octets(
			t, c->certificate->number, c->given, e);
	if (search(t, c, &l, &s, e) != 0 || check_count(&s, e) == -1)
		return -1;
	if (s.known)
		return error_set(e, ERROR_DENIED,
			"a renewal has a key of its own, not one of before");
	renewed = old;
	memcpy(renewed.renewed, c->facts.number, sizeof(renewed.renewed));
	return put_new(t, c, &l, old.number, e) == 0 &&
			certificate_put(t, &old, &renewed, e) == 0
		? certificate_octets(t, c->certificate->number, c->given, e)
		: -1;
}

int
certificate_renew(struct store *s, const char *number, const struct octets *der,
	int64_t now, struct certificate *certificate_r, struct buffer *der_r,
	bool *again_r, struct error *e)
{
	struct call c = { .der = der,
		.now = now,
		.certificate = certificate_r,
		.given = der_r };

	if (certificate_number_read(number, c.number, e) == -1 ||
		certificate_read(der->data, der->length, &c.facts, e) == -1 ||
		store_write(s, DURABLE, renew, &c, e) == -1)
		return -1;
	*again_r = c.again;
	return 0;
}
