/*
 * See crl.h.
 */
#include "authority/crl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "authority/openssl.h"
#include "base/text.h"

enum { VERSION_2 = 1 };

/* As the store spells them; the first one is left out of a list. */
static const struct {
	const char *word;
	long reason;
} reasons[] = {
	{ "unspecified", CRL_REASON_UNSPECIFIED },
	{ "keyCompromise", CRL_REASON_KEY_COMPROMISE },
	{ "affiliationChanged", CRL_REASON_AFFILIATION_CHANGED },
	{ "superseded", CRL_REASON_SUPERSEDED },
	{ "cessationOfOperation", CRL_REASON_CESSATION_OF_OPERATION },
	{ "privilegeWithdrawn", CRL_REASON_PRIVILEGE_WITHDRAWN },
};

static bool
set_time(X509_CRL *crl, int64_t seconds,
	int (*set)(X509_CRL *, const ASN1_TIME *))
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)seconds);
	bool done = time != NULL && set(crl, time) == 1;

	ASN1_TIME_free(time);
	return done;
}

static bool
set_number(X509_CRL *crl, uint64_t number)
{
	ASN1_INTEGER *value = ASN1_INTEGER_new();
	bool done = value != NULL && ASN1_INTEGER_set_uint64(value, number) &&
		X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1;

	ASN1_INTEGER_free(value);
	return done;
}

static bool
set_issuer(X509_CRL *crl, X509 *issuer)
{
	X509_EXTENSION *key;
	X509V3_CTX context;
	bool done;

	X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
	key = X509V3_EXT_conf_nid(
		NULL, &context, NID_authority_key_identifier, "keyid:always");
	done = key != NULL && X509_CRL_add_ext(crl, key, -1) == 1 &&
		X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) ==
			1;
	X509_EXTENSION_free(key);
	return done;
}

/* Its beginning is earlier, for clocks that are late. */
int
crl_new(struct issuer *issuer, const struct crl_facts *facts, X509_CRL **crl_r,
	struct error *e)
{
	X509_CRL *crl = X509_CRL_new();

	*crl_r = NULL;
	if (crl != NULL && X509_CRL_set_version(crl, VERSION_2) == 1 &&
		set_time(crl, facts->issued - ISSUER_EARLIER,
			X509_CRL_set1_lastUpdate) &&
		set_time(crl, facts->until, X509_CRL_set1_nextUpdate) &&
		set_number(crl, facts->number) &&
		set_issuer(crl, issuer_certificate(issuer))) {
		*crl_r = crl;
		return 0;
	}
	X509_CRL_free(crl);
	return openssl_failed(e, "a CRL");
}

void
crl_free(X509_CRL **crl)
{
	X509_CRL_free(*crl);
	*crl = NULL;
}

static long
reason_of(const char *word)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].word, word) == 0)
			return reasons[i].reason;
	return CRL_REASON_UNSPECIFIED;
}

static bool
set_reason(X509_REVOKED *one, const char *word)
{
	const long reason = reason_of(word);
	ASN1_ENUMERATED *value;
	bool done;

	if (reason == CRL_REASON_UNSPECIFIED)
		return true;
	value = ASN1_ENUMERATED_new();
	done = value != NULL && ASN1_ENUMERATED_set(value, reason) == 1 &&
		X509_REVOKED_add1_ext_i2d(one, NID_crl_reason, value, 0, 0) ==
			1;
	ASN1_ENUMERATED_free(value);
	return done;
}

static bool
set_certificate(X509_REVOKED *one, const char *number, int64_t revoked)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)revoked);
	BIGNUM *value = NULL;
	ASN1_INTEGER *serial = NULL;
	bool done = time != NULL && BN_hex2bn(&value, number) != 0 &&
		(serial = BN_to_ASN1_INTEGER(value, NULL)) != NULL &&
		X509_REVOKED_set_serialNumber(one, serial) == 1 &&
		X509_REVOKED_set_revocationDate(one, time) == 1;

	ASN1_TIME_free(time);
	ASN1_INTEGER_free(serial);
	BN_free(value);
	return done;
}

int
crl_add(X509_CRL *crl, const char *number, int64_t revoked, const char *reason,
	struct error *e)
{
	X509_REVOKED *one = X509_REVOKED_new();

	if (one != NULL && set_certificate(one, number, revoked) &&
		set_reason(one, reason) && X509_CRL_add0_revoked(crl, one) == 1)
		return 0;
	X509_REVOKED_free(one);
	return openssl_failed(e, "a CRL");
}

int
crl_write(struct issuer *issuer, X509_CRL *crl, struct buffer *out,
	struct error *e)
{
	EVP_PKEY *key = issuer_key(issuer);
	BIO *bio = BIO_new(BIO_s_mem());
	int rc;

	X509_CRL_sort(crl);
	if (bio == NULL || X509_CRL_sign(crl, key, openssl_digest(key)) == 0 ||
		PEM_write_bio_X509_CRL(bio, crl) != 1)
		rc = openssl_failed(e, "a CRL");
	else
		rc = openssl_take(bio, out, e);
	BIO_free(bio);
	return rc;
}

static bool
read_number(X509_CRL *crl, uint64_t *number_r)
{
	ASN1_INTEGER *number =
		X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	bool done = number != NULL &&
		ASN1_INTEGER_get_uint64(number_r, number) == 1;

	ASN1_INTEGER_free(number);
	return done;
}

static int
read_facts(X509_CRL *crl, struct crl_facts *facts_r, struct error *e)
{
	const ASN1_TIME *until = X509_CRL_get0_nextUpdate(crl);

	if (until == NULL || !read_number(crl, &facts_r->number)) {
		ERR_clear_error();
		return error_set(e, ERROR_BAD, "a CRL without number or end");
	}
	if (openssl_time(X509_CRL_get0_lastUpdate(crl), &facts_r->issued, e) ==
		-1)
		return -1;
	facts_r->issued += ISSUER_EARLIER;
	return openssl_time(until, &facts_r->until, e);
}

int
crl_read(struct issuer *issuer, const char *path, struct crl_facts *facts_r,
	struct error *e)
{
	X509_CRL *crl;
	int rc;

	if (openssl_read_crl(path, &crl, e) == -1)
		return -1;
	if (X509_CRL_verify(crl, issuer_key(issuer)) == 1) {
		rc = read_facts(crl, facts_r, e);
	} else {
		ERR_clear_error();
		rc = error_set(
			e, ERROR_DENIED, "a CRL that we have not signed");
	}
	X509_CRL_free(crl);
	return rc == 0 ? 0 : error_prefix(e, "%s", path);
}
