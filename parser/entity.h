/*
 * One MIME entity (RFC 2045), outside or sealed, from octets to a structure:
 * its CSRC claims, its date and its leaf parts, decoded. A linear scan applies
 * every limit before the MIME library (GMime) sees an octet, and the
 * library is given only the fields that MIME needs: address fields can exhaust
 * its stack.
 *
 * Touches no disk, keeps no state; any thread, after parser_init().
 */
#ifndef PARSER_ENTITY_H
#define PARSER_ENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "parser/claims.h"
#include "parser/limits.h"

/*
 * A leaf of the MIME tree, content decoded. A mail inside the mail
 * (message/rfc822 and its kin) is one leaf, not looked into.
 */
struct part {
	char *type;          /* "text/plain": lower case, never NULL */
	char *charset;       /* lower case or NULL */
	char *name;          /* file name, decoded to UTF-8, or NULL */
	bool p7m;            /* its or the type's name ends in .p7m */
	unsigned char *data; /* NUL follows the last octet */
	size_t length;
};

struct entity {
	struct claims claims; /* of this entity's own header fields */
	/* In-Reply-To's identifier whose local part is as one of our
	 * Email-IDs, or "". Of several that differ it is the first. */
	char reply_id[EMAIL_ID_SIZE];
	bool reply_several;
	char *date;   /* the Date field's text, or NULL */
	char *header; /* as it stands in the mail, ended by NUL */
	size_t header_length;
	struct part *parts; /* in order of appearance */
	size_t part_count;
};

/* For all of parser/: once, before threads start. 0 or -1. */
int parser_init(struct error *e);

/*
 * octets: header, empty line, body; lines end in CRLF or LF. Fails with
 * ERROR_LIMIT (too large in some way; text says which limit) or ERROR_BAD
 * (malformed: NUL octet or bare CR in the header, no valid field, …) or
 * ERROR_TROUBLE (memory). Frees nothing of the caller's; the result is freed
 * with entity_free, which wipes and clears the pointer.
 */
int entity_parse(const void *octets, size_t length, const struct limits *l,
	struct entity **entity_r, struct error *e);
void entity_free(struct entity **entity);

/* Is this leaf a mail, whose octets are an entity again? */
bool part_is_mail(const struct part *p);

/*
 * Is this leaf CMS: by its type, or by name where a mail system that does not
 * know the type has put a general one in its place (RFC 8551, 3.9)?
 */
int part_is_sealed(const struct part *p);

#endif
