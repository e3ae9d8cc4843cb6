/*
 * The key is read once and used by all threads: OpenSSL counts references to
 * it, and each signature has a context of its own. A certificate's number is
 * made here, by chance, and is its serial number: the store, which knows all of
 * them, refuses one that it has.
 */
#include "authority/issuer.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "authority/openssl.h"
#include "authority/profile.h"
#include "base/crypto.h"
#include "base/text.h"
#include "parser/subject.h"

enum { NUMBER_OCTETS = (CERTIFICATE_NUMBER_SIZE - 1) / 2, VERSION_3 = 2 };

struct issuer {
	const struct ca_configuration *configuration;
	EVP_PKEY *key;
	X509 *certificate;
	int64_t from, until; /* that it is valid, seconds since 1970 */
};

static int
check_own(struct issuer *i, struct error *e)
{
	if (X509_check_ca(i->certificate) != 1 ||
		(X509_get_key_usage(i->certificate) &
			(KU_KEY_CERT_SIGN | KU_CRL_SIGN)) !=
			(KU_KEY_CERT_SIGN | KU_CRL_SIGN))
		return error_set(e, ERROR_BAD,
			"not of an authority that signs certificates and "
			"CRLs");
	if (X509_get0_subject_key_id(i->certificate) == NULL)
		return error_set(e, ERROR_BAD, "no subject key identifier");
	if (X509_check_private_key(i->certificate, i->key) != 1) {
		ERR_clear_error();
		return error_set(e, ERROR_BAD, "%s is not its key", CA_KEY);
	}
	if (openssl_time(X509_get0_notBefore(i->certificate), &i->from, e) ==
		-1)
		return -1;
	return openssl_time(X509_get0_notAfter(i->certificate), &i->until, e);
}

static int
open_files(struct issuer *i, struct error *e)
{
	char path[CA_PATH_SIZE];

	if (ca_path(i->configuration->directory, CA_KEY, path, e) == -1)
		return -1;
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return error_set(e, ERROR_NOT_FOUND,
			"no %s: csrc-ca init makes one", path);
	if (openssl_read_key(path, &i->key, e) == -1)
		return -1;
	if (profile_check_key(i->key, e) == -1)
		return error_prefix(e, "%s", path);
	if (ca_path(i->configuration->directory, CA_CERTIFICATE, path, e) ==
			-1 ||
		openssl_read_certificate(path, &i->certificate, e) == -1)
		return -1;
	return check_own(i, e) == 0 ? 0 : error_prefix(e, "%s", path);
}

int
issuer_open(const struct ca_configuration *c, struct issuer **issuer_r,
	struct error *e)
{
	struct issuer *i = calloc(1, sizeof(*i));

	*issuer_r = NULL;
	if (i == NULL)
		return error_memory(e);
	i->configuration = c;
	if (open_files(i, e) == 0) {
		*issuer_r = i;
		return 0;
	}
	issuer_close(&i);
	return -1;
}

void
issuer_close(struct issuer **issuer)
{
	struct issuer *i = *issuer;

	*issuer = NULL;
	if (i == NULL)
		return;
	EVP_PKEY_free(i->key);
	X509_free(i->certificate);
	free(i);
}

X509 *
issuer_certificate(struct issuer *issuer)
{
	return issuer->certificate;
}

EVP_PKEY *
issuer_key(struct issuer *issuer)
{
	return issuer->key;
}

