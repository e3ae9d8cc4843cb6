/*
 * What is asked for, before anything of it is proved: a walk over a CMP message
 * (RFC 9810, 5.1) for whose it claims to be, which OpenSSL's CMP tells nobody.
 * All of it is hostile octets' word; what follows from it must be proved.
 */
#ifndef AUTHORITY_HEADER_H
#define AUTHORITY_HEADER_H

#include <stddef.h>

#include "base/error.h"

struct x509_st;

enum {
	CMP_MESSAGE_MAX = 64 * 1024,
	CMP_TRANSACTION_MIN = 8,
	CMP_TRANSACTION_MAX = 32,
	CMP_TRANSACTION_SIZE = 2 * CMP_TRANSACTION_MAX + 1,
	CMP_REFERENCE_MAX = 64,
	CMP_CERTIFICATES_MAX = 8,
	/* of the password-based MAC, which are computed before anything is
	 * proved */
	CMP_ITERATIONS_MAX = 10 * 1000
};

/* Those that are answered, by their number in PKIBody. */
enum {
	CMP_IR = 0,
	CMP_CR = 2,
	CMP_P10CR = 4,
	CMP_KUR = 7,
	CMP_RR = 11,
	CMP_PKICONF = 19,
	CMP_ERROR = 23,
	CMP_CERTCONF = 24
};

enum cmp_protection {
	CMP_UNPROTECTED,
	CMP_MAC, /* password-based (RFC 9810, 5.1.3.1) */
	CMP_SIGNATURE
};

struct cmp_header {
	char transaction[CMP_TRANSACTION_SIZE];     /* hex */
	unsigned char reference[CMP_REFERENCE_MAX]; /* senderKID */
	size_t reference_length;                    /* 0: there is none */
	enum cmp_protection protection;
	int body;
	/* Of rr, as CRLReason (RFC 5280, 5.3.1); -1: none is given. */
	int reason;
	/* The first of extraCerts; NULL: none. */
	struct x509_st *certificate;
};

/* ERROR_BAD: no such message, or one that cannot be answered, having no name of
 * a transaction; ERROR_LIMIT. */
int header_read(const void *octets, size_t length, struct cmp_header *header_r,
	struct error *e);
void header_clear(struct cmp_header *header);

#endif
