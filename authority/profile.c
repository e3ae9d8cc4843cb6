/*
 * Extensions are written in the words of OpenSSL's configuration: what comes
 * from outside is a spelled name or a host of a URL, and was looked at.
 */
#include "authority/profile.h"

#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

#include "authority/openssl.h"
#include "base/text.h"
#include "parser/spelling.h"

enum {
	RSA_BITS_MIN = 2048,
	RSA_BITS_MAX = 4096,
	NAME_MAX_OCTETS = 64, /* of a common name: RFC 5280, A.1 */
	HOST_MAX = 253,
	NAMES_SIZE = 512 /* of the subject's alternative names */
};

static int
denied(struct error *e, const char *why)
{
	ERR_clear_error();
	return error_set(e, ERROR_DENIED, "%s", why);
}

static int
check_curve(EVP_PKEY *key, struct error *e)
{
	char text[32];
	size_t length;

	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
		    text, sizeof(text), &length) != 1 ||
		strcmp(text, OSSL_PKEY_EC_ENCODING_GROUP) != 0)
		return denied(e, "the key's curve has no name");
	if (EVP_PKEY_get_group_name(key, text, sizeof(text), &length) != 1)
		return denied(e, "the key is of an unknown curve");
	if (strcmp(text, SN_X9_62_prime256v1) != 0 &&
		strcmp(text, SN_secp384r1) != 0)
		return denied(e, "the key's curve is not P-256 or P-384");
	return 0;
}

static int
check_rsa(EVP_PKEY *key, struct error *e)
{
	BIGNUM *exponent = NULL;
	int bits = EVP_PKEY_get_bits(key);
	bool good;

	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return error_set(e, ERROR_DENIED,
			"an RSA key of %d bits; %d to %d are taken", bits,
			RSA_BITS_MIN, RSA_BITS_MAX);
	good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) ==
			1 &&
		BN_is_odd(exponent) && BN_num_bits(exponent) >= 17 &&
		BN_num_bits(exponent) <= 64;
	BN_free(exponent);
	return good ? 0
		    : denied(e,
			      "an RSA key whose exponent is not odd and from "
			      "65537 on");
}

int
profile_check_key(EVP_PKEY *key, struct error *e)
{
	EVP_PKEY_CTX *context;
	bool good;

	if (EVP_PKEY_is_a(key, "EC")) {
		if (check_curve(key, e) == -1)
			return -1;
	} else if (EVP_PKEY_is_a(key, "RSA")) {
		if (check_rsa(key, e) == -1)
			return -1;
	} else {
		return denied(e, "the key is neither of P-256, P-384 nor RSA");
	}
	context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	good = context != NULL && EVP_PKEY_public_check(context) == 1;
	EVP_PKEY_CTX_free(context);
	return good ? 0 : denied(e, "the key is not a valid public key");
}

static bool
is_server(const char *principal)
{
	return principal_name(principal, PRINCIPAL_SERVER) != NULL;
}

int64_t
profile_validity(const struct ca_configuration *c, const char *principal)
{
	return is_server(principal) ? c->server_validity : c->client_validity;
}

/* "device" and "A1", of "device:a1" as it is spelled. */
struct spelled {
	char kind[PRINCIPAL_SIZE];
	char name[SPELLED_SIZE];
};

static int
spell(const char *principal, struct spelled *s, struct error *e)
{
	char canonical[PRINCIPAL_SIZE];
	size_t length = strcspn(principal, ":");

	if (!principal_parse(principal, strlen(principal), canonical) ||
		!principal_same(principal, canonical))
		return error_set(
			e, ERROR_DENIED, "%s: no principal", principal);
	memcpy(s->kind, principal, length);
	s->kind[length] = '\0';
	if (!spelling_make(principal + length + 1, s->name) ||
		strlen(s->name) > NAME_MAX_OCTETS)
		return error_set(e, ERROR_DENIED,
			"%s: too long for a certificate as it is spelled",
			principal);
	return 0;
}

