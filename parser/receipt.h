/*
 * Receipts: the gateway's word to whoever sealed a message that it has it, or
 * never will; csrc-message(5). A short text, a field a line, the last of which
 * is an HMAC-SHA-256 over the others under a key that is derived from the
 * shared one for this purpose alone.
 *
 * Each receipt has one text, which is written with LF; CR LF is read as that.
 */
#ifndef PARSER_RECEIPT_H
#define PARSER_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/crypto.h"
#include "base/error.h"
#include "parser/claims.h"
#include "parser/principal.h"

enum {
	RECEIPT_MAX = 1024, /* octets */
	RECEIPT_KEY_SIZE = 32
};

enum receipt_state {
	RECEIPT_TAKEN, /* admitted, now or before, or kept */
	RECEIPT_FINAL  /* refused for good: do not send it again */
};

struct receipt {
	char principal[PRINCIPAL_SIZE];   /* whose key opened it */
	unsigned char key_id[KEY_ID_MAX]; /* which one that was */
	size_t key_id_length;
	unsigned char digest[SHA256_SIZE]; /* of the octets handed over */
	enum receipt_state state;
	int64_t date; /* seconds since 1970 */
};

/* The key for receipts that belongs to a shared key; the caller wipes it. */
int receipt_key(const unsigned char *key, size_t key_length,
	unsigned char out[RECEIPT_KEY_SIZE], struct error *e);

/* Writes one, under receipt_key's; out is empty before. */
int receipt_write(const struct receipt *r,
	const unsigned char mac_key[RECEIPT_KEY_SIZE], struct buffer *out,
	struct error *e);
/* The same under the shared key. */
int receipt_make(const struct receipt *r, const unsigned char *key,
	size_t key_length, struct buffer *out, struct error *e);

/* What a hostile text says; whether it is true is not looked at. ERROR_LIMIT:
 * too long; ERROR_BAD: no receipt. */
int receipt_read(const void *octets, size_t length, struct receipt *r_r,
	struct error *e);
/*
 * The same, and that whoever has the shared key wrote it; else ERROR_DENIED.
 * That it is about oneself, and about what was sent, is left to look at: the
 * principal, and the digest.
 */
int receipt_check(const void *octets, size_t length, const unsigned char *key,
	size_t key_length, struct receipt *r_r, struct error *e);

#endif
