/*
 * See handshake.h. The center is the first to speak, and the last to prove
 * itself: nobody who calls gets a proof before he has given one.
 */
#include "line/handshake.h"

#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "line/frame.h"

/* What is not read yet of a frame. */
struct rest {
	const unsigned char *at;
	size_t left;
};

static const unsigned char *
take(struct rest *r, size_t length)
{
	const unsigned char *at = r->at;

	if (r->left < length)
		return NULL;
	r->at += length;
	r->left -= length;
	return at;
}

/* A name with its length before it. */
static const unsigned char *
take_named(struct rest *r, size_t *length_r)
{
	const unsigned char *length = take(r, 1);

	if (length == NULL)
		return NULL;
	*length_r = *length;
	return take(r, *length);
}

static void
put(struct handshake *h, const void *octets, size_t length)
{
	memcpy(h->frame + h->length, octets, length);
	h->length += length;
}

static void
put_octet(struct handshake *h, unsigned char octet)
{
	put(h, &octet, 1);
}

static void
put_named(struct handshake *h, const void *octets, size_t length)
{
	put_octet(h, (unsigned char)length);
	put(h, octets, length);
}

static void
say(struct handshake *h, enum frame_type type)
{
	h->length = 0;
	put_octet(h, (unsigned char)type);
}

static void
refuse(struct handshake *h, enum handshake_state state)
{
	h->state = state;
	h->length = 0;
}

/* --- the center --- */

static void
say_hello(struct handshake *h)
{
	say(h, FRAME_HELLO);
	put_octet(h, PROOF_VERSION);
	put_named(h, h->transcript.center, strlen(h->transcript.center));
	put(h, h->transcript.center_nonce, PROOF_NONCE_SIZE);
}

/* Only what has one spelling; the proof is over that. */
static const unsigned char *
read_iam(struct rest *r, struct transcript *t)
{
	const unsigned char *serial, *key_id, *nonce, *proof;
	size_t serial_length = 0;

	serial = take_named(r, &serial_length);
	key_id = take_named(r, &t->key_id_length);
	nonce = take(r, PROOF_NONCE_SIZE);
	proof = take(r, PROOF_SIZE);
	if (serial == NULL || key_id == NULL || nonce == NULL ||
		proof == NULL || r->left != 0 ||
		!claims_serial(
			(const char *)serial, serial_length, t->serial) ||
		memcmp(t->serial, serial, serial_length) != 0 ||
		t->key_id_length == 0 || t->key_id_length > KEY_ID_MAX)
		return NULL;
	memcpy(t->key_id, key_id, t->key_id_length);
	memcpy(t->device_nonce, nonce, PROOF_NONCE_SIZE);
	return proof;
}

static void
judge(struct handshake *h, const struct transcript *t,
	const unsigned char *proof)
{
	int rc = h->calls->check(
		h->arg, t, proof, h->proofs.center, h->session, &h->why);

	h->transcript = *t;
	if (rc == 0) {
		say(h, FRAME_OK);
		put(h, h->proofs.center, PROOF_SIZE);
		h->state = HANDSHAKE_PROVED;
		return;
	}
	if (rc == 1)
		error_set(&h->why, ERROR_DENIED,
			"device %s is not known by that proof", t->serial);
	refuse(h, rc == 1 ? HANDSHAKE_REFUSED : HANDSHAKE_TROUBLE);
}

/* One IAM is judged; the same once more says that our OK was lost. */
static void
center_frame(struct handshake *h, const unsigned char *frame, size_t length,
	int64_t now)
{
	struct rest r = { frame + 1, length - 1 };
	struct transcript t = h->transcript;
	const unsigned char *proof;

	if (frame[0] != FRAME_IAM || length > sizeof(h->said))
		return;
	if (h->state == HANDSHAKE_PROVED) {
		if (length == h->said_length &&
			memcmp(frame, h->said, length) == 0)
			h->due = now;
		return;
	}
	proof = read_iam(&r, &t);
	if (proof == NULL) {
		error_set(&h->why, ERROR_BAD,
			"what it says it is makes no "
			"sense");
		refuse(h, HANDSHAKE_REFUSED);
		return;
	}
	memcpy(h->said, frame, length);
	h->said_length = length;
	judge(h, &t, proof);
	h->due = now;
}

/* --- the device --- */

static void
say_iam(struct handshake *h)
{
	const struct transcript *t = &h->transcript;

	say(h, FRAME_IAM);
	put_named(h, t->serial, strlen(t->serial));
	put_named(h, t->key_id, t->key_id_length);
	put(h, t->device_nonce, PROOF_NONCE_SIZE);
	put(h, h->proofs.device, PROOF_SIZE);
}

