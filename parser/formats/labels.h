/*
 * Gives the labels of one report their meaning, as a format file has it.
 */
#ifndef PARSER_FORMATS_LABELS_H
#define PARSER_FORMATS_LABELS_H

#include "base/error.h"
#include "parser/formats/format.h"
#include "parser/formats/pairs.h"
#include "parser/formats/reading.h"
#include "parser/report.h"

struct json_t; /* Jansson's */

/*
 * pairs: of one report; common: dates for one that has none of its own, or
 * NULL. Sets kind, claims, date and *object_r (a new json_t). ERROR_BAD: e
 * names format, line and label; ERROR_TROUBLE.
 */
int labels_read(const struct pairs *pairs, const struct pairs *common,
	const struct format *format, const struct reading_source *source,
	struct report *report_r, struct json_t **object_r, struct error *e);

#endif
