/*
 * Keys and certificates in PEM (RFC 7468), in memory; OpenSSL. A key that is
 * encrypted is none, since nobody is there to be asked for its passphrase.
 */
#ifndef BASE_PEM_H
#define BASE_PEM_H

#include "base/buffer.h"
#include "base/error.h"

struct evp_pkey_st;
struct x509_st;
struct X509_req_st;
struct stack_st_X509;

/* The first one in the text. ERROR_BAD: there is none. */
int pem_read_key(
	const struct buffer *text, struct evp_pkey_st **key_r, struct error *e);
int pem_read_certificate(const struct buffer *text,
	struct x509_st **certificate_r, struct error *e);
/* A signing request (PKCS#10). */
int pem_read_request(const struct buffer *text, struct X509_req_st **request_r,
	struct error *e);
/* All of them, in their order, which may be none. */
int pem_read_certificates(const struct buffer *text,
	struct stack_st_X509 **certificates_r, struct error *e);

/* Appends it. ERROR_TROUBLE. */
int pem_add_key(struct buffer *text, struct evp_pkey_st *key, struct error *e);
int pem_add_certificate(
	struct buffer *text, struct x509_st *certificate, struct error *e);

#endif