/* False: it is not for us; why says so. */
static bool
read_hello(struct handshake *h, struct rest *r)
{
	const unsigned char *version = take(r, 1), *center, *nonce;
	char name[CENTER_ID_SIZE];
	size_t length = 0;

	if (version != NULL && *version != PROOF_VERSION) {
		error_set(&h->why, ERROR_BAD,
			"the center speaks version %d of the protocol",
			*version);
		return false;
	}
	center = take_named(r, &length);
	nonce = take(r, PROOF_NONCE_SIZE);
	if (center == NULL || nonce == NULL || r->left != 0 ||
		!claims_center((const char *)center, length, name) ||
		strcmp(name, h->transcript.center) != 0) {
		error_set(&h->why, ERROR_DENIED, "it is another center");
		return false;
	}
	memcpy(h->transcript.center_nonce, nonce, PROOF_NONCE_SIZE);
	return true;
}

/* One that is new, since what an earlier call has left on the line may have
 * been answered first. */
static void
take_hello(struct handshake *h, struct rest *r, int64_t now)
{
	unsigned char before[PROOF_NONCE_SIZE];

	memcpy(before, h->transcript.center_nonce, sizeof(before));
	if (!read_hello(h, r)) {
		refuse(h, HANDSHAKE_REFUSED);
		return;
	}
	if (h->hellos > 0 &&
		memcmp(before, h->transcript.center_nonce, sizeof(before)) == 0)
		return;
	if (++h->hellos > HANDSHAKE_HELLOS_MAX) {
		error_set(&h->why, ERROR_DENIED, "it says HELLO without end");
		refuse(h, HANDSHAKE_REFUSED);
		return;
	}
	if (h->calls->answer(h->arg, &h->transcript, &h->proofs, &h->why)) {
		refuse(h, HANDSHAKE_TROUBLE);
		return;
	}
	say_iam(h);
	h->due = now;
}

static void
take_ok(struct handshake *h, struct rest *r)
{
	const unsigned char *proof = take(r, PROOF_SIZE);

	if (h->hellos == 0)
		return;
	if (proof == NULL || r->left != 0 ||
		!crypto_same(proof, h->proofs.center, PROOF_SIZE)) {
		error_set(&h->why, ERROR_DENIED,
			"the center has not proved itself");
		refuse(h, HANDSHAKE_REFUSED);
		return;
	}
	memcpy(h->session, h->proofs.session, sizeof(h->session));
	h->length = 0;
	h->state = HANDSHAKE_PROVED;
}

static void
device_frame(struct handshake *h, const unsigned char *frame, size_t length,
	int64_t now)
{
	struct rest r = { frame + 1, length - 1 };

	if (h->state == HANDSHAKE_PROVED)
		return;
	if (frame[0] == FRAME_HELLO)
		take_hello(h, &r, now);
	else if (frame[0] == FRAME_OK)
		take_ok(h, &r);
}

/* --- both --- */

void
handshake_begin(struct handshake *h, enum line_role role, const char *center,
	const unsigned char *nonce, const struct handshake_calls *calls,
	void *arg, int64_t now)
{
	memset(h, 0, sizeof(*h));
	h->role = role;
	h->calls = calls;
	h->arg = arg;
	h->due = now;
	(void)text_copy(
		h->transcript.center, sizeof(h->transcript.center), center);
	if (role == LINE_DEVICE)
		return;
	memcpy(h->transcript.center_nonce, nonce, PROOF_NONCE_SIZE);
	say_hello(h);
}

void
handshake_frame(struct handshake *h, const unsigned char *frame, size_t length,
	int64_t now)
{
	if (length == 0 || h->state == HANDSHAKE_REFUSED ||
		h->state == HANDSHAKE_TROUBLE)
		return;
	if (h->role == LINE_CENTER)
		center_frame(h, frame, length, now);
	else
		device_frame(h, frame, length, now);
}

const unsigned char *
handshake_due(struct handshake *h, int64_t now, size_t *length_r)
{
	if (h->length == 0 || now < h->due)
		return NULL;
	/* the device asks again for an OK that was lost */
	h->due = h->state == HANDSHAKE_PROVED ? INT64_MAX
					      : now + HANDSHAKE_AGAIN;
	*length_r = h->length;
	return h->frame;
}

void
handshake_clear(struct handshake *h)
{
	wipe(&h->proofs, sizeof(h->proofs));
	wipe(h->session, sizeof(h->session));
}
