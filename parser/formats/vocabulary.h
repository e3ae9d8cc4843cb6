/*
 * All labels of all format files, looked for in a text in one walk: so a text
 * is split only by the files whose labels are in it, however many files there
 * are. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_VOCABULARY_H
#define PARSER_FORMATS_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/formats/format.h"

struct vocabulary; /* immutable */

/* What a text may have of a format. */
struct seen {
	bool serial, counter;
};

/* formats must outlive it. NULL: no memory. */
struct vocabulary *vocabulary_make(struct format *const *formats, size_t count);
void vocabulary_free(struct vocabulary **vocabulary);

/* seen_r: one for each format, in their order. -1: no memory. */
int vocabulary_look(
	const struct vocabulary *v, const char *text, struct seen *seen_r);

#endif
