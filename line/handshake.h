/*
 * How a call begins, csrc-line(5): HELLO of the center, IAM of the device, OK
 * of the center. Each says again what was not answered, since lines lose. No
 * clock of its own and no key: who makes and checks proofs is asked.
 */
#ifndef LINE_HANDSHAKE_H
#define LINE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "parser/claims.h"
#include "parser/proof.h"

enum line_role { LINE_CENTER, LINE_DEVICE };

enum {
	HANDSHAKE_AGAIN = 5000,   /* milliseconds until a frame is said again */
	HANDSHAKE_HELLOS_MAX = 8, /* different ones that a device answers */
	/* The longest of the three. */
	HANDSHAKE_FRAME_MAX =
		2 + SERIAL_SIZE + 1 + KEY_ID_MAX + PROOF_NONCE_SIZE + PROOF_SIZE
};

/*
 * Whoever knows the keys. Of the center, whether the proof is the device's of
 * that transcript, and then its own and the session key; of the device, its own
 * proof first, and whether the center's is right when it is there. Each returns
 * 0; 1: no; -1: ERROR_TROUBLE, nobody knows.
 */
struct handshake_calls {
	/* The center's: t is whole, said is the device's. */
	int (*check)(void *arg, const struct transcript *t,
		const unsigned char said[PROOF_SIZE],
		unsigned char own_r[PROOF_SIZE],
		unsigned char session_r[PROOF_SESSION_SIZE], struct error *e);
	/* The device's: t has the center's part; it gets the rest. */
	int (*answer)(void *arg, struct transcript *t, struct proofs *proofs_r,
		struct error *e);
};

enum handshake_state {
	HANDSHAKE_GOES_ON,
	HANDSHAKE_PROVED,  /* session is the call's key */
	HANDSHAKE_REFUSED, /* the other one is not who it must be */
	HANDSHAKE_TROUBLE
};

struct handshake {
	enum line_role role;
	enum handshake_state state;
	const struct handshake_calls *calls;
	void *arg;
	struct transcript transcript; /* as far as it is known */
	struct proofs proofs;         /* the device's */
	unsigned char session[PROOF_SESSION_SIZE];
	unsigned char said[HANDSHAKE_FRAME_MAX]; /* the IAM that was taken */
	size_t said_length;
	unsigned char frame[HANDSHAKE_FRAME_MAX]; /* to be said */
	size_t length;                            /* 0: nothing yet */
	int64_t due; /* when it is to be said, or again; milliseconds */
	unsigned int hellos;
	struct error why; /* REFUSED, TROUBLE */
};

/* nonce: the center's; NULL: we are the device. */
void handshake_begin(struct handshake *h, enum line_role role,
	const char *center, const unsigned char *nonce,
	const struct handshake_calls *calls, void *arg, int64_t now);
/* Takes a frame; what does not belong here is passed over. */
void handshake_frame(struct handshake *h, const unsigned char *frame,
	size_t length, int64_t now);
/* The frame to be sent now, which counts as sent; NULL: none. */
const unsigned char *
handshake_due(struct handshake *h, int64_t now, size_t *length_r);
void handshake_clear(struct handshake *h);

#endif
