/*
 * What a line's program asks the daemon for besides what every channel does, as
 * typed calls; csrcadm(8) has the verbs. Its user has the role line. It links
 * the library of control/handover.h and nothing else of ours. Keys of calls
 * pass through Jansson: whoever asks for one lets it free its memory with
 * wipe_free (parser_init).
 *
 * Codes of struct error are as there. One thread a client.
 */
#ifndef CONTROL_HANDOVER_LINE_H
#define CONTROL_HANDOVER_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "control/client.h"

enum { PROVE_NONCE_SIZE = 16, PROVE_PROOF_SIZE = 32, PROVE_SESSION_SIZE = 32 };

/*
 * A nonce for one call to the center, good for a minute and for one check on
 * the same connection to the daemon. ERROR_BAD: there is no such center.
 */
int handover_prove_begin(struct client *client, const char *center,
	unsigned char nonce_r[PROVE_NONCE_SIZE], struct error *e);

/* What the device said. */
struct handover_claim {
	const unsigned char *nonce; /* of handover_prove_begin */
	const char *serial;
	const unsigned char *key_id;
	size_t key_id_length;
	const unsigned char *device_nonce, *proof;
	const char *client; /* the peer, for the log; NULL: not known */
};

/* The caller wipes. */
struct handover_proved {
	bool proved;                           /* else nothing else is there */
	unsigned char proof[PROVE_PROOF_SIZE]; /* the center's */
	unsigned char session[PROVE_SESSION_SIZE];
};

/* ERROR_TROUBLE also if the nonce is not there any more. */
int
handover_prove_check(struct client *client, const struct handover_claim *claim,
	struct handover_proved *proved_r, struct error *e);

#endif