int
issuer_ready(const struct issuer *issuer, int64_t now, struct error *e)
{
	char from[TEXT_TIME_SIZE], until[TEXT_TIME_SIZE];

	if (now >= issuer->from && now < issuer->until)
		return 0;
	text_time((time_t)issuer->from, from);
	text_time((time_t)issuer->until, until);
	return error_set(e, ERROR_TROUBLE,
		"the authority's own certificate is good from %s to %s", from,
		until);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool
set_times(
	struct issuer *i, X509 *certificate, const char *principal, int64_t now)
{
	int64_t from = now - ISSUER_EARLIER;
	int64_t until = now + profile_validity(i->configuration, principal);

	if (from < i->from)
		from = i->from;
	return ASN1_TIME_set(X509_getm_notBefore(certificate), from) != NULL &&
		ASN1_TIME_set(X509_getm_notAfter(certificate),
			least(until, i->until)) != NULL;
}

int
issuer_number(X509 *certificate, char number_r[CERTIFICATE_NUMBER_SIZE],
	struct error *e)
{
	unsigned char octets[NUMBER_OCTETS];
	BIGNUM *number;
	bool set;

	if (crypto_random(octets, sizeof(octets), e) == -1)
		return -1;
	/* positive, and always of as many digits as others print of it */
	octets[0] = (unsigned char)((octets[0] & 0x3f) | 0x40);
	text_hex(octets, sizeof(octets), number_r);
	number = BN_bin2bn(octets, sizeof(octets), NULL);
	set = number != NULL &&
		BN_to_ASN1_INTEGER(
			number, X509_get_serialNumber(certificate)) != NULL;
	BN_free(number);
	return set ? 0 : openssl_failed(e, "the certificate's number");
}

static int
fill(struct issuer *i, X509 *certificate, const struct issuer_subject *subject,
	EVP_PKEY *key, int64_t now, struct error *e)
{
	if (X509_set_version(certificate, VERSION_3) != 1 ||
		X509_set_issuer_name(certificate,
			X509_get_subject_name(i->certificate)) != 1 ||
		!set_times(i, certificate, subject->principal, now) ||
		X509_set_pubkey(certificate, key) != 1)
		return openssl_failed(e, "the certificate");
	return profile_apply(certificate, i->certificate, subject, e);
}

int
issuer_make(struct issuer *issuer, const struct issuer_subject *subject,
	EVP_PKEY *key, int64_t now, X509 **certificate_r,
	char number_r[CERTIFICATE_NUMBER_SIZE], struct error *e)
{
	X509 *certificate = NULL;
	int rc = -1;

	*certificate_r = NULL;
	if (issuer_ready(issuer, now, e) == -1 ||
		profile_check_key(key, e) == -1)
		return -1;
	certificate = X509_new();
	if (certificate == NULL) {
		error_memory(e);
		goto out;
	}
	if (issuer_number(certificate, number_r, e) == -1 ||
		fill(issuer, certificate, subject, key, now, e) == -1)
		goto out;
	if (X509_sign(certificate, issuer->key, openssl_digest(issuer->key)) ==
		0) {
		openssl_failed(e, "signing");
		goto out;
	}
	*certificate_r = certificate;
	certificate = NULL;
	rc = 0;
out:
	X509_free(certificate);
	return rc;
}

static bool
read_number(X509 *certificate, char number_r[CERTIFICATE_NUMBER_SIZE])
{
	unsigned char octets[NUMBER_OCTETS];
	BIGNUM *number =
		ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	bool read = number != NULL && !BN_is_negative(number) &&
		BN_bn2binpad(number, octets, sizeof(octets)) == sizeof(octets);

	BN_free(number);
	if (read)
		text_hex(octets, sizeof(octets), number_r);
	return read;
}

int
issuer_identify(struct issuer *issuer, X509 *certificate,
	char principal_r[PRINCIPAL_SIZE],
	char number_r[CERTIFICATE_NUMBER_SIZE], struct error *e)
{
	bool ours = X509_NAME_cmp(X509_get_issuer_name(certificate),
			    X509_get_subject_name(issuer->certificate)) == 0 &&
		X509_verify(certificate, issuer->key) == 1;
	bool read = ours && subject_read(certificate, principal_r) &&
		read_number(certificate, number_r);

	ERR_clear_error();
	if (!ours)
		return error_set(e, ERROR_DENIED,
			"the certificate is not from this authority");
	return read ? 0
		    : error_set(e, ERROR_DENIED,
			      "the certificate names nobody, or two");
}
