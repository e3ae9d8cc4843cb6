/*
 * The issuer: the authority's key, and the certificates that are signed with
 * it (RFC 5280). What is in a certificate comes from its profile, and of what
 * was asked for nothing but the public key. For any thread.
 */
#ifndef AUTHORITY_ISSUER_H
#define AUTHORITY_ISSUER_H

#include <stdint.h>

#include "authority/configuration.h"
#include "base/error.h"
#include "parser/certificate.h"
#include "parser/principal.h"

struct evp_pkey_st;
struct x509_st;

enum {
	/* seconds before now, for the clocks of devices, which may be late */
	ISSUER_EARLIER = 3600
};

struct issuer;

/* ca.key and ca.pem of c's directory. ERROR_NOT_FOUND: there is no key.
 * ERROR_DENIED: others can read it. ERROR_BAD: not a key, not the certificate
 * of an authority with that key. c outlives it. */
int issuer_open(const struct ca_configuration *c, struct issuer **issuer_r,
	struct error *e);
void issuer_close(struct issuer **issuer);

/* Its own. The caller frees neither. */
struct x509_st *issuer_certificate(struct issuer *issuer);
struct evp_pkey_st *issuer_key(struct issuer *issuer);
/* ERROR_TROUBLE: its own certificate has ended, or now is before it. */
int issuer_ready(const struct issuer *issuer, int64_t now, struct error *e);

/* A new number, by chance, into the certificate: its serial number. */
int issuer_number(struct x509_st *certificate,
	char number_r[CERTIFICATE_NUMBER_SIZE], struct error *e);

struct issuer_subject {
	const char *principal; /* as principal_spell writes it */
	const char *url; /* of a server: it gets that host's name; else "" */
};

/*
 * A certificate for this key from an hour before now, seconds since 1970; for
 * the caller to X509_free. It is not recorded yet. ERROR_DENIED: a key that no
 * profile takes, a subject that cannot have one.
 */
int issuer_make(struct issuer *issuer, const struct issuer_subject *subject,
	struct evp_pkey_st *key, int64_t now, struct x509_st **certificate_r,
	char number_r[CERTIFICATE_NUMBER_SIZE], struct error *e);

/* Whose certificate it is, in our name and with our signature, by its subject
 * and its URI, which must agree. Says nothing of its time, nor whether it was
 * revoked. ERROR_DENIED. */
int issuer_identify(struct issuer *issuer, struct x509_st *certificate,
	char principal_r[PRINCIPAL_SIZE],
	char number_r[CERTIFICATE_NUMBER_SIZE], struct error *e);

#endif
