/*
 * What may stand in a format file: one row a name. Inside format reading only.
 */
#ifndef PARSER_FORMATS_FORMAT_NAMES_H
#define PARSER_FORMATS_FORMAT_NAMES_H

#include "parser/formats/format.h"

/*
 * Takes one value of a name. 0; or -1, and *what_r is what is wrong with it, or
 * NULL where memory ran out.
 */
int format_take(struct format *f, const char *section, const char *name,
	const char *value, const char **what_r);

/* What the file lacks as a whole; NULL: nothing. */
const char *format_lacks(const struct format *f);

#endif
