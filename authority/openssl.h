/*
 * What the room wants of OpenSSL again and again: its failures as ours, and
 * bounded files in PEM.
 */
#ifndef AUTHORITY_OPENSSL_H
#define AUTHORITY_OPENSSL_H

#include "base/buffer.h"
#include "base/error.h"

struct evp_pkey_st;
struct x509_st;
struct X509_crl_st;
struct bio_st;

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

/* Appends what was written to bio, in memory, to out. */
int openssl_take(struct bio_st *bio, struct buffer *out, struct error *e);

#endif
