/*
 * Licences: each buys one certificate, for one public key, for the one that it
 * was made for. Who shows the code of one (parser/licence_code.h) and a key has
 * it; which key that is, is decided in one transaction.
 *
 * Any now is the believed time (store_clock), in seconds since 1970.
 */
#ifndef STORE_LICENCE_H
#define STORE_LICENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "parser/licence_code.h"
#include "parser/principal.h"
#include "store/store.h"

enum {
	LICENCES_AT_ONCE = 200,
	LICENCE_HELD = 10 * 60,               /* seconds: one transaction's */
	LICENCE_UNCONFIRMED = 7 * 24 * 3600,  /* seconds: then it is listed */
	LICENCE_TRANSACTION_SIZE = 2 * 32 + 1 /* 1–64 of a-z 0-9 */
};

struct licence {
	char id[LICENCE_ID_SIZE];
	char principal[PRINCIPAL_SIZE]; /* whom it is for */
	int64_t created;
	int64_t expires; /* from then on it is good for nothing */
	/* When that was; 0: it was not. */
	int64_t used, confirmed, revoked;
	/* Since it was used: the SHA-256 of the public key, and the transaction
	 * that had it last. */
	unsigned char key[SHA256_SIZE];
	char transaction[LICENCE_TRANSACTION_SIZE];
	/* Which transaction it is held for, and until when; "": none. */
	char holder[LICENCE_TRANSACTION_SIZE];
	int64_t held;
	uint64_t resets; /* how often it was reset: what was given out with
			    fewer of them is void */
};

enum licence_state {
	LICENCE_UNUSED,
	LICENCE_USED,
	LICENCE_CONFIRMED,
	LICENCE_EXPIRED, /* and was never used */
	LICENCE_REVOKED
};
enum licence_state licence_state(const struct licence *l, int64_t now);
const char *licence_state_name(enum licence_state state);

/* Used a while ago, and its key never said that it has its certificate? */
bool licence_unconfirmed(const struct licence *l, int64_t now);

/* What may be told once. The caller wipes. */
struct licence_made {
	char id[LICENCE_ID_SIZE];
	char code[LICENCE_CODE_SIZE];
};

/*
 * Makes count licences, 1 to LICENCES_AT_ONCE, all or none. ERROR_NOT_FOUND: a
 * device or a server that is not registered; ERROR_BAD: it would have expired.
 */
int licence_new(struct store *s, const char *principal, size_t count,
	int64_t expires, int64_t now, struct licence_made *made_r,
	struct error *e);

/* By their ids in any spelling; ERROR_BAD: it is none, ERROR_NOT_FOUND. */
int licence_get(struct store *s, const char *id, struct licence *licence_r,
	struct error *e);
/* Nobody gets anything for it any more. Twice is no error. */
int
licence_revoke(struct store *s, const char *id, int64_t now, struct error *e);
/* As if it had never been used or revoked, with the same code. */
int licence_reset(struct store *s, const char *id, int64_t expires, int64_t now,
	struct error *e);
/* Walks in order of id, as the walks of store/registry.h. */
int
licence_walk(struct store *s, int (*each)(const struct licence *l, void *arg),
	void *arg, struct error *e);

/*
 * Holds a licence for a transaction, for LICENCE_HELD seconds, and gives its
 * code, which the caller wipes; asked again, it is held no longer for that. So
 * it is for one that was used already: with the same key the answer is the
 * same. ERROR_EXISTS: it is held for another; ERROR_DENIED: it is expired or
 * revoked, or whom it is for is gone, disabled, or registered anew.
 */
int licence_reserve(struct store *s, const char *id, const char *transaction,
	int64_t now, struct licence *licence_r, char code_r[LICENCE_CODE_SIZE],
	struct error *e);
/* It came to nothing: a wrong code, say. Of another's it changes nothing. */
int licence_release(struct store *s, const char *id, const char *transaction,
	struct error *e);
/* None of them goes on: all licences are held for nobody. */
int licence_release_all(struct store *s, struct error *e);

/*
 * The licence is that key's, from now on; the holder's transaction ends its
 * holding. The first key wins, and has the same answer whenever it asks again:
 * *again_r. ERROR_EXISTS: it is another key's; ERROR_DENIED as above, or it is
 * not held for this transaction (any more).
 */
int licence_use(struct store *s, const char *id, const char *transaction,
	const unsigned char key[SHA256_SIZE], int64_t now, bool *again_r,
	struct error *e);
/* Who has that key has the certificate. Twice is no error; ERROR_DENIED: it is
 * not that key's. */
int licence_confirm(struct store *s, const char *id,
	const unsigned char key[SHA256_SIZE], int64_t now, struct error *e);

#endif
