/*
 * Octets for the one who has a certificate's private key: CMS
 * AuthEnvelopedData (RFC 5083), AES-256-GCM, the content's key by ECDH (RFC
 * 5753, ephemeral, X9.63 KDF with SHA-256) or by RSA-OAEP (RFC 3560). "openssl
 * cms -decrypt" of 3.0 opens it. OpenSSL.
 */
#ifndef PARSER_ENVELOPE_H
#define PARSER_ENVELOPE_H

#include "base/buffer.h"
#include "base/crypto.h"

/*
 * The certificate in DER; the structure is put, in DER, behind what cms_r
 * holds. ERROR_BAD: it is no certificate; ERROR_DENIED: nothing can be
 * enveloped for a key of its kind.
 */
int envelope_make(const struct crypto_span *certificate,
	const struct crypto_span *content, struct buffer *cms_r,
	struct error *e);

#endif
