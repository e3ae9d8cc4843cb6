/*
 * The first look at a MIME entity, linear and without decoding: every limit is
 * applied to the raw octets, the fields that this project judges by are taken,
 * and the leaves of its structure are found.
 */
#ifndef PARSER_SCAN_H
#define PARSER_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "parser/claims.h"
#include "parser/limits.h"
#include "parser/multipart.h"

struct scan {
	struct claims claims;
	char reply_id[EMAIL_ID_SIZE]; /* as in struct entity */
	bool reply_several;
	size_t header_length; /* octets before the body */
	char *date;           /* the first Date field's text, or NULL */
	struct leaves leaves; /* their bodies are in the octets */
};

/*
 * Fills scan_r, which scan_clear empties whatever this returned. Passed, no
 * header, no line and no number of parts exceeds the limits. Errors as for
 * entity_parse.
 */
int scan_read(const void *octets, size_t length, const struct limits *l,
	struct scan *scan_r, struct error *e);
void scan_clear(struct scan *s);
/*
 * Appends the entity's MIME fields, an empty line and its body, each as it
 * stands, to mime. Passes and fails as scan_read.
 */
int scan_mime(const void *octets, size_t length, const struct limits *l,
	struct buffer *mime, struct error *e);

#endif
