/*
 * What the room wants of OpenSSL again and again: its failures as ours, and
 * bounded files in PEM.
 */
#ifndef AUTHORITY_OPENSSL_H
#define AUTHORITY_OPENSSL_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct evp_pkey_st;
struct x509_st;
struct X509_crl_st;
struct bio_st;
struct asn1_string_st;
struct evp_md_st;

/* ERROR_TROUBLE: "what: …", with what the library says. Returns -1. */
int openssl_failed(struct error *e, const char *what);

/*
 * The first one in that file. ERROR_BAD: there is none; ERROR_DENIED: others
 * than us can read the key. An encrypted key is none.
 */
int
openssl_read_key(const char *path, struct evp_pkey_st **key_r, struct error *e);
int openssl_read_certificate(
	const char *path, struct x509_st **certificate_r, struct error *e);
int
openssl_read_crl(const char *path, struct X509_crl_st **crl_r, struct error *e);

/* What a key of that kind signs with. */
const struct evp_md_st *openssl_digest(const struct evp_pkey_st *key);

/* Seconds since 1970. ERROR_BAD. */
int openssl_time(
	const struct asn1_string_st *time, int64_t *seconds_r, struct error *e);

/* Appends what was written to bio, in memory, to out. */
int openssl_take(struct bio_st *bio, struct buffer *out, struct error *e);

/* Appends a certificate, in DER. */
int
openssl_der(struct x509_st *certificate, struct buffer *out, struct error *e);

/* Appends each certificate of that file, in PEM. ERROR_BAD: it has none. */
int openssl_copy_certificates(
	const char *path, struct buffer *out, struct error *e);

#endif
