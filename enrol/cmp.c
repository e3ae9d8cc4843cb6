/*
 * The library makes and checks the messages; how they travel is dav/'s, so that
 * there is one place where answers are bounded and time is limited. OpenSSL's
 * own HTTP client is never called.
 */
#include "enrol/cmp.h"

#include <openssl/cmp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "parser/principal.h"
#include "parser/spelling.h"
#include "parser/subject.h"

#define TYPE "application/pkixcmp"
#define WELL_KNOWN ".well-known/cmp"

enum {
	URL_SIZE = 1024,
	BODY_ERROR = 23, /* of PKIBody; OpenSSL tells nobody its names */
	/* of PKIFailureInfo: what may be otherwise another time */
	PASSES = 1 << OSSL_CMP_PKIFAILUREINFO_systemUnavail |
		1 << OSSL_CMP_PKIFAILUREINFO_systemFailure
};

struct exchange {
	const struct cmp_request *request;
	struct dav *dav;
	char path[URL_SIZE];
	int64_t until;       /* clock_seconds */
	int body;            /* of the last answer; -1: there was none */
	struct error error;  /* of an exchange that failed */
	struct error reject; /* why the certificate is not taken */
	bool taken;          /* it is, and its confirmation was sent */
	STACK_OF(X509) * authorities;
};

/* --- messages there and back --- */

/* Into what dav takes for a collection, and the path below it. */
static int
split(const char *url, char base_r[URL_SIZE], char path_r[URL_SIZE],
	struct error *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-/";
	const char *host = strstr(url, "://");
	const char *path = host != NULL ? strchr(host + 3, '/') : NULL;

	path = path != NULL ? path + 1 : url + strlen(url);
	if (host == NULL || path[strspn(path, plain)] != '\0' ||
		!text_format(base_r, URL_SIZE, "%.*s", (int)(path - url), url))
		return error_set(e, ERROR_USAGE,
			"not the URL of an authority, as "
			"http://ca.center.example/");
	(void)text_copy(path_r, URL_SIZE, *path != '\0' ? path : WELL_KNOWN);
	return 0;
}

static int
connect_to(struct exchange *x, struct error *e)
{
	struct dav_options options = *x->request->authority;
	char base[URL_SIZE];

	if (split(options.url, base, x->path, e) == -1)
		return -1;
	options.url = base;
	options.allow_http = true;
	return dav_open(&options, &x->dav, e);
}

static OSSL_CMP_MSG *
read_message(struct exchange *x, const struct buffer *answer)
{
	const unsigned char *at = answer->data;
	OSSL_CMP_MSG *message =
		d2i_OSSL_CMP_MSG(NULL, &at, (long)answer->length);

	if (message != NULL && at == answer->data + answer->length) {
		x->body = OSSL_CMP_MSG_get_bodytype(message);
		return message;
	}
	OSSL_CMP_MSG_free(message);
	error_set(&x->error, ERROR_BAD,
		"the authority's answer is no CMP message");
	return NULL;
}

static OSSL_CMP_MSG *
transfer(OSSL_CMP_CTX *cmp, const OSSL_CMP_MSG *message)
{
	struct exchange *x = OSSL_CMP_CTX_get_transfer_cb_arg(cmp);
	struct buffer answer = { 0 };
	OSSL_CMP_MSG *got = NULL;
	unsigned char *octets = NULL;
	int length = i2d_OSSL_CMP_MSG(message, &octets);

	x->body = -1;
	if (length <= 0)
		error_memory(&x->error);
	else if (clock_seconds() >= x->until)
		error_set(&x->error, ERROR_TROUBLE,
			"the authority takes too long");
	else if (dav_post(x->dav, x->path, TYPE, octets, (size_t)length,
			 CMP_ANSWER_MAX, &answer, &x->error) == 0)
		got = read_message(x, &answer);
	OPENSSL_free(octets);
	buffer_clear(&answer);
	return got;
}

/* --- the certificate that came --- */

static bool
is_signed_by(X509 *certificate, X509 *authority)
{
	return X509_check_issued(authority, certificate) == X509_V_OK &&
		X509_verify(certificate, X509_get0_pubkey(authority)) == 1;
}

/* NULL: by none of them. */
static X509 *
signer(X509 *certificate, const STACK_OF(X509) * authorities)
{
	for (int i = 0; i < sk_X509_num(authorities); i++)
		if (is_signed_by(certificate, sk_X509_value(authorities, i)))
			return sk_X509_value(authorities, i);
	return NULL;
}

/* Those that the answer has with it, which is protected; else, for a renewal,
 * those that there are. */
