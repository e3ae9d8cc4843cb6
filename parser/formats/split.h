/*
 * Text into labels and values, as a format file says.
 */
#ifndef PARSER_FORMATS_SPLIT_H
#define PARSER_FORMATS_SPLIT_H

#include <stddef.h>

#include "base/error.h"
#include "parser/formats/format.h"

enum { LABELS_MAX = 2000 };

struct label {
	char *name;  /* white space collapsed; under its sections, "A > B" */
	char *value; /* white space collapsed */
};

struct labels {
	size_t count;
	struct label *rows;
};

/*
 * ERROR_LIMIT: more than LABELS_MAX labels. flowed: labels in brackets may
 * stand anywhere, because line breaks were lost on the way. Empty labels_r
 * with labels_clear in any case.
 */
int split_text(const char *text, const struct format *format, bool flowed,
	struct labels *labels_r, struct error *e);
void labels_clear(struct labels *labels);

#endif
