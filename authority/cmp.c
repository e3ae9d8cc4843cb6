/*
 * The way of a message: whose it claims to be, the transaction, what the daemon
 * knows of that, the proof, the answer. An unknown licence goes the same way as
 * a wrong code, with the same questions to the daemon and a secret made up.
 *
 * A message that comes again has the answer that it had: the peer's connection
 * may have broken before it was there.
 */
#include "authority/cmp.h"

#include <string.h>

#include <openssl/x509.h>

#include "authority/context.h"
#include "authority/exchange.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wipe.h"

/* A body that is answered, and with which protection. */
struct request {
	int number;
	enum cmp_protection protection;
	const char *name, *done;
	/* Of what begins a transaction: sees to it that x's transaction has
	 * what its messages must prove. */
	int (*meet)(struct exchange *x, struct error *e);
};

static const char *
or_none(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

/* The decision. What the peer wrote is in it as hex only. */
static void
tell(const struct exchange *x, const char *request, const char *what)
{
	const struct transaction *t = x->transaction;

	log_info("%s: %s %s%s, by %s for %s, certificate %s%s%s",
		x->header.transaction, request, what, x->again ? " again" : "",
		t != NULL ? or_none(t->owner) : "-",
		t != NULL ? or_none(t->principal) : "-",
		t != NULL ? or_none(t->number) : "-",
		x->why.text[0] != '\0' ? ": " : "", x->why.text);
}

/* The transaction goes on with this answer to that message. */
static int
keep(struct exchange *x, const struct buffer *answer, struct error *e)
{
	struct transaction *t = x->transaction;

	buffer_clear(&t->answer);
	if (buffer_append(&t->answer, answer->data, answer->length) !=
		BUFFER_OK)
		return error_memory(e);
	memcpy(t->heard, x->digest, sizeof(t->heard));
	return 0;
}

static int
refuse(struct exchange *x, const char *request, const char *why,
	struct buffer *answer_r, struct error *e)
{
	error_set(&x->why, ERROR_DENIED, "%s", why);
	tell(x, request, "refused");
	return context_refuse(x, why, answer_r, e);
}

/* Of one that nobody has, too. */
static void
release(struct exchange *x)
{
	const struct transaction *t = x->transaction;
	struct error why;

	if (t->owner[0] == '\0' ||
		authority_release(x->daemon, t->owner, t->name, &why) == 0 ||
		why.code != ERROR_TROUBLE)
		return;
	log_warn("%s: licence %s may stay held: %s", t->name, t->owner,
		why.text);
	transactions_leave(x->cmp->transactions, t->owner, t->name);
}

/* Held for one of ours that is gone, and that the daemon was not told of, it is
 * held no more. Of several it is not known which had reached the daemon. */
static int
reserve_licence(struct exchange *x, struct authority_licence *licence_r,
	struct error *e)
{
	const struct transaction *t = x->transaction;
	struct transactions *all = x->cmp->transactions;
	char left[CMP_TRANSACTION_SIZE];
	bool any = false;

	if (authority_reserve(x->daemon, t->owner, t->name, licence_r, e) == 0)
		return 0;
	if (e->code != ERROR_EXISTS)
		return -1;
	while (transactions_left(all, t->owner, left)) {
		any = true;
		if (authority_release(x->daemon, t->owner, left, e) == -1) {
			transactions_leave(all, t->owner, left);
			return -1;
		}
	}
	return any
		? authority_reserve(x->daemon, t->owner, t->name, licence_r, e)
		: -1;
}

/*
 * Whom the reference means, and the secret that its messages must prove; one
 * that is none, if the daemon has none to tell.
 */
static int
reserve(struct exchange *x, char secret_r[LICENCE_CODE_SIZE], struct error *e)
{
	struct transaction *t = x->transaction;
	struct authority_licence licence = { 0 };
	struct error why = { 0 };
	char id[LICENCE_ID_SIZE];
	int rc = -1;

	if (licence_id_read((const char *)x->header.reference,
		    x->header.reference_length, id, &why) == 0) {
		(void)text_copy(t->owner, sizeof(t->owner), id);
		rc = reserve_licence(x, &licence, &why);
	}
	if (rc == 0) {
		(void)text_copy(
			t->principal, sizeof(t->principal), licence.principal);
		(void)text_copy(x->url, sizeof(x->url), licence.url);
		(void)text_copy(secret_r, LICENCE_CODE_SIZE, licence.code);
	} else if (why.code == ERROR_TROUBLE)
		*e = why;
	else {
		x->why = why;
		rc = pseudo_code(x->cmp->pseudo, x->header.reference,
			x->header.reference_length, secret_r, e);
	}
	wipe(&licence, sizeof(licence));
	return rc;
}

/* What proves a message of who has a licence. */
static int
meet_licensee(struct exchange *x, struct error *e)
{
	char secret[LICENCE_CODE_SIZE];
	int rc = reserve(x, secret, e);

	if (rc == 0)
		rc = context_for_secret(x, secret, e);
	wipe(secret, sizeof(secret));
	return rc;
}

/* Which certificate is shown, as the daemon knows it: -1 and ERROR_DENIED: it
 * is not good (any more). */
static int
know_signer(struct exchange *x, struct error *e)
{
	struct transaction *t = x->transaction;
	struct authority_certificate known = { 0 };
	unsigned char *der = NULL;
	int length, rc = -1;

	if (x->header.certificate == NULL)
		return error_set(e, ERROR_DENIED,
			"the certificate that it is signed by is not in it");
	if (issuer_identify(x->cmp->issuer, x->header.certificate, t->principal,
		    t->owner, e) == -1 ||
		authority_certificate(x->daemon, t->owner, &known, e) == -1)
		goto out;
	length = i2d_X509(x->header.certificate, &der);
	if (strcmp(known.state, "valid") != 0)
		error_set(
			e, ERROR_DENIED, "the certificate is %s", known.state);
	else if (length < 0 || (size_t)length != known.der.length ||
		memcmp(der, known.der.data, known.der.length) != 0)
		error_set(e, ERROR_DENIED,
			"the daemon has another "
			"certificate of that number");
	else {
		(void)text_copy(x->url, sizeof(x->url), known.url);
		x->signer = x->header.certificate;
		rc = 0;
	}
out:
	OPENSSL_free(der);
	buffer_clear(&known.der);
	return rc;
}

static int
meet_signer(struct exchange *x, struct error *e)
{
	if (know_signer(x, e) == -1)
		return -1;
	return context_for_signer(x, e);
}

static const struct request requests[] = {
	{ CMP_IR, CMP_MAC, "ir", "issued", meet_licensee },
	{ CMP_CR, CMP_MAC, "cr", "issued", meet_licensee },
	{ CMP_P10CR, CMP_MAC, "p10cr", "issued", meet_licensee },
	{ CMP_KUR, CMP_SIGNATURE, "kur", "renewed", meet_signer },
	{ CMP_RR, CMP_SIGNATURE, "rr", "revoked", meet_signer },
	{ CMP_CERTCONF, CMP_MAC, "certConf", NULL, NULL },
	{ CMP_CERTCONF, CMP_SIGNATURE, "certConf", NULL, NULL },
	{ CMP_ERROR, CMP_MAC, "error", "given up", NULL },
	{ CMP_ERROR, CMP_SIGNATURE, "error", "given up", NULL },
};

static const struct request *
find_request(const struct cmp_header *h)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].number == h->body &&
			requests[i].protection == h->protection)
			return &requests[i];
	return NULL;
}

