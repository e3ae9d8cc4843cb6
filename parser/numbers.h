/*
 * JSON is written again as it was read, its numbers octet for octet: 0.10 stays
 * 0.10, for whoever signs or compares. Inside parser/ and for csrc-device.
 */
#ifndef PARSER_NUMBERS_H
#define PARSER_NUMBERS_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

struct json_t; /* Jansson's */

/* What numbers looked like that json_dumps would write in another way. */
struct numbers;

/*
 * root: the tree (a json_t) that text, all of it, was read as; it must live as
 * long as *numbers_r, which numbers_free frees.
 */
int numbers_note(const char *text, size_t length, const struct json_t *root,
	struct numbers **numbers_r, struct error *e);
void numbers_free(struct numbers **numbers);

/*
 * Appends root in one line without white space. n may be NULL: no number is
 * known better. Values that came into the tree since are written by value.
 */
int numbers_write(const struct json_t *root, const struct numbers *n,
	struct buffer *out, struct error *e);

#endif
