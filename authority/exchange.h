/*
 * One message and what becomes of it, as the files of CMP know it: cmp.c, which
 * goes its way with it, context.c, which has it read and answered by OpenSSL,
 * and asked.c, which decides what OpenSSL asks meanwhile.
 */
#ifndef AUTHORITY_EXCHANGE_H
#define AUTHORITY_EXCHANGE_H

#include <stdbool.h>

#include "authority/cmp.h"
#include "authority/header.h"
#include "authority/transactions.h"
#include "control/handover_authority.h"

struct ossl_cmp_msg_st;

struct exchange {
	const struct cmp *cmp;
	struct client *daemon;
	struct cmp_header header;
	struct ossl_cmp_msg_st *message;
	unsigned char digest[SHA256_SIZE]; /* of its octets */
	struct transaction *transaction;   /* taken; NULL: none */
	struct issuer_subject subject;     /* whom it is about */
	char url[AUTHORITY_URL_SIZE];      /* its, of a server */
	/* Whose signature is on it, which the daemon knows; NULL: of none. */
	struct x509_st *signer;
	/* Has what it needs been done? If not, why is what the log is told. */
	bool done;
	bool again; /* with what was issued before */
	struct error why;
};

#endif
