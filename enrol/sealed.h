/*
 * What the center seals to a certificate: CMS EnvelopedData (RFC 5652), or
 * AuthEnvelopedData (RFC 5083), whose content only who has the certificate's
 * key can read; OpenSSL. It proves nothing of who made it.
 */
#ifndef ENROL_SEALED_H
#define ENROL_SEALED_H

#include "base/buffer.h"
#include "base/error.h"
#include "enrol/pair.h"

enum { SEALED_MAX = 16 << 10 };

/* Appends the content, which the caller wipes. DER, and not an octet behind it.
 * ERROR_BAD: no such thing; ERROR_LIMIT: more than out may hold, or than
 * SEALED_MAX; ERROR_DENIED: it is not sealed to this certificate, or was
 * changed. */
int sealed_open(const struct buffer *der, const struct pair_content *pair,
	struct buffer *out, struct error *e);

#endif
