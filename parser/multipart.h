/*
 * Bounds the parts of a multipart body (RFC 2046, 5.1) without parsing it.
 */
#ifndef PARSER_MULTIPART_H
#define PARSER_MULTIPART_H

#include "parser/walk.h"

/*
 * Walks the body at w, w's limits applied to parts, their headers and all
 * lines. entity: what the MIME library will see, MIME fields and body; every
 * boundary parameter in it counts.
 */
int multipart_check(struct walk *w, struct span entity);

#endif
