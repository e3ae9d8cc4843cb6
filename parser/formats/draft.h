/*
 * A first format file out of a mail that none is for, for a person to finish:
 * labels as they are found, guesses marked.
 */
#ifndef PARSER_FORMATS_DRAFT_H
#define PARSER_FORMATS_DRAFT_H

#include "base/buffer.h"
#include "base/error.h"
#include "parser/entity.h"
#include "parser/limits.h"

/* ERROR_BAD: no part has labels with numbers; e says what could not be read. */
int draft_write(const struct entity *entity, const struct limits *l,
	struct buffer *out, struct error *e);

#endif
