/*
 * CMP transactions that are open, by the name that their peer gave each: from
 * its first message until it is confirmed, refused or has taken too long. Who
 * takes one has it alone until it is given back; nobody waits for one. For any
 * thread.
 */
#ifndef AUTHORITY_TRANSACTIONS_H
#define AUTHORITY_TRANSACTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authority/header.h"
#include "authority/issuer.h"
#include "base/buffer.h"
#include "base/crypto.h"
#include "base/error.h"
#include "parser/principal.h"

struct ossl_cmp_srv_ctx_st;
struct exchange;

/* What the daemon has still to be told before the peer has its answer. */
enum transaction_due { DUE_NOTHING, DUE_CONFIRM, DUE_REVOKE };

struct transaction {
	char name[CMP_TRANSACTION_SIZE];
	bool taken;
	int64_t ends; /* as clock_seconds */
	/* Whom it is by: a licence, or the number of a certificate. */
	char owner[CERTIFICATE_NUMBER_SIZE];
	char principal[PRINCIPAL_SIZE];
	/* The peer's last message, and the answer to it: the same again has the
	 * same answer. */
	unsigned char heard[SHA256_SIZE];
	struct buffer answer;
	enum transaction_due due;
	/* Of what was issued in it; "": nothing yet. */
	char number[CERTIFICATE_NUMBER_SIZE];
	unsigned char hash[64]; /* of it, as the peer confirms it */
	size_t hash_length;
	struct ossl_cmp_srv_ctx_st *context; /* has the secret */
	struct exchange *exchange;           /* whoever has taken it: its own */
};

struct transactions;

/* At most so many, each for so many seconds. NULL: no memory. */
struct transactions *transactions_new(size_t most, int64_t seconds);
void transactions_free(struct transactions **transactions);

/*
 * A new one, taken. ERROR_EXISTS: there is one of that name; ERROR_TROUBLE: so
 * many are open.
 */
int transactions_open(struct transactions *t, const char *name,
	struct transaction **transaction_r, struct error *e);
/* ERROR_NOT_FOUND; ERROR_TROUBLE: somebody has taken it. */
int transactions_take(struct transactions *t, const char *name,
	struct transaction **transaction_r, struct error *e);

/* Whoever has taken it has it no more. An open one of the same owner, which is
 * older, ends. */
void transactions_give_back(struct transactions *t, struct transaction *one);
/* It has come to its end. */
void transactions_end(struct transactions *t, struct transaction *one);

/*
 * The one of that name may have left its owner, a licence, held: the daemon
 * could not be told. Of many the oldest are forgotten, and held until their
 * time is over.
 */
void
transactions_leave(struct transactions *t, const char *owner, const char *name);
/* Has one left it held? Its name, told once. */
bool transactions_left(struct transactions *t, const char *owner,
	char name_r[CMP_TRANSACTION_SIZE]);

/* How many there are, taken ones too. */
size_t transactions_count(struct transactions *t);

#endif
