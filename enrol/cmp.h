/*
 * A certificate by CMP (RFC 9810, over HTTP as RFC 9811 has it): one request,
 * the answer checked, and confirmed; OpenSSL. What is asked for is but a key:
 * who gets a certificate, and what stands in it, the authority knows by the
 * licence, or by the certificate that is renewed.
 *
 * Whatever comes is hostile: bounded, and believed only if it is protected by
 * the licence's code, or signed by the authority that signed the old
 * certificate. So it needs no TLS. The whole of it ends in time.
 */
#ifndef ENROL_CMP_H
#define ENROL_CMP_H

#include <stdint.h>

#include "base/error.h"
#include "dav/dav.h"
#include "enrol/pair.h"

enum {
	CMP_ANSWER_MAX = 64 << 10, /* octets */
	/* No request is made after so many; each has dav's own limits. */
	CMP_SECONDS = 120
};

struct cmp_request {
	/* url is the authority's; where nothing, or "/", is behind the host,
	 * ".well-known/cmp" comes there (RFC 9811). http:// will do. */
	const struct dav_options *authority;
	struct evp_pkey_st *key; /* that gets a certificate */
	const char *principal;   /* whom it must name */
	/* Either these two, in their canonical forms, … */
	const char *licence, *code;
	/* … or the pair to renew, with its authority's certificate behind it.
	 */
	const struct pair_content *old;
};

/*
 * content_r gets the certificate and those of its authority; its key is that of
 * the request. ERROR_DENIED: the authority does not give one, or gave another
 * than was asked for; ERROR_BAD: an answer that makes no sense, or is not the
 * authority's; ERROR_TROUBLE: no answer, and whether there is a certificate is
 * not known: ask again with the same key. Others as in dav/dav.h.
 */
int cmp_certify(const struct cmp_request *request,
	struct pair_content *content_r, struct error *e);

#endif
