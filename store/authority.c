/*
 * What the store knows of the authority itself: what it has published, and when
 * it was heard.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/authority.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/meta.h"

struct call {
	struct crl crl;
	const struct octets *der;
	struct buffer *out;
};

static int
set(struct db_txn *t, void *arg, struct error *e)
{
	const struct call *c = arg;

	if (meta_set(t, META_CRL_REVISION, c->crl.revision, e) == -1 ||
		meta_set(t, META_CRL_NUMBER, c->crl.number, e) == -1 ||
		meta_set(t, META_CRL_THIS, (uint64_t)c->crl.this_update, e) ==
			-1 ||
		meta_set(t, META_CRL_NEXT, (uint64_t)c->crl.next_update, e) ==
			-1)
		return -1;
	return c->der->length > 0
		? document_put(t, AUTHORITY_DOCUMENT, c->der, e)
		: 0;
}

int
certificate_crl_set(struct store *s, const struct crl *crl,
	const struct octets *der, struct error *e)
{
	struct call c = { .crl = *crl, .der = der };

	if (der->length > CERTIFICATE_MAX)
		return error_set(e, ERROR_LIMIT,
			"a certificate has more than %d octets",
			CERTIFICATE_MAX);
	return store_write(s, DURABLE, set, &c, e);
}

static int
get(struct db_txn *t, void *arg, struct error *e)
{
	struct crl *crl = arg;
	uint64_t this_update, next_update;

	if (meta_number(t, META_CRL_REVISION, 0, &crl->revision, e) == -1 ||
		meta_number(t, META_CRL_NUMBER, 0, &crl->number, e) == -1 ||
		meta_number(t, META_CRL_THIS, 0, &this_update, e) == -1 ||
		meta_number(t, META_CRL_NEXT, 0, &next_update, e) == -1)
		return -1;
	crl->this_update = (int64_t)this_update;
	crl->next_update = (int64_t)next_update;
	return 0;
}

int
certificate_crl(struct store *s, struct crl *crl_r, struct error *e)
{
	return store_read(s, get, crl_r, e);
}

static int
get_revision(struct db_txn *t, void *arg, struct error *e)
{
	return meta_number(t, META_REVISION, 0, arg, e);
}

int
certificate_revision(struct store *s, uint64_t *revision_r, struct error *e)
{
	return store_read(s, get_revision, revision_r, e);
}

static int
get_document(struct db_txn *t, void *arg, struct error *e)
{
	struct buffer *out = arg;
	int found;

	buffer_clear(out);
	found = document_get(t, AUTHORITY_DOCUMENT, out, e);
	if (found == 0)
		return error_set(e, ERROR_NOT_FOUND,
			"the authority has not been heard of");
	return found == 1 ? 0 : -1;
}

int
certificate_authority(struct store *s, struct buffer *der_r, struct error *e)
{
	return store_read(s, get_document, der_r, e);
}

void
certificate_heard(struct store *s)
{
	atomic_store(&s->authority_heard, clock_seconds());
}

int64_t
certificate_heard_at(const struct store *s)
{
	return atomic_load(&s->authority_heard);
}

enum {
	DAY = 24 * 3600,
	CRL_NEAR = 15 * DAY /* seconds: so long before its end is told */
};

static int
warn_of_crl(struct store *s, int64_t now, struct error *e)
{
	char until[TEXT_TIME_SIZE];
	struct crl crl;

	if (certificate_crl(s, &crl, e) == -1)
		return -1;
	if (crl.next_update == 0 || crl.next_update - now > CRL_NEAR)
		return 0;
	text_time((time_t)crl.next_update, until);
	log_warn("the last CRL %s at %s, and no other has come: is csrc-ca "
		 "running?",
		crl.next_update > now ? "ends" : "ended", until);
	return 0;
}

/* Whoever has a certificate renews it long before. */
int
authority_warn(struct store *s, struct error *e)
{
	struct certificate_counts counts;
	struct error ignored;
	int64_t now;

	if (store_clock(s, &now, &ignored) == -1)
		return 0;
	if (s->authority_warned != 0 && now >= s->authority_warned &&
		now - s->authority_warned < DAY)
		return 0;
	s->authority_warned = now;
	if (warn_of_crl(s, now, e) == -1 ||
		certificate_count(s, now, &counts, e) == -1)
		return -1;
	if (counts.ending > 0)
		log_warn("%llu certificates end within 30 days and are not "
			 "renewed: see csrcadm certificate list --expiring 30d",
			(unsigned long long)counts.ending);
	return 0;
}
