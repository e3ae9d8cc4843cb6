/*
 * Numbers as makers write them. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_NUMBER_H
#define PARSER_FORMATS_NUMBER_H

#include <stdint.h>

#include "parser/formats/format.h"

enum number { NUMBER_READ, NUMBER_NONE, NUMBER_MISFIT };

/*
 * text: without white space around it. Digits, where the format allows, grouped
 * by threes: 1,234,567; a unit of the format's may follow. NUMBER_NONE: one of
 * the format's words for no value.
 */
enum number
number_read(const struct format *f, const char *text, int64_t *number_r);

/* Is it one of these words? An empty text is if the file says "empty", or in a
 * table, where it is an empty cell. */
bool number_is_none(const struct format *f, const char *text);

#endif
