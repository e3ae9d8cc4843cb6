/*
 * JSON as labels and values: a member that holds a text, a number or a truth
 * value is a label by its path, "device > usage > total". Lists add nothing to
 * a path. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_JSON_H
#define PARSER_FORMATS_JSON_H

#include <stddef.h>

#include "base/error.h"
#include "parser/formats/format.h"
#include "parser/formats/pairs.h"

struct json_reports; /* those of one text, as a tree */

/*
 * The objects in the members of the name that the format's "record" has; if it
 * has none, those in the list that the text is, or the text. Dates outside of
 * them are added to outside. ERROR_BAD: no JSON; ERROR_LIMIT.
 */
int json_open(const char *text, const struct format *f,
	struct json_reports **reports_r, struct pairs *outside,
	struct error *e);
size_t json_count(const struct json_reports *reports);
/* 1: the next one's pairs, whose line is its number, to be cleared in any
 * case; 0: no more; -1. */
int
json_next(struct json_reports *reports, struct pairs *pairs_r, struct error *e);
void json_close(struct json_reports **reports);

#endif
