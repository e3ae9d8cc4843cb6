/*
 * What the issuer signs is what the profile says, as the stock openssl command
 * reads it; which keys and which subjects get none; and whose certificate it
 * is, read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tests/unit/authority_fixture.h"

static struct ca_configuration *configuration;
static struct issuer *issuer;

static int
setup(void **state)
{
	authority_setup(state);
	configuration = authority_configuration("");
	issuer = authority_issuer(configuration);
	return 0;
}

static int
teardown(void **state)
{
	issuer_close(&issuer);
	assert_null(issuer);
	ca_configuration_free(&configuration);
	return authority_teardown(state);
}

static EVP_PKEY *
p256(void)
{
	return EVP_EC_gen("P-256");
}

/* For that key; now is the clock's. */
static X509 *
make(const char *principal, const char *url, EVP_PKEY *key, char *number)
{
	const struct issuer_subject subject = { principal, url };
	char made[CERTIFICATE_NUMBER_SIZE];
	struct error e = { 0 };
	X509 *certificate;

	if (issuer_make(issuer, &subject, key, time(NULL), &certificate,
		    number != NULL ? number : made, &e) == -1)
		fail_msg("%s", e.text);
	return certificate;
}

static void
denied(const char *principal, const char *url, EVP_PKEY *key, const char *why)
{
	const struct issuer_subject subject = { principal, url };
	char number[CERTIFICATE_NUMBER_SIZE];
	struct error e = { 0 };
	X509 *certificate = NULL;

	assert_int_equal(issuer_make(issuer, &subject, key, time(NULL),
				 &certificate, number, &e),
		-1);
	assert_null(certificate);
	assert_int_equal(e.code, ERROR_DENIED);
	if (strstr(e.text, why) == NULL)
		fail_msg("expected %s, got: %s", why, e.text);
	EVP_PKEY_free(key);
}

/* One that was made into a file, which openssl verifies and prints. */
static void
made(const char *principal, const char *url, EVP_PKEY *key, const char *purpose)
{
	X509 *certificate = make(principal, url, key, NULL);

	authority_write("made.pem", certificate);
	X509_free(certificate);
	EVP_PKEY_free(key);
	authority_run("openssl verify -x509_strict -purpose %s -CAfile ca.pem "
		      "made.pem",
		purpose);
	authority_run("openssl x509 -in made.pem -noout -text >text");
}

static void
clients(void **state)
{
	(void)state;
	made("device:A1/X", "", p256(), "sslclient");
	authority_run("grep -q 'Version: 3' text");
	authority_run("grep -q 'Issuer: O = Sample Service, CN = CSRC "
		      "authority' text");
	authority_run("grep -q 'Subject: O = Sample Service, OU = device, CN = "
		      "A1=2FX' text");
	authority_run("grep -q '^ *URI:urn:csrc:device:A1=2FX$' text");
	authority_run("grep -q '^ *TLS Web Client Authentication$' text");
	authority_run("grep -q '^ *CA:FALSE$' text");
	authority_run("grep -q '^ *Digital Signature, Key Agreement$' text");
	authority_run("grep -q 'X509v3 Authority Key Identifier' text");
	authority_run("grep -q 'X509v3 Subject Key Identifier' text");
	assert_false(authority_runs("openssl verify -purpose sslserver "
				    "-CAfile ca.pem made.pem"));
	made("agent:SITE-7", "", EVP_EC_gen("P-384"), "sslclient");
	authority_run("grep -q 'OU = agent, CN = SITE-7$' text");
	made("collector:NORTH", "", EVP_RSA_gen(2048), "sslclient");
	authority_run("grep -q 'OU = collector, CN = NORTH$' text");
	authority_run("grep -q '^ *Digital Signature, Key Encipherment$' text");
}

static void
servers(void **state)
{
	(void)state;
	made("server:DAV", "https://dav.example:8443/csrc/", p256(),
		"sslserver");
	authority_run("grep -q '^ *URI:urn:csrc:server:DAV, "
		      "DNS:dav.example$' text");
	authority_run("grep -q '^ *TLS Web Server Authentication$' text");
	authority_run("openssl verify -verify_hostname dav.example -CAfile "
		      "ca.pem made.pem");
	assert_false(authority_runs("openssl verify -verify_hostname "
				    "other.example -CAfile ca.pem made.pem"));
	made("server:V4", "https://192.0.2.7/csrc/", p256(), "sslserver");
	authority_run("openssl verify -verify_ip 192.0.2.7 -CAfile ca.pem "
		      "made.pem");
	made("server:V6", "https://[2001:db8::7]:8443/", p256(), "sslserver");
	authority_run("openssl verify -verify_ip 2001:db8::7 -CAfile ca.pem "
		      "made.pem");
	denied("server:DAV", "", p256(), "no host");
	denied("server:DAV", "https://a.example,DNS:b.example/", p256(),
		"no host");
	denied("server:DAV", "https://*.example/", p256(), "no host");
	denied("server:DAV", "https://[dav.example]/", p256(), "no host");
}

