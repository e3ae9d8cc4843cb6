/*
 * The transcript is the version and each name with its length before it, so
 * that no two of them have the same octets; what is made of it has a word of
 * its own in front.
 */
#include "parser/proof.h"

#include <string.h>

#include "base/wipe.h"

#define PURPOSE "csrc line 1"
#define OF_DEVICE "device"
#define OF_CENTER "center"
#define OF_SESSION "session"

enum {
	WORD_MAX = sizeof(OF_SESSION) - 1,
	LINE_KEY_SIZE = 32,
	TRANSCRIPT_MAX = 1 + CENTER_ID_SIZE + SERIAL_SIZE + 1 + KEY_ID_MAX +
		2 * PROOF_NONCE_SIZE
};

struct writing {
	size_t length;
	unsigned char octets[WORD_MAX + TRANSCRIPT_MAX];
};

static void
put(struct writing *w, const void *octets, size_t length)
{
	memcpy(w->octets + w->length, octets, length);
	w->length += length;
}

static void
put_named(struct writing *w, const void *octets, size_t length)
{
	const unsigned char count = (unsigned char)length;

	put(w, &count, 1);
	put(w, octets, length);
}

static void
write_transcript(
	struct writing *w, const char *word, const struct transcript *t)
{
	static const unsigned char version = PROOF_VERSION;

	w->length = 0;
	put(w, word, strlen(word));
	put(w, &version, 1);
	put_named(w, t->center, strlen(t->center));
	put_named(w, t->serial, strlen(t->serial));
	put_named(w, t->key_id, t->key_id_length);
	put(w, t->center_nonce, sizeof(t->center_nonce));
	put(w, t->device_nonce, sizeof(t->device_nonce));
}

static int
prove(const struct crypto_span *line_key, const char *word,
	const struct transcript *t, unsigned char proof_r[PROOF_SIZE],
	struct error *e)
{
	struct writing w;
	struct crypto_span all;

	write_transcript(&w, word, t);
	all = (struct crypto_span){ w.octets, w.length };
	return crypto_hmac(line_key, &all, 1, proof_r, e);
}

static int
derive(const struct crypto_span *key, const void *info, size_t length,
	unsigned char out[LINE_KEY_SIZE], struct error *e)
{
	const struct crypto_span none = { "", 0 };
	const struct crypto_span all = { info, length };

	return crypto_hkdf(key, &none, &all, out, LINE_KEY_SIZE, e);
}

_Static_assert((int)LINE_KEY_SIZE == (int)PROOF_SESSION_SIZE, "one function");

int
proofs_make(const struct transcript *t, const unsigned char *key,
	size_t key_length, struct proofs *proofs_r, struct error *e)
{
	unsigned char octets[LINE_KEY_SIZE];
	const struct crypto_span shared = { key, key_length };
	const struct crypto_span line_key = { octets, sizeof(octets) };
	struct writing w;
	int rc = -1;

	write_transcript(&w, OF_SESSION, t);
	if (derive(&shared, PURPOSE, strlen(PURPOSE), octets, e) == 0 &&
		prove(&line_key, OF_DEVICE, t, proofs_r->device, e) == 0 &&
		prove(&line_key, OF_CENTER, t, proofs_r->center, e) == 0)
		rc = derive(
			&line_key, w.octets, w.length, proofs_r->session, e);
	wipe(octets, sizeof(octets));
	return rc;
}
