/*
 * The seal: CMS AuthEnvelopedData (RFC 5083) in the profile of
 * csrc-message(5): one KEKRecipientInfo (RFC 5652 6.2.3), AES key wrap (RFC
 * 3394), AES-128/256-GCM content (RFC 5084), 12-octet nonce, 16-octet tag,
 * nothing else and nothing behind it. BER with definite or indefinite length.
 *
 * Every failure but memory (ERROR_TROUBLE) and a full output buffer
 * (ERROR_LIMIT) is ERROR_DENIED; the text is for explain and the debug log
 * only, never for the sender.
 */
#ifndef PARSER_SEAL_H
#define PARSER_SEAL_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "parser/claims.h"

enum {
	SEAL_KEY_MAX = 32,
	SEAL_WRAP_OVERHEAD = 8, /* RFC 3394, 2.2.1 */
	SEAL_NONCE_SIZE = 12,   /* RFC 5084, 3.2 */
	SEAL_TAG_SIZE = 16
};

/*
 * What a seal says, nothing of it opened. The two lengths of keys, each 16 or
 * 32 octets, say the algorithms too. All but the content is in here, and the
 * content is a copy, since BER may have it in pieces: buffer_clear frees it.
 */
struct seal_fields {
	size_t key_length;         /* of the key that opens it; AES key wrap */
	size_t content_key_length; /* of the key that it wraps; AES-GCM */
	unsigned char key_id[KEY_ID_MAX];
	size_t key_id_length; /* 1 to KEY_ID_MAX */
	/* as long as the content key and SEAL_WRAP_OVERHEAD */
	unsigned char wrapped[SEAL_KEY_MAX + SEAL_WRAP_OVERHEAD];
	unsigned char nonce[SEAL_NONCE_SIZE];
	unsigned char tag[SEAL_TAG_SIZE];
	struct buffer content; /* encrypted */
};

/* Fetches the algorithms, once, before threads start; parser_init calls it. */
int seal_init(struct error *e);

/*
 * The caller clears fields_r->content if it succeeds, and may if it does not:
 * it is empty then.
 */
int seal_read(const void *octets, size_t length, struct seal_fields *fields_r,
	struct error *e);

/*
 * Opens with a key of key_length octets, which must be that of the fields;
 * appends the plaintext to out. On failure out is as it was. The caller clears
 * out.
 */
int seal_open(const struct seal_fields *f, const unsigned char *key,
	size_t key_length, struct buffer *out, struct error *e);

/*
 * Seals octets (at least one) with a key of 16 or 32 octets, which chooses
 * AES-128 or AES-256, and appends the CMS object to der, all lengths definite.
 * Every failure is ERROR_TROUBLE and leaves der as it was: what is sealed is
 * ours.
 */
int seal_make(const void *octets, size_t length, const unsigned char *key,
	size_t key_length, const unsigned char *key_id, size_t key_id_length,
	struct buffer *der, struct error *e);

#endif
