/*
 * Mail from us to others: header fields that nothing can be injected into, and
 * the S/MIME entity round a seal. All lines end in CRLF.
 *
 * Each appends to mail; ERROR_TROUBLE if there is no memory or no room, and
 * then mail may hold a part of it.
 */
#ifndef PARSER_COMPOSE_H
#define PARSER_COMPOSE_H

#include <stddef.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "parser/claims.h"

/*
 * "NAME: VALUE". ERROR_BAD, and nothing is appended: name is none of a field
 * (RFC 5322, 2.2), value is empty, has other octets than printable ASCII and
 * inner spaces, or the line would be longer than 998 octets. Folds nothing.
 */
int compose_field(struct buffer *mail, const char *name, const char *value,
	struct error *e);

/* The three fields of csrc-message(5), of those claims that are present. */
int compose_claims(
	struct buffer *mail, const struct claims *claims, struct error *e);

/* The Date field, in UTC. */
int compose_date(struct buffer *mail, time_t when, struct error *e);

/*
 * The MIME fields of a sealed mail, for a channel that changes a mail's fields
 * one by one; and its body, a CMS object in base64.
 */
enum { COMPOSE_SMIME_FIELDS = 4 };
struct compose_smime {
	const char *name, *value;
};
extern const struct compose_smime compose_smime[COMPOSE_SMIME_FIELDS];
int compose_base64(
	struct buffer *body, const void *der, size_t length, struct error *e);

/*
 * The end of a sealed mail: MIME-Version and Content-* fields, empty line, and
 * the CMS object in base64.
 */
int compose_sealed(
	struct buffer *mail, const void *der, size_t length, struct error *e);

#endif
