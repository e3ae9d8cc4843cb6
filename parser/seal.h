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

/* Fetches the algorithms, once, before threads start; parser_init calls it. */
int seal_init(struct error *e);

struct seal; /* a CMS object that fits the profile, not yet opened */

int seal_read(const void *octets, size_t length, struct seal **seal_r,
	struct error *e);
void seal_free(struct seal **seal);

/* The key identifier (1 to KEY_ID_MAX octets); belongs to the seal. */
const unsigned char *seal_key_id(const struct seal *s, size_t *length_r);

/* How long a key must be to open it: 16 or 32 octets. */
size_t seal_key_length(const struct seal *s);

/*
 * Opens with a key of 16 or 32 octets; appends the plaintext to out. On
 * failure out is as it was. The caller clears out.
 */
int seal_open(const struct seal *s, const unsigned char *key, size_t key_length,
	struct buffer *out, struct error *e);

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