static int
give(const struct buffer *answer, struct buffer *answer_r, struct error *e)
{
	return buffer_append(answer_r, answer->data, answer->length) ==
			BUFFER_OK
		? 0
		: error_memory(e);
}

/* A first message, whose transaction knows what must prove it. *kept_r: more is
 * to come. */
static int
answer_first(struct exchange *x, const struct request *request,
	struct buffer *answer_r, bool *kept_r, struct error *e)
{
	struct buffer answer = { 0 };
	int rc = -1, body;

	if (!context_proves(x) && x->why.code == ERROR_NONE)
		error_set(&x->why, ERROR_DENIED, "its protection is wrong");
	if (context_answer(x, &answer, &body, e) == -1)
		goto out;
	if (x->why.code == ERROR_TROUBLE) {
		*e = x->why;
		goto out;
	}
	if (!x->done && x->why.code == ERROR_NONE)
		error_set(&x->why, ERROR_DENIED,
			"no key, none that is proved, or several");
	if (x->done && request->number != CMP_RR) {
		if (keep(x, &answer, e) == -1)
			goto out;
		*kept_r = true;
	}
	tell(x, request->name, x->done ? request->done : "refused");
	rc = give(&answer, answer_r, e);
out:
	buffer_clear(&answer);
	return rc;
}

static int
begin(struct exchange *x, const struct request *request,
	struct buffer *answer_r, bool *kept_r, struct error *e)
{
	struct transaction *t = x->transaction;
	int rc;

	t->exchange = x;
	x->subject = (struct issuer_subject){ t->principal, x->url };
	rc = request->meet(x, e);
	if (rc == 0)
		rc = answer_first(x, request, answer_r, kept_r, e);
	else if (e->code != ERROR_TROUBLE)
		rc = refuse(x, request->name, e->text, answer_r, e);
	if (!x->done && request->protection == CMP_MAC)
		release(x);
	return rc;
}

