/*
 * Takes a body apart (RFC 2046, 5.1): the one reading of its structure that
 * there is.
 */
#ifndef PARSER_MULTIPART_H
#define PARSER_MULTIPART_H

#include "parser/content.h"
#include "parser/walk.h"

/* An entity that has no parts, not decoded. */
struct leaf {
	char *type;           /* lower case, never NULL */
	char *charset, *name; /* or NULL; see content.h */
	bool p7m;             /* a name of it ends so; see content.h */
	struct span encoding; /* transfer encoding; length 0: none */
	struct span body;     /* without the line end before a delimiter */
};

/* Of a leaf, in lower case: is it a mail (RFC 2046, 5.2.1; RFC 6532, 3.7)? */
bool type_is_mail(const char *type);

struct leaves {
	struct leaf *rows;
	size_t count;
};

/*
 * Walks the body at w, to which content belongs, up to its end; w's limits are
 * applied to parts, depth, headers and lines. leaves_r is to be cleared
 * whatever this returned; its spans are in w's octets.
 */
int multipart_read(
	struct walk *w, const struct content *content, struct leaves *leaves_r);
void leaves_clear(struct leaves *leaves);

#endif
