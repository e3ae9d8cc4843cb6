/*
 * The center's side of a line's beginning, csrc-line(5): nonces, each for one
 * call, and whether a device has proved itself by one. Whatever is wrong costs
 * the same look-ups and the same work, and who asks hears yes or no.
 */
#ifndef GATE_PROVE_H
#define GATE_PROVE_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/gate.h"
#include "parser/proof.h"

enum {
	PROVE_SECONDS = 60, /* that a nonce is good for */
	PROVE_OPEN_MAX = 64 /* nonces at once */
};

struct prove; /* the nonces, all in memory */

struct prove *prove_new(void);
void prove_free(struct prove **p);

/*
 * A nonce for a call to a center, good once, for whoever has that connection;
 * it takes the place of one that it has already. ERROR_NOT_FOUND: no such
 * center; ERROR_LIMIT: there are too many; ERROR_TROUBLE.
 */
int prove_begin(struct gate *gate, uint64_t connection, const char *center,
	unsigned char nonce_r[PROOF_NONCE_SIZE], struct error *e);

/* What a device says, and on what call. */
struct prove_claim {
	uint64_t connection;
	struct transcript transcript; /* but for the center */
	unsigned char proof[PROOF_SIZE];
	const char *client; /* for the log; NULL: not known */
};

/*
 * 1: it is who it says, and proofs_r has the center's proof and the call's key,
 * which the caller wipes; 0: no, and proofs_r is wiped. Either has its line in
 * the log, with the reason. ERROR_NOT_FOUND: there is no such nonce, or it has
 * had its time: the call must begin anew; ERROR_TROUBLE.
 */
int prove_check(struct gate *gate, struct prove_claim *claim,
	struct proofs *proofs_r, struct error *e);

/* The connection has ended, and so have its nonces. */
void prove_left(struct gate *gate, uint64_t connection);

#endif
