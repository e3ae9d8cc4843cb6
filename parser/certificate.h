/*
 * What the center has to know of an X.509 certificate (RFC 5280) that its own
 * authority made, and of the signing request (PKCS#10, RFC 2986) for one;
 * OpenSSL. Neither is trusted for what it says.
 */
#ifndef PARSER_CERTIFICATE_H
#define PARSER_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/crypto.h"
#include "parser/principal.h"

enum {
	CERTIFICATE_NUMBER_SIZE = 32 + 1, /* lower-case hex digits */
	CERTIFICATE_MAX = 8192,           /* octets of DER */
	SIGNING_REQUEST_MAX = 16384       /* octets, of a file of either form */
};

struct certificate_facts {
	char number[CERTIFICATE_NUMBER_SIZE]; /* the serial number: 127 bits,
						 with leading zeros */
	/* As subject_read has it; "": nobody. */
	char principal[PRINCIPAL_SIZE];
	/* SHA-256 of SubjectPublicKeyInfo's DER, and of the whole. */
	unsigned char key[SHA256_SIZE], digest[SHA256_SIZE];
	int64_t not_before, not_after; /* seconds since 1970 */
};

/* DER, and not an octet behind it. ERROR_BAD: it is none; ERROR_LIMIT: longer
 * than CERTIFICATE_MAX. */
int certificate_read(const void *der, size_t length,
	struct certificate_facts *facts_r, struct error *e);

/* The same of the first one in a text in PEM, of four times that length. */
int certificate_read_pem(
	const char *text, struct certificate_facts *facts_r, struct error *e);

/* A number as people type it: digits of either case, with colons or without.
 * ERROR_BAD. */
int certificate_number_read(const char *text,
	char number_r[CERTIFICATE_NUMBER_SIZE], struct error *e);

/* PEM or DER; der_r, empty before, gets it in DER. ERROR_BAD: it is none, or
 * not signed by its own key; ERROR_LIMIT. */
int certificate_request_read(const void *octets, size_t length,
	struct buffer *der_r, struct error *e);

#endif
