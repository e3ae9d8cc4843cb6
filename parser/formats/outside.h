/*
 * What a report says outside of its text: in the mail's subject, and in the
 * name of an attachment. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_OUTSIDE_H
#define PARSER_FORMATS_OUTSIDE_H

#include <stdbool.h>

#include "base/error.h"
#include "parser/formats/format.h"
#include "parser/formats/pairs.h"

/*
 * Is it a pattern: text with <serial>, <model>, <date>, <time>, or <> for
 * anything, with text between any two of them, and not all <>?
 */
bool outside_valid(const char *pattern);
/* Is the value of this kind in one of the format's patterns? */
bool outside_may_have(const struct format *f, enum pair_kind kind);

/*
 * Adds what the first pattern that fits finds, of kind PAIR_SERIAL, PAIR_MODEL,
 * PAIR_DATE or PAIR_TIME, on line 0. subject, name: NULL if there is none.
 */
int outside_read(const struct format *f, const char *subject, const char *name,
	struct pairs *outside, struct error *e);

#endif
