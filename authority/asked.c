/*
 * See asked.h. What is to be sent is the daemon's word: it gives back the
 * certificate that it has recorded, which may be an earlier one for the same
 * key.
 */
#include "authority/asked.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/cmp.h>
#include <openssl/crmf.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "authority/exchange.h"
#include "authority/openssl.h"
#include "base/clock.h"
#include "base/text.h"

static struct exchange *
exchange_of(const OSSL_CMP_SRV_CTX *srv)
{
	const struct transaction *t = OSSL_CMP_SRV_CTX_get0_custom_ctx(srv);

	return t->exchange;
}

/*
 * The peer hears what is its own fault. Trouble is not told: NULL makes an
 * error of it, which is not sent.
 */
static OSSL_CMP_PKISI *
refused(struct exchange *x, int failure, const char *text)
{
	if (x->why.code == ERROR_TROUBLE)
		return NULL;
	return OSSL_CMP_STATUSINFO_new(
		OSSL_CMP_PKISTATUS_rejection, 1 << failure, text);
}

/*
 * The template's public key, of which OpenSSL 3.0 tells nobody: its own
 * encoding is looked through for publicKey, [6] IMPLICIT SubjectPublicKeyInfo
 * (RFC 4211, 5).
 */
static EVP_PKEY *
template_key(const OSSL_CRMF_MSG *request)
{
	unsigned char *der = NULL;
	const int total = i2d_OSSL_CRMF_CERTTEMPLATE(
		OSSL_CRMF_MSG_get0_tmpl(request), &der);
	const unsigned char *at = der, *start;
	EVP_PKEY *key = NULL;
	long length;
	int tag, class;

	if (total <= 0 ||
		ASN1_get_object(&at, &length, &tag, &class, total) & 0x80)
		at = der + (total > 0 ? total : 0);
	while (key == NULL && at < der + total) {
		start = at;
		if (ASN1_get_object(
			    &at, &length, &tag, &class, der + total - at) &
			0x80)
			break;
		at += length;
		if (tag == 6) {
			der[start - der] = V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED;
			key = d2i_PUBKEY(NULL, &start, at - start);
		}
	}
	OPENSSL_free(der);
	return key;
}

/* Does a renewal say that it renews another certificate than has signed it? */
static bool
renews_another(const struct exchange *x, const OSSL_CRMF_MSG *request)
{
	const OSSL_CRMF_CERTID *old =
		OSSL_CRMF_MSG_get0_regCtrl_oldCertID(request);

	return old != NULL &&
		(ASN1_INTEGER_cmp(OSSL_CRMF_CERTID_get0_serialNumber(old),
			 X509_get0_serialNumber(x->signer)) != 0 ||
			X509_NAME_cmp(OSSL_CRMF_CERTID_get0_issuer(old),
				X509_get_issuer_name(x->signer)) != 0);
}

/* Nothing that we have signed leaves before the daemon has it. */
static int
record(struct exchange *x, X509 *made, struct buffer *der, struct error *e)
{
	struct transaction *t = x->transaction;
	unsigned char *octets = NULL;
	const int length = i2d_X509(made, &octets);
	int rc;

	if (length <= 0)
		return openssl_failed(e, "a certificate");
	rc = x->signer != NULL
		? authority_renew(x->daemon, t->owner, octets, (size_t)length,
			  der, t->number, &x->again, e)
		: authority_record(x->daemon, t->owner, t->name, octets,
			  (size_t)length, der, t->number, &x->again, e);
	OPENSSL_free(octets);
	return rc;
}

/* The peer will say by its hash which one it has got. */
static int
keep_hash(struct transaction *t, X509 *certificate, struct error *e)
{
	ASN1_OCTET_STRING *hash = X509_digest_sig(certificate, NULL, NULL);
	int rc = -1;

	if (hash == NULL || ASN1_STRING_length(hash) > (int)sizeof(t->hash))
		openssl_failed(e, "a certificate's hash");
	else {
		t->hash_length = (size_t)ASN1_STRING_length(hash);
		memcpy(t->hash, ASN1_STRING_get0_data(hash), t->hash_length);
		rc = 0;
	}
	ASN1_OCTET_STRING_free(hash);
	return rc;
}

static int
issue(struct exchange *x, EVP_PKEY *key, X509 **certificate_r, struct error *e)
{
	struct buffer der = { .limit = CERTIFICATE_MAX };
	struct clock_reading now;
	char number[CERTIFICATE_NUMBER_SIZE];
	const unsigned char *at;
	X509 *made = NULL;
	int rc = -1;

	clock_read(&now);
	if (issuer_make(x->cmp->issuer, &x->subject, key, now.real, &made,
		    number, e) == -1 ||
		record(x, made, &der, e) == -1)
		goto out;
	at = der.data;
	*certificate_r = d2i_X509(NULL, &at, (long)der.length);
	rc = *certificate_r != NULL
		? keep_hash(x->transaction, *certificate_r, e)
		: openssl_failed(e, "a certificate of the daemon's");
out:
	X509_free(made);
	buffer_clear(&der);
	return rc;
}

static STACK_OF(X509) * ours(const struct exchange *x)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	X509 *own = issuer_certificate(x->cmp->issuer);

	if (list == NULL || !sk_X509_push(list, own)) {
		sk_X509_free(list);
		return NULL;
	}
	X509_up_ref(own);
	return list;
}

