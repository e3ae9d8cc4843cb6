/*
 * The one reader of "label value" text. It splits a text as a format file says
 * and gives its values the meaning that the format file says.
 */
#ifndef PARSER_FORMATS_LABELS_H
#define PARSER_FORMATS_LABELS_H

#include "base/error.h"
#include "parser/formats/format.h"
#include "parser/report.h"

struct json_t; /* Jansson's */

/*
 * text: UTF-8. 1: text is in this format and was read: kind, claims, date and
 * *object_r (a new json_t, as void so that the type stays out of headers) are
 * set. 0: it is not in this format. -1: it is, but cannot be read: ERROR_BAD,
 * or ERROR_TROUBLE.
 */
int labels_read(const char *text, const struct format *format,
	struct report *report_r, struct json_t **object_r, struct error *e);

#endif