static STACK_OF(X509) *
	authorities(OSSL_CMP_CTX *cmp, const struct cmp_request *r)
{
	STACK_OF(X509) *all = OSSL_CMP_CTX_get1_caPubs(cmp);

	if (sk_X509_num(all) > 0 || r->old == NULL)
		return all;
	sk_X509_pop_free(all, X509_free);
	return X509_chain_up_ref(r->old->chain);
}

static int
examine(struct exchange *x, X509 *certificate, int mismatch)
{
	char named[PRINCIPAL_SIZE];

	if (mismatch != 0)
		return error_set(&x->reject, ERROR_DENIED,
			"the certificate is for another key");
	if (!subject_read(certificate, named))
		return error_set(&x->reject, ERROR_DENIED,
			"the certificate names nobody as certificates do here");
	if (!principal_same(named, x->request->principal))
		return error_set(&x->reject, ERROR_DENIED,
			"the certificate is for %s, not for %s", named,
			x->request->principal);
	if (signer(certificate, x->authorities) == NULL)
		return error_set(&x->reject, ERROR_DENIED,
			"the certificate is not signed by an authority that "
			"came with it");
	return 0;
}

/* What is not taken is told to the authority, which revokes it: so nothing here
 * asks our clock, which may be wrong. */
static int
take(OSSL_CMP_CTX *cmp, X509 *certificate, int failed, const char **text)
{
	struct exchange *x = OSSL_CMP_CTX_get_certConf_cb_arg(cmp);
	int rc;

	sk_X509_pop_free(x->authorities, X509_free);
	x->authorities = authorities(cmp, x->request);
	rc = examine(x, certificate, failed);
	ERR_clear_error();
	x->taken = rc == 0;
	if (x->taken)
		return 0;
	*text = "not what was asked for";
	return 1 << OSSL_CMP_PKIFAILUREINFO_incorrectData;
}

/* --- what is asked for --- */

static bool
add_entry(X509_NAME *name, int nid, const char *text)
{
	return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_ASC,
		       (const unsigned char *)text, -1, -1, 0) == 1;
}

/* The proof that we have the key is over a subject too, so there must be one.
 */
static bool
set_subject(OSSL_CMP_CTX *cmp, const char *principal)
{
	char kind[PRINCIPAL_SIZE], spelled[SPELLED_SIZE];
	const char *colon = strchr(principal, ':');
	X509_NAME *name = X509_NAME_new();
	bool set = name != NULL && colon != NULL &&
		text_format(kind, sizeof(kind), "%.*s",
			(int)(colon - principal), principal) &&
		spelling_make(colon + 1, spelled) &&
		add_entry(name, NID_organizationalUnitName, kind) &&
		add_entry(name, NID_commonName, spelled) &&
		OSSL_CMP_CTX_set1_subjectName(cmp, name) == 1;

	X509_NAME_free(name);
	return set;
}

static bool
use_licence(OSSL_CMP_CTX *cmp, const struct cmp_request *r)
{
	return set_subject(cmp, r->principal) &&
		OSSL_CMP_CTX_set1_referenceValue(cmp,
			(const unsigned char *)r->licence,
			(int)strlen(r->licence)) == 1 &&
		OSSL_CMP_CTX_set1_secretValue(cmp,
			(const unsigned char *)r->code,
			(int)strlen(r->code)) == 1 &&
		OSSL_CMP_CTX_set_option(
			cmp, OSSL_CMP_OPT_OWF_ALGNID, NID_sha256) == 1 &&
		OSSL_CMP_CTX_set_option(
			cmp, OSSL_CMP_OPT_MAC_ALGNID, NID_hmacWithSHA256) == 1;
}

/* One certificate alone, the authority's, can have signed the answer: not any
 * that this authority has signed. */
static bool
use_old(OSSL_CMP_CTX *cmp, const struct cmp_request *r)
{
	X509 *authority = signer(r->old->certificate, r->old->chain);

	return authority != NULL &&
		OSSL_CMP_CTX_set1_cert(cmp, r->old->certificate) == 1 &&
		OSSL_CMP_CTX_set1_pkey(cmp, r->old->key) == 1 &&
		OSSL_CMP_CTX_set1_srvCert(cmp, authority) == 1;
}