static void
times(void **state)
{
	const struct issuer_subject subject = { "device:A1", "" };
	const time_t now = time(NULL);
	const int64_t end = (int64_t)now + INT64_C(3650) * 86400;
	char number[CERTIFICATE_NUMBER_SIZE];
	struct error e = { 0 };
	EVP_PKEY *key = p256();
	X509 *certificate;
	time_t at;

	(void)state;
	/* an issuer of today signs nothing from before today */
	certificate = make("device:A1", "", key, NULL);
	assert_int_equal(
		ASN1_TIME_compare(X509_get0_notBefore(certificate),
			X509_get0_notBefore(issuer_certificate(issuer))),
		0);
	at = now + 365 * 86400;
	assert_true(ASN1_TIME_cmp_time_t(
			    X509_get0_notAfter(certificate), at + 10) <= 0);
	assert_true(ASN1_TIME_cmp_time_t(
			    X509_get0_notAfter(certificate), at - 10) >= 0);
	X509_free(certificate);
	/* tomorrow an hour back, for clocks that are late */
	assert_int_equal(issuer_make(issuer, &subject, key, now + 86400,
				 &certificate, number, &e),
		0);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notBefore(certificate),
				 now + 86400 - 3600),
		0);
	X509_free(certificate);
	/* and never beyond the authority's own end */
	assert_int_equal(issuer_make(issuer, &subject, key, end - 86400,
				 &certificate, number, &e),
		0);
	assert_int_equal(
		ASN1_TIME_compare(X509_get0_notAfter(certificate),
			X509_get0_notAfter(issuer_certificate(issuer))),
		0);
	X509_free(certificate);
	assert_int_equal(issuer_make(issuer, &subject, key, end + 60,
				 &certificate, number, &e),
		-1);
	assert_int_equal(e.code, ERROR_TROUBLE);
	assert_int_equal(issuer_make(issuer, &subject, key, now - 86400,
				 &certificate, number, &e),
		-1);
	assert_int_equal(e.code, ERROR_TROUBLE);
	EVP_PKEY_free(key);
}

/* A key that the openssl command makes so. */
static EVP_PKEY *
generated(const char *options)
{
	char path[128];
	EVP_PKEY *key;
	FILE *in;

	authority_run("openssl genpkey %s -out some.key", options);
	snprintf(path, sizeof(path), "%s/some.key", authority_directory);
	in = fopen(path, "r");
	assert_non_null(in);
	key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
	fclose(in);
	assert_non_null(key);
	return key;
}

static void
weak_keys(void **state)
{
	(void)state;
	denied("device:A1", "", EVP_RSA_gen(1024), "1024 bits");
	denied("device:A1", "",
		generated("-algorithm RSA -pkeyopt rsa_keygen_bits:2048 "
			  "-pkeyopt rsa_keygen_pubexp:3"),
		"exponent");
	denied("device:A1", "", EVP_EC_gen("P-224"), "P-256 or P-384");
	denied("device:A1", "", EVP_EC_gen("secp256k1"), "P-256 or P-384");
	denied("device:A1", "",
		generated("-algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
			  "-pkeyopt ec_param_enc:explicit"),
		"no name");
	denied("device:A1", "", generated("-algorithm ED25519"), "neither");
}

static void
subjects(void **state)
{
	(void)state;
	denied("device:a1", "", p256(), "no principal");
	denied("printer:A1", "", p256(), "no principal");
	denied("A1", "", p256(), "no principal");
	/* 66 octets as it is spelled */
	denied("device:@@@@@@@@@@@@@@@@@@@@@@", "", p256(), "too long");
}

static void
numbers(void **state)
{
	char number[CERTIFICATE_NUMBER_SIZE], read[CERTIFICATE_NUMBER_SIZE];
	char other[CERTIFICATE_NUMBER_SIZE] = "", principal[PRINCIPAL_SIZE];
	EVP_PKEY *key = p256();
	struct error e = { 0 };

	(void)state;
	for (int i = 0; i < 300; i++) {
		X509 *certificate = make("device:A1/X", "", key, number);

		assert_int_equal(strlen(number), 32);
		assert_int_equal(strspn(number, "0123456789abcdef"), 32);
		assert_true(number[0] >= '4' && number[0] < '8');
		assert_string_not_equal(number, other);
		memcpy(other, number, sizeof(other));
		assert_int_equal(issuer_identify(issuer, certificate, principal,
					 read, &e),
			0);
		assert_string_equal(read, number);
		assert_string_equal(principal, "device:A1/X");
		X509_free(certificate);
	}
	EVP_PKEY_free(key);
}

/* One of stock openssl's, signed by the authority's key, and whose it is; NULL:
 * nobody's. */
