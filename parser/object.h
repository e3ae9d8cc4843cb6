/*
 * JSON objects from hostile octets. Inside parser/ only.
 */
#ifndef PARSER_OBJECT_H
#define PARSER_OBJECT_H

#include <stddef.h>

#include "base/error.h"
#include "parser/claims.h"
#include "parser/limits.h"
#include "parser/numbers.h"

struct json_t; /* Jansson's */

/* Opening brackets and commas, each of which may make a value. */
enum { OBJECT_MARKS_MAX = 20000 };

/*
 * Reads octets, all of them, as one JSON object: UTF-8, no NUL, no member
 * given twice, nested no deeper than l->depth, of no more than
 * OBJECT_MARKS_MAX, integers of 64 bits, with or without sign: those that only
 * fit without are reals in the tree. *object_r is a new json_t, as void so that
 * the type stays out of headers. ERROR_BAD, ERROR_LIMIT (depth, marks).
 */
int object_read(const void *octets, size_t length, const struct limits *l,
	struct json_t **object_r, struct error *e);
/* The same, with what numbers_write needs to write it again. */
int object_read_exact(const void *octets, size_t length, const struct limits *l,
	struct json_t **object_r, struct numbers **numbers_r, struct error *e);

/*
 * Takes the claims among the members of such an object; what is not of a
 * claim's syntax becomes CLAIM_INVALID. ERROR_BAD: one is no string. document:
 * what the error calls the object.
 */
int object_claims(const struct json_t *object, const char *document,
	struct claims *claims, struct error *e);

#endif
