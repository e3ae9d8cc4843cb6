/*
 * The first look at a MIME entity, linear and without the MIME library: every
 * limit is applied to the raw octets, the fields that this project judges by
 * are taken, and what the MIME library may see is put aside.
 */
#ifndef PARSER_SCAN_H
#define PARSER_SCAN_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "parser/claims.h"
#include "parser/limits.h"

struct scan {
	struct claims claims;
	char reply_id[EMAIL_ID_SIZE]; /* of In-Reply-To, or "" */
	char *date;                   /* the first Date field's text, or NULL */
	struct buffer mime;           /* the MIME fields, empty line, body */
};

/*
 * Fills scan_r, which scan_clear empties (and cleanses) whatever this returned.
 * Passed, scan_r->mime is an entity in which no header, no line and no
 * number of delimiters exceeds the limits. Errors as for entity_parse.
 */
int scan_read(const void *octets, size_t length, const struct limits *l,
	struct scan *scan_r, struct error *e);
void scan_clear(struct scan *s);

#endif
