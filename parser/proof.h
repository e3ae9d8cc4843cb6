/*
 * What the two ends of a line prove to one another, and the key of the call
 * that follows, csrc-line(5). All of it is made of a transcript, which says who
 * is who and has a nonce of either side, under a key that is derived from the
 * shared one for this purpose alone (HKDF, RFC 5869). A proof of one side's is
 * none of the other's.
 */
#ifndef PARSER_PROOF_H
#define PARSER_PROOF_H

#include <stddef.h>

#include "base/crypto.h"
#include "base/error.h"
#include "parser/claims.h"

enum {
	PROOF_VERSION = 1,
	PROOF_NONCE_SIZE = 16,
	PROOF_SIZE = SHA256_SIZE,
	PROOF_SESSION_SIZE = 32
};

/* IDs in their canonical form. */
struct transcript {
	char center[CENTER_ID_SIZE];
	char serial[SERIAL_SIZE];
	unsigned char key_id[KEY_ID_MAX];
	size_t key_id_length;
	unsigned char center_nonce[PROOF_NONCE_SIZE];
	unsigned char device_nonce[PROOF_NONCE_SIZE];
};

/* The caller wipes them. */
struct proofs {
	unsigned char device[PROOF_SIZE], center[PROOF_SIZE];
	unsigned char session[PROOF_SESSION_SIZE];
};

/* All of them, whichever is wanted, under the shared key: the work does not
 * depend on what comes of it. ERROR_TROUBLE. */
int proofs_make(const struct transcript *t, const unsigned char *key,
	size_t key_length, struct proofs *proofs_r, struct error *e);

#endif
