/*
 * Profiles: what stands in a certificate of each kind of principal, and which
 * keys it may be for (RFC 5280, 4.2).
 */
#ifndef AUTHORITY_PROFILE_H
#define AUTHORITY_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "authority/configuration.h"
#include "authority/issuer.h"

/* P-256 or P-384 as a named curve, its point on it, or RSA of 2048 to 4096
 * bits. ERROR_DENIED. */
int profile_check_key(struct evp_pkey_st *key, struct error *e);

/* How long a certificate for that principal lasts, in seconds. */
int64_t
profile_validity(const struct ca_configuration *c, const char *principal);

/*
 * Subject and extensions; the certificate has its key, and issuer's name is
 * not put in. ERROR_DENIED: no such principal, a name or a URL for which there
 * can be none.
 */
int profile_apply(struct x509_st *certificate, struct x509_st *issuer,
	const struct issuer_subject *subject, struct error *e);

/* As OpenSSL's configuration spells them. issuer may be the certificate. */
struct profile_extension {
	int nid;
	const char *value;
};
int profile_extend(struct x509_st *certificate, struct x509_st *issuer,
	const struct profile_extension *rows, size_t count, struct error *e);

#endif