static void
identified(const char *subject, const char *names, const char *whose)
{
	char path[128], principal[PRINCIPAL_SIZE];
	char number[CERTIFICATE_NUMBER_SIZE];
	struct error e = { 0 };
	X509 *certificate;
	FILE *in;
	int rc;

	authority_run("openssl req -new -newkey ec -pkeyopt "
		      "ec_paramgen_curve:P-256 -nodes -keyout some.key -subj "
		      "'%s' -out some.csr && "
		      "printf 'subjectAltName=%s\\n' >some.ext && "
		      "openssl x509 -req -in some.csr -CA ca.pem -CAkey ca.key "
		      "-set_serial 0x1234 -extfile some.ext -out some.pem",
		subject, names);
	snprintf(path, sizeof(path), "%s/some.pem", authority_directory);
	in = fopen(path, "r");
	assert_non_null(in);
	certificate = PEM_read_X509(in, NULL, NULL, NULL);
	fclose(in);
	assert_non_null(certificate);
	rc = issuer_identify(issuer, certificate, principal, number, &e);
	X509_free(certificate);
	assert_int_equal(rc, whose != NULL ? 0 : -1);
	if (whose == NULL) {
		assert_int_equal(e.code, ERROR_DENIED);
		return;
	}
	assert_string_equal(principal, whose);
	assert_string_equal(number, "00000000000000000000000000001234");
}

static void
names_must_agree(void **state)
{
	(void)state;
	identified("/OU=device/CN=A1", "URI:urn:csrc:device:A1", "device:A1");
	identified("/OU=device/CN=A1", "URI:urn:csrc:device:A1,DNS:a.example",
		"device:A1");
	identified("/OU=device/CN=A1=2FX", "URI:urn:csrc:device:A1=2FX",
		"device:A1/X");
	identified("/OU=device/CN=A1", "URI:urn:csrc:device:A2", NULL);
	identified("/OU=agent/CN=A1", "URI:urn:csrc:device:A1", NULL);
	identified("/OU=device/CN=A1", "DNS:a.example", NULL);
	identified("/OU=device/CN=A1",
		"URI:urn:csrc:device:A1,URI:urn:csrc:device:A2", NULL);
	identified("/OU=device/CN=A1/CN=A1", "URI:urn:csrc:device:A1", NULL);
	identified("/OU=device/OU=agent/CN=A1", "URI:urn:csrc:device:A1", NULL);
	identified("/OU=device/CN=a1", "URI:urn:csrc:device:a1", NULL);
	identified("/OU=printer/CN=A1", "URI:urn:csrc:printer:A1", NULL);
	identified("/CN=A1", "URI:urn:csrc:device:A1", NULL);
}

static void
strangers(void **state)
{
	char path[128], principal[PRINCIPAL_SIZE];
	char number[CERTIFICATE_NUMBER_SIZE];
	struct error e = { 0 };
	X509 *certificate;
	FILE *in;

	(void)state;
	/* the same name, another key */
	authority_run("openssl req -x509 -newkey ec -pkeyopt "
		      "ec_paramgen_curve:P-256 -nodes -keyout some.key -subj "
		      "'/O=Sample Service/CN=CSRC authority' -out some.pem "
		      "-addext subjectAltName=URI:urn:csrc:device:A1");
	snprintf(path, sizeof(path), "%s/some.pem", authority_directory);
	in = fopen(path, "r");
	assert_non_null(in);
	certificate = PEM_read_X509(in, NULL, NULL, NULL);
	fclose(in);
	assert_int_equal(
		issuer_identify(issuer, certificate, principal, number, &e),
		-1);
	assert_int_equal(e.code, ERROR_DENIED);
	X509_free(certificate);
}

/* The files must be what an authority has, and the key ours alone. */
static void
refused(const char *why)
{
	struct issuer *other;
	struct error e = { 0 };

	assert_int_equal(issuer_open(configuration, &other, &e), -1);
	assert_null(other);
	if (strstr(e.text, why) == NULL)
		fail_msg("expected %s, got: %s", why, e.text);
}

static void
files(void **state)
{
	(void)state;
	authority_run("cp ca.pem kept.pem; cp -p ca.key kept.key");
	authority_run("chmod 640 ca.key");
	refused("mode is 0640");
	authority_run("chmod 604 ca.key");
	refused("mode is 0604");
	authority_run("chmod 600 ca.key; : >ca.key");
	refused("no key");
	authority_run("openssl pkcs8 -topk8 -in kept.key -out ca.key -passout "
		      "pass:secret");
	refused("or an encrypted one");
	authority_run("openssl genpkey -algorithm EC -pkeyopt "
		      "ec_paramgen_curve:P-256 -out ca.key");
	refused("is not its key");
	authority_run("cp kept.key ca.key; openssl req -x509 -new -key ca.key "
		      "-subj /CN=A -addext keyUsage=critical,keyCertSign -out "
		      "ca.pem");
	refused("signs certificates and CRLs");
	authority_run("openssl req -x509 -new -key ca.key -subj /CN=A -addext "
		      "basicConstraints=critical,CA:FALSE -out ca.pem");
	refused("not of an authority");
	authority_run(": >ca.pem");
	refused("no certificate");
	authority_run("rm ca.pem");
	refused("ca.pem");
	authority_run("cp kept.pem ca.pem");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients),
		cmocka_unit_test(servers),
		cmocka_unit_test(times),
		cmocka_unit_test(weak_keys),
		cmocka_unit_test(subjects),
		cmocka_unit_test(numbers),
		cmocka_unit_test(names_must_agree),
		cmocka_unit_test(strangers),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
