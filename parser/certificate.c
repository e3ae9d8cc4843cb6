/*
 * OpenSSL reads the certificate; what we want of it is taken out and held
 * against what our authority writes.
 */
#include "parser/certificate.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/pem.h"
#include "base/text.h"
#include "parser/subject.h"

enum { NUMBER_OCTETS = 16 };

static int
bad(struct error *e, const char *why)
{
	ERR_clear_error();
	return error_set(e, ERROR_BAD, "%s", why);
}

/* 127 bits: with the first one a number would be longer. */
static bool
take_number(const X509 *x, char number_r[CERTIFICATE_NUMBER_SIZE])
{
	unsigned char octets[NUMBER_OCTETS];
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	bool good = n != NULL && !BN_is_negative(n) &&
		BN_num_bits(n) < 8 * NUMBER_OCTETS &&
		BN_bn2binpad(n, octets, NUMBER_OCTETS) == NUMBER_OCTETS;

	BN_free(n);
	if (good)
		text_hex(octets, sizeof(octets), number_r);
	return good;
}

static bool
take_time(const ASN1_TIME *when, int64_t *when_r)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(when, &tm) != 1)
		return false;
	*when_r = timegm(&tm);
	return *when_r >= 0;
}

static int
take_key(const X509 *x, unsigned char key_r[SHA256_SIZE], struct error *e)
{
	unsigned char *der = NULL;
	int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	const struct crypto_span span = { der,
		length > 0 ? (size_t)length : 0 };
	int rc = length > 0 ? crypto_sha256(&span, 1, key_r, e)
			    : bad(e, "the certificate has no public key");

	OPENSSL_free(der);
	return rc;
}

static int
take_facts(X509 *x, struct certificate_facts *f, struct error *e)
{
	if (!take_number(x, f->number))
		return bad(
			e, "the certificate's serial number is none of ours");
	if (!take_time(X509_get0_notBefore(x), &f->not_before) ||
		!take_time(X509_get0_notAfter(x), &f->not_after))
		return bad(e, "the certificate's times are none");
	(void)subject_read(x, f->principal);
	return take_key(x, f->key, e);
}

int
certificate_read(const void *der, size_t length,
	struct certificate_facts *facts_r, struct error *e)
{
	const struct crypto_span whole = { der, length };
	const unsigned char *at = der;
	X509 *x;
	int rc;

	memset(facts_r, 0, sizeof(*facts_r));
	if (length > CERTIFICATE_MAX)
		return error_set(e, ERROR_LIMIT,
			"a certificate has more than %d octets",
			CERTIFICATE_MAX);
	x = d2i_X509(NULL, &at, (long)length);
	if (x == NULL)
		return bad(e, "that is no certificate in DER");
	if (at != (const unsigned char *)der + length)
		rc = bad(e, "something follows the certificate");
	else if ((rc = take_facts(x, facts_r, e)) == 0)
		rc = crypto_sha256(&whole, 1, facts_r->digest, e);
	X509_free(x);
	return rc;
}

int
certificate_read_pem(
	const char *text, struct certificate_facts *facts_r, struct error *e)
{
	const struct buffer pem = { .data = (unsigned char *)(uintptr_t)text,
		.length = strnlen(text, 4 * CERTIFICATE_MAX + 1) };
	unsigned char *der = NULL;
	int length, rc;
	X509 *x;

	memset(facts_r, 0, sizeof(*facts_r));
	if (pem.length > 4 * CERTIFICATE_MAX)
		return error_set(e, ERROR_LIMIT, "a certificate is too long");
	if (pem_read_certificate(&pem, &x, e) == -1)
		return -1;
	length = i2d_X509(x, &der);
	X509_free(x);
	rc = length > 0 ? certificate_read(der, (size_t)length, facts_r, e)
			: error_memory(e);
	OPENSSL_free(der);
	return rc;
}

int
certificate_number_read(const char *text,
	char number_r[CERTIFICATE_NUMBER_SIZE], struct error *e)
{
	static const char digits[] = "0123456789abcdef";
	size_t length = 0;

	for (; *text != '\0' && length < CERTIFICATE_NUMBER_SIZE - 1; text++)
		if (*text != ':')
			number_r[length++] = *text;
	number_r[length] = '\0';
	text_lower(number_r);
	if (*text == '\0' && length == CERTIFICATE_NUMBER_SIZE - 1 &&
		strspn(number_r, digits) == length)
		return 0;
	number_r[0] = '\0';
	return error_set(e, ERROR_BAD,
		"a certificate's number has %d hex digits",
		CERTIFICATE_NUMBER_SIZE - 1);
}

static X509_REQ *
read_request(const void *octets, size_t length)
{
	const unsigned char *at = octets;
	const struct buffer text = { .data = (unsigned char *)(uintptr_t)octets,
		.length = length };
	X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)length);
	struct error ignored;

	if (request == NULL)
		(void)pem_read_request(&text, &request, &ignored);
	return request;
}

static int
write_request(const X509_REQ *request, struct buffer *der_r, struct error *e)
{
	unsigned char *der = NULL;
	int length = i2d_X509_REQ((X509_REQ *)request, &der);
	int rc = -1;

	if (length > 0 &&
		buffer_append(der_r, der, (size_t)length) == BUFFER_OK)
		rc = 0;
	OPENSSL_free(der);
	return rc == 0 ? 0 : error_memory(e);
}

int
certificate_request_read(const void *octets, size_t length,
	struct buffer *der_r, struct error *e)
{
	X509_REQ *request;
	EVP_PKEY *key;
	int rc;

	if (length > SIGNING_REQUEST_MAX)
		return error_set(e, ERROR_LIMIT,
			"a signing request has more than %d octets",
			SIGNING_REQUEST_MAX);
	request = read_request(octets, length);
	key = request != NULL ? X509_REQ_get0_pubkey(request) : NULL;
	if (key == NULL)
		rc = bad(e, "that is no signing request (PKCS#10)");
	else if (X509_REQ_verify(request, key) != 1)
		rc = bad(e, "the signing request is not signed by its own key");
	else
		rc = write_request(request, der_r, e);
	ERR_clear_error();
	X509_REQ_free(request);
	return rc;
}
