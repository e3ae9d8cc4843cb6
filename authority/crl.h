/*
 * A list of revoked certificates (RFC 5280, 5): made, signed, read back.
 */
#ifndef AUTHORITY_CRL_H
#define AUTHORITY_CRL_H

#include <stdint.h>

#include "authority/issuer.h"
#include "base/buffer.h"
#include "base/error.h"

struct X509_crl_st;

/* What stands in one, beside the certificates. Times are seconds since 1970. */
struct crl_facts {
	uint64_t number; /* CRLNumber */
	int64_t issued;
	int64_t until; /* nextUpdate: refused from then on */
};

/* An empty one, for the caller to crl_free. */
int crl_new(struct issuer *issuer, const struct crl_facts *facts,
	struct X509_crl_st **crl_r, struct error *e);
void crl_free(struct X509_crl_st **crl);

/* reason is a word of RFC 5280, 5.3.1; one that is none counts as
 * "unspecified". */
int crl_add(struct X509_crl_st *crl, const char *number, int64_t revoked,
	const char *reason, struct error *e);

/* Signs it, and puts it behind what out holds, in PEM. */
int crl_write(struct issuer *issuer, struct X509_crl_st *crl,
	struct buffer *out, struct error *e);

/* That of the file, which must be from this issuer. ERROR_BAD; ERROR_DENIED:
 * another's; ERROR_TROUBLE: it cannot be opened, errno says why. */
int crl_read(struct issuer *issuer, const char *path, struct crl_facts *facts_r,
	struct error *e);

#endif
