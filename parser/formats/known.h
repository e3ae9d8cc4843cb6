/*
 * Where a label ends and its value begins. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_KNOWN_H
#define PARSER_FORMATS_KNOWN_H

#include <stddef.h>

#include "parser/formats/format.h"

/* What is longer is no label. */
enum { NAME_LENGTH_MAX = 200 };

/* Behind the label, if text begins with it, in any case and with any blanks;
 * else NULL. */
const char *known_match(const char *text, const char *label);

/*
 * A label at the beginning of text, with its separator: its value's beginning,
 * or NULL; length_r: the label's; rule_r: one of its rules, or NULL. A label
 * that the format knows wins over the
 * first separator, the longest of them over shorter ones.
 */
const char *known_label(const struct format *f, const char *text,
	size_t *length_r, const struct label_rule **rule_r);
const char *
any_label(const struct format *f, const char *text, size_t *length_r);

/* Is all of the line, but white space, a label that the format knows? */
const struct label_rule *known_line(const struct format *f, const char *line);

#endif