/* The organization is the authority's own. */
static int
name_subject(X509 *certificate, X509 *issuer, const struct spelled *s)
{
	const X509_NAME *ours = X509_get_subject_name(issuer);
	int at = X509_NAME_get_index_by_NID(ours, NID_organizationName, -1);
	X509_NAME *name = X509_NAME_new();
	int rc = -1;

	if (name != NULL &&
		(at < 0 ||
			X509_NAME_add_entry(name, X509_NAME_get_entry(ours, at),
				-1, 0) == 1) &&
		X509_NAME_add_entry_by_NID(name, NID_organizationalUnitName,
			MBSTRING_ASC, (const unsigned char *)s->kind, -1, -1,
			0) == 1 &&
		X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
			(const unsigned char *)s->name, -1, -1, 0) == 1 &&
		X509_set_subject_name(certificate, name) == 1)
		rc = 0;
	X509_NAME_free(name);
	return rc;
}

static bool
good_host(const char *host)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	size_t length = strlen(host);

	return length > 0 && length <= HOST_MAX &&
		strspn(host, good) == length && host[0] != '.' &&
		host[0] != '-';
}

static bool
is_address(int family, const char *host)
{
	unsigned char octets[sizeof(struct in6_addr)];

	return inet_pton(family, host, octets) == 1;
}

/* ",DNS:HOST" or ",IP:ADDRESS" behind the names. host may be changed. */
static bool
add_host(char *host, char names[NAMES_SIZE])
{
	size_t length = strlen(names), end = strlen(host);
	const char *kind = "IP";

	if (host[0] == '[' && host[end - 1] == ']') {
		host[end - 1] = '\0';
		host++;
		if (!is_address(AF_INET6, host))
			return false;
	} else if (!is_address(AF_INET, host)) {
		kind = "DNS";
		if (!good_host(host))
			return false;
	}
	return text_format(
		names + length, NAMES_SIZE - length, ",%s:%s", kind, host);
}

static int
name_host(const char *url, char names[NAMES_SIZE], struct error *e)
{
	char *host = NULL;
	bool added;

	added = OSSL_parse_url(url, NULL, NULL, &host, NULL, NULL, NULL, NULL,
			NULL) == 1 &&
		add_host(host, names);
	OPENSSL_free(host);
	return added ? 0
		     : denied(e,
			       "the server's URL has no host that can stand in "
			       "a certificate");
}

int
profile_extend(X509 *certificate, X509 *issuer,
	const struct profile_extension *rows, size_t count, struct error *e)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool added = true;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	for (size_t i = 0; added && i < count; i++) {
		extension = X509V3_EXT_conf_nid(
			NULL, &context, rows[i].nid, rows[i].value);
		added = extension != NULL &&
			X509_add_ext(certificate, extension, -1) == 1;
		X509_EXTENSION_free(extension);
	}
	return added ? 0 : openssl_failed(e, "the certificate's extensions");
}

/* With a key of an elliptic curve CMS agrees on a key, with RSA it sends one.
 */
int
profile_apply(X509 *certificate, X509 *issuer,
	const struct issuer_subject *subject, struct error *e)
{
	const bool server = is_server(subject->principal);
	const bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(certificate), "RSA");
	char names[NAMES_SIZE];
	const struct profile_extension rows[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage,
			rsa ? "critical,digitalSignature,keyEncipherment"
			    : "critical,digitalSignature,keyAgreement" },
		{ NID_ext_key_usage, server ? "serverAuth" : "clientAuth" },
		{ NID_subject_alt_name, names },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
	};
	struct spelled s;

	if (spell(subject->principal, &s, e) == -1)
		return -1;
	text_format(names, sizeof(names), "URI:urn:csrc:%s:%s", s.kind, s.name);
	if (server && name_host(subject->url, names, e) == -1)
		return -1;
	if (name_subject(certificate, issuer, &s) == -1)
		return openssl_failed(e, "the certificate's subject");
	return profile_extend(
		certificate, issuer, rows, sizeof(rows) / sizeof(rows[0]), e);
}
