/*
 * What an entity's Content-* fields say of its body (RFC 2045, RFC 2183).
 */
#ifndef PARSER_CONTENT_H
#define PARSER_CONTENT_H

#include "base/error.h"
#include "parser/walk.h"

enum { BOUNDARY_MAX = 70 }; /* RFC 2046, 5.1.1 */

/* The fields' values as they stand in the mail; at is NULL for none. */
struct content {
	struct span type, encoding, disposition;
};

/* Puts a field aside if it is one of these. Twice one type is ERROR_BAD. */
int content_take(struct content *c, struct span name, struct span value,
	struct error *e);

/* The type may stand there in any way: "multipart" in front is enough. */
bool content_is_multipart(const struct content *c);
bool content_is_digest(const struct content *c);
/* Is the body made of lines, so that one could be too long? */
bool content_has_lines(const struct content *c);

/* Unfolded; length 0: there is none. */
struct boundary {
	unsigned char text[BOUNDARY_MAX];
	size_t length;
};

/*
 * A multipart's boundary. Every legal one is read. One written so that two
 * readers could read two (in sections, with quoted pairs, given twice) is
 * ERROR_BAD.
 */
int content_boundary(
	const struct content *c, struct boundary *boundary_r, struct error *e);

/* These allocate. "text/plain": in lower case; implied where none is named. */
int content_type(const struct content *c, const char *implied, char **type_r,
	struct error *e);
int content_charset(const struct content *c, char **charset_r, struct error *e);
/* The file's name. */
int content_name(const struct content *c, char **name_r, struct error *e);
/* Does the file's name or the type's end in .p7m (RFC 8551, 3.9)? */
int content_names_p7m(const struct content *c, bool *is_r, struct error *e);
/* The transfer encoding; length 0 for none. */
struct span content_encoding(const struct content *c);

#endif