static int
grant(struct exchange *x, const OSSL_CRMF_MSG *request, EVP_PKEY *key,
	X509 **certificate_r, struct error *e)
{
	if (key == NULL)
		return error_set(e, ERROR_BAD, "no public key is in it");
	if (x->signer != NULL && renews_another(x, request))
		return error_set(e, ERROR_DENIED,
			"it renews another certificate than it is signed by");
	return issue(x, key, certificate_r, e);
}

/* ir, cr, p10cr, kur. The key is proved by then to be the peer's. */
static OSSL_CMP_PKISI *
for_certificate(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message, int id,
	const OSSL_CRMF_MSG *request, const X509_REQ *p10cr,
	X509 **certificate_r, STACK_OF(X509) * *chain_r,
	STACK_OF(X509) * *authorities_r)
{
	struct exchange *x = exchange_of(srv);
	EVP_PKEY *key = request != NULL
		? template_key(request)
		: X509_REQ_get_pubkey((X509_REQ *)p10cr);
	const int rc = grant(x, request, key, certificate_r, &x->why);

	(void)message;
	(void)id;
	(void)chain_r;
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (rc == -1)
		return refused(
			x, OSSL_CMP_PKIFAILUREINFO_notAuthorized, x->why.text);
	*authorities_r = ours(x);
	x->done = *authorities_r != NULL;
	return x->done
		? OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL)
		: NULL;
}

/* CRLReason; those that are no peer's to say are none said. */
static const char *
reason_word(int reason)
{
	static const char *const words[] = {
		[1] = "keyCompromise",
		[3] = "affiliationChanged",
		[4] = "superseded",
		[5] = "cessationOfOperation",
		[9] = "privilegeWithdrawn",
	};
	const size_t count = sizeof(words) / sizeof(words[0]);

	if (reason < 0 || (size_t)reason >= count || words[reason] == NULL)
		return "unspecified";
	return words[reason];
}

/* Whose key has signed may have that certificate revoked, and no other. */
static OSSL_CMP_PKISI *
for_revocation(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message,
	const X509_NAME *issuer, const ASN1_INTEGER *serial)
{
	struct exchange *x = exchange_of(srv);
	int rc;

	(void)message;
	if (issuer == NULL || serial == NULL ||
		ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(x->signer)) !=
			0 ||
		X509_NAME_cmp(issuer, X509_get_issuer_name(x->signer)) != 0)
		rc = error_set(&x->why, ERROR_DENIED,
			"another certificate than it is signed by");
	else
		rc = authority_revoke(x->daemon, x->transaction->owner,
			reason_word(x->header.reason), &x->why);
	if (rc == -1)
		return refused(
			x, OSSL_CMP_PKIFAILUREINFO_notAuthorized, x->why.text);
	x->done = true;
	return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

/* PKIStatus is the first in PKIStatusInfo; OpenSSL has no getter. */
static long
status_of(const OSSL_CMP_PKISI *info)
{
	unsigned char *der = NULL;
	const int total = i2d_OSSL_CMP_PKISI(info, &der);
	const unsigned char *at = der;
	ASN1_INTEGER *status = NULL;
	long length, value = -1;
	int tag, class;

	if (total > 0 &&
		!(ASN1_get_object(&at, &length, &tag, &class, total) & 0x80))
		status = d2i_ASN1_INTEGER(NULL, &at, length);
	if (status != NULL)
		value = ASN1_INTEGER_get(status);
	ASN1_INTEGER_free(status);
	OPENSSL_free(der);
	return value;
}

/* The daemon is told when the answer is there: it may be asked for again. */
static int
for_confirmation(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message, int id,
	const ASN1_OCTET_STRING *hash, const OSSL_CMP_PKISI *info)
{
	struct exchange *x = exchange_of(srv);
	struct transaction *t = x->transaction;
	const long status =
		info != NULL ? status_of(info) : OSSL_CMP_PKISTATUS_accepted;

	(void)message;
	(void)id;
	if (status != OSSL_CMP_PKISTATUS_accepted &&
		status != OSSL_CMP_PKISTATUS_grantedWithMods)
		t->due = DUE_REVOKE;
	else if (hash != NULL &&
		ASN1_STRING_length(hash) == (int)t->hash_length &&
		memcmp(ASN1_STRING_get0_data(hash), t->hash, t->hash_length) ==
			0)
		t->due = DUE_CONFIRM;
	else {
		error_set(&x->why, ERROR_DENIED, "another certificate's hash");
		ERR_raise(ERR_LIB_CMP, CMP_R_CERTHASH_UNMATCHED);
		return 0;
	}
	x->done = true;
	return 1;
}

/* The peer gives up. */
static void
for_error(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message,
	const OSSL_CMP_PKISI *info, const ASN1_INTEGER *code,
	const OSSL_CMP_PKIFREETEXT *text)
{
	(void)message;
	(void)info;
	(void)code;
	(void)text;
	exchange_of(srv)->done = true;
}

bool
asked_about(struct ossl_cmp_srv_ctx_st *ctx, struct transaction *transaction)
{
	return OSSL_CMP_SRV_CTX_init(ctx, transaction, for_certificate,
		       for_revocation, NULL, for_error, for_confirmation,
		       NULL) == 1;
}
