/*
 * Walking the raw octets of an entity line by line, with the limits on lines
 * and headers.
 */
#ifndef PARSER_WALK_H
#define PARSER_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "parser/limits.h"

/* Some octets of the mail; not ended by NUL. */
struct span {
	const unsigned char *at;
	size_t length;
};

bool span_is_white(unsigned char c); /* space, tab, CR, LF */
/* ASCII case aside. */
bool span_starts(struct span s, const char *prefix);
bool span_equal(struct span s, const char *text);
/* Without white octets at both ends. */
struct span span_trim(struct span s);

/* The octets not yet read, and the size of the header being read. */
struct walk {
	const unsigned char *at, *end;
	const struct limits *l;
	struct error *e;
	size_t header_octets, header_fields;
};

/* Takes the next line; line_r excludes its LF or CRLF. False at the end. */
bool walk_line(struct walk *w, struct span *line_r);
/* limits.line_length */
int walk_check_line(const struct walk *w, struct span line);

enum walk_field {
	FIELD_REFUSED = -1,
	FIELD_END,   /* the header is over, with or without an empty line */
	FIELD_TAKEN, /* with its folded lines */
	FIELD_NONE   /* the next line is no field of RFC 5322; not taken */
};

enum walk_field
walk_field(struct walk *w, struct span *name_r, struct span *value_r);

#endif