static bool
prepare(OSSL_CMP_CTX *cmp, struct exchange *x)
{
	const struct cmp_request *r = x->request;

	if (EVP_PKEY_up_ref(r->key) != 1)
		return false;
	if (OSSL_CMP_CTX_set0_newPkey(cmp, 1, r->key) != 1) {
		EVP_PKEY_free(r->key);
		return false;
	}
	return (r->old != NULL ? use_old(cmp, r) : use_licence(cmp, r)) &&
		OSSL_CMP_CTX_set_transfer_cb(cmp, transfer) == 1 &&
		OSSL_CMP_CTX_set_transfer_cb_arg(cmp, x) == 1 &&
		OSSL_CMP_CTX_set_certConf_cb(cmp, take) == 1 &&
		OSSL_CMP_CTX_set_certConf_cb_arg(cmp, x) == 1 &&
		OSSL_CMP_CTX_set_option(
			cmp, OSSL_CMP_OPT_TOTAL_TIMEOUT, CMP_SECONDS) == 1;
}

/* --- what came of it --- */

/* An answer that is the authority's, and says no. */
static int
refused(OSSL_CMP_CTX *cmp, struct error *e)
{
	char text[OSSL_CMP_PKISI_BUFLEN];
	const int failures = OSSL_CMP_CTX_get_failInfoCode(cmp);
	const bool passes = failures > 0 && (failures & PASSES) != 0;

	if (OSSL_CMP_CTX_snprint_PKIStatus(cmp, text, sizeof(text)) == NULL)
		(void)text_copy(text, sizeof(text), "rejection");
	return error_set(e, passes ? ERROR_TROUBLE : ERROR_DENIED,
		"the authority says: %.300s", text);
}

/* Is the library's complaint one of these, up to a 0? */
static bool
complains(const int *reasons)
{
	const unsigned long last = ERR_peek_last_error();

	for (; *reasons != 0; reasons++)
		if (ERR_GET_LIB(last) == ERR_LIB_CMP &&
			ERR_GET_REASON(last) == *reasons)
			return true;
	return false;
}

static int
judge(const struct exchange *x, OSSL_CMP_CTX *cmp, struct error *e)
{
	static const int late[] = { CMP_R_TOTAL_TIMEOUT, CMP_R_POLLING_FAILED,
		0 };
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	if (x->reject.code != ERROR_NONE)
		*e = x->reject;
	else if (x->error.code != ERROR_NONE)
		*e = x->error;
	else if (OSSL_CMP_CTX_get_status(cmp) == OSSL_CMP_PKISTATUS_rejection)
		refused(cmp, e);
	else if (complains(late))
		error_set(e, ERROR_TROUBLE, "the authority takes too long");
	else if (x->taken && x->body == BODY_ERROR)
		error_set(e, ERROR_TROUBLE,
			"the certificate came, but the authority has "
			"forgotten whom it gave it to: ask again");
	else if (x->body == BODY_ERROR && x->request->old == NULL)
		error_set(e, ERROR_DENIED,
			"the authority does not take this licence with this "
			"code: one of the two is wrong, used, revoked or "
			"expired, or another enrolment is under way with it");
	else
		error_set(e, x->body == BODY_ERROR ? ERROR_DENIED : ERROR_BAD,
			"the answer is not the authority's: %s",
			reason != NULL ? reason : "it makes no sense");
	return -1;
}

static int
certify(struct exchange *x, OSSL_CMP_CTX *cmp, struct pair_content *content_r,
	struct error *e)
{
	const bool renews = x->request->old != NULL;
	X509 *certificate = OSSL_CMP_exec_certreq(
		cmp, renews ? OSSL_CMP_KUR : OSSL_CMP_IR, NULL);

	if (certificate == NULL)
		return judge(x, cmp, e);
	X509_up_ref(certificate);
	EVP_PKEY_up_ref(x->request->key);
	content_r->certificate = certificate;
	content_r->chain = x->authorities;
	content_r->key = x->request->key;
	x->authorities = NULL;
	return 0;
}

int
cmp_certify(const struct cmp_request *request, struct pair_content *content_r,
	struct error *e)
{
	struct exchange x = { .request = request,
		.until = clock_seconds() + CMP_SECONDS,
		.body = -1 };
	OSSL_CMP_CTX *cmp = OSSL_CMP_CTX_new(NULL, NULL);
	int rc = -1;

	*content_r = (struct pair_content){ 0 };
	ERR_clear_error();
	if (cmp == NULL)
		error_memory(e);
	else if (connect_to(&x, e) == 0 && !prepare(cmp, &x))
		error_set(e, ERROR_BAD,
			"the request cannot be made: is the authority's "
			"certificate behind the old one in its file?");
	else if (x.dav != NULL)
		rc = certify(&x, cmp, content_r, e);
	OSSL_CMP_CTX_free(cmp);
	ERR_clear_error();
	sk_X509_pop_free(x.authorities, X509_free);
	dav_close(&x.dav);
	return rc;
}