/* The daemon is told what the answer says; then the answer may leave. */
static int
settle(struct exchange *x, struct buffer *answer_r, struct error *e)
{
	struct transaction *t = x->transaction;
	const bool confirmed = t->due == DUE_CONFIRM;
	const int rc = confirmed
		? authority_confirm(x->daemon, t->number, &x->why)
		: authority_revoke(
			  x->daemon, t->number, "unspecified", &x->why);

	if (rc == -1 && x->why.code == ERROR_TROUBLE) {
		*e = x->why;
		return -1;
	}
	if (rc == -1)
		return refuse(x, "certConf", x->why.text, answer_r, e);
	tell(x, "certConf", confirmed ? "confirmed" : "rejected and revoked");
	return give(&t->answer, answer_r, e);
}

/* The last message of its peer's again. *kept_r as above. */
static int
repeat(struct exchange *x, struct buffer *answer_r, bool *kept_r,
	struct error *e)
{
	int rc;

	if (x->transaction->due == DUE_NOTHING) {
		*kept_r = true;
		log_debug("%s: the same again", x->header.transaction);
		return give(&x->transaction->answer, answer_r, e);
	}
	rc = settle(x, answer_r, e);
	*kept_r = rc == -1;
	return rc;
}

/* certConf, error: OpenSSL's end of the transaction is closed by the answer,
 * ours when the daemon knows. */
static int
conclude(struct exchange *x, const struct request *request,
	struct buffer *answer_r, bool *kept_r, struct error *e)
{
	struct transaction *t = x->transaction;
	struct buffer answer = { 0 };
	int rc = -1, body;

	if (context_answer(x, &answer, &body, e) == -1)
		goto out;
	if (body != CMP_PKICONF || request->number == CMP_ERROR) {
		tell(x, request->name, x->done ? request->done : "refused");
		rc = give(&answer, answer_r, e);
		goto out;
	}
	/* nothing in the list rejects all (RFC 9810, 5.3.18) */
	if (!x->done)
		t->due = DUE_REVOKE;
	if (keep(x, &answer, e) == 0)
		rc = settle(x, answer_r, e);
	*kept_r = rc == -1;
out:
	buffer_clear(&answer);
	return rc;
}

static int
in_transaction(struct exchange *x, const struct request *request,
	struct buffer *answer_r, bool *kept_r, struct error *e)
{
	x->transaction->exchange = x;
	if (memcmp(x->transaction->heard, x->digest, SHA256_SIZE) == 0)
		return repeat(x, answer_r, kept_r, e);
	*kept_r = true;
	if (request->meet != NULL)
		return refuse(x, request->name, "its transactionID is in use",
			answer_r, e);
	if (!context_proves(x))
		return refuse(x, request->name, "its protection is wrong",
			answer_r, e);
	*kept_r = false;
	return conclude(x, request, answer_r, kept_r, e);
}

/* With the transaction that it begins or belongs to. */
static int
answer_request(struct exchange *x, const struct request *request,
	struct buffer *answer_r, struct error *e)
{
	struct transactions *all = x->cmp->transactions;
	bool kept = false;
	int rc;

	if (request->meet != NULL &&
		transactions_open(
			all, x->header.transaction, &x->transaction, e) == 0)
		rc = begin(x, request, answer_r, &kept, e);
	else if (request->meet != NULL && e->code != ERROR_EXISTS)
		return -1;
	else if (transactions_take(
			 all, x->header.transaction, &x->transaction, e) == 0)
		rc = in_transaction(x, request, answer_r, &kept, e);
	else if (e->code == ERROR_NOT_FOUND)
		return refuse(x, request->name, "no such transaction is open",
			answer_r, e);
	else
		return -1;
	if (kept)
		transactions_give_back(all, x->transaction);
	else
		transactions_end(all, x->transaction);
	return rc;
}

int
cmp_answer(const struct cmp *cmp, struct client *daemon, const void *octets,
	size_t length, struct buffer *answer_r, struct error *e)
{
	struct exchange x = { .cmp = cmp, .daemon = daemon };
	const struct crypto_span span = { octets, length };
	const struct request *request;
	int rc = -1;

	if (header_read(octets, length, &x.header, e) == -1 ||
		context_read(octets, length, &x.message, e) == -1 ||
		crypto_sha256(&span, 1, x.digest, e) == -1)
		goto out;
	request = find_request(&x.header);
	rc = request != NULL
		? answer_request(&x, request, answer_r, e)
		: refuse(&x, "a message",
			  "no such request, or not with this protection",
			  answer_r, e);
out:
	context_drop(&x.message);
	header_clear(&x.header);
	return rc;
}

/* Whoever waits here must not ask before it is done. */
int
cmp_begin(const struct cmp *cmp, struct client *daemon, struct error *e)
{
	int rc = 0;

	pthread_mutex_lock(&cmp->begun->mutex);
	if (!cmp->begun->done)
		rc = authority_begin(daemon, e);
	cmp->begun->done = rc == 0;
	pthread_mutex_unlock(&cmp->begun->mutex);
	return rc;
}
