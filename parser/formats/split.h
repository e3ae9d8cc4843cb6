/*
 * Text into labels and values, as a format file of the layout "lines" says.
 */
#ifndef PARSER_FORMATS_SPLIT_H
#define PARSER_FORMATS_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "parser/formats/format.h"
#include "parser/formats/pairs.h"

/*
 * text: as plain_text leaves it; first: the number of its first line.
 * ERROR_LIMIT: too many labels, or a value is too long. flowed: known labels
 * may stand anywhere, because line breaks were lost on the way. Clear pairs_r
 * in any case.
 */
int split_text(const char *text, size_t first, const struct format *format,
	bool flowed, struct pairs *pairs_r, struct error *e);

/*
 * Where a report of format begins that has several in a text: the octets before
 * the next line at or after text + 1 that its "record" begins; all, if none
 * does. lines_r: how many lines that is.
 */
size_t
split_record(const char *text, const struct format *format, size_t *lines_r);
/* Does the line begin with the label that begins a report, its "record"? */
bool split_is_record(const char *line, const struct format *format);

#endif
