/*
 * The reports of one text, by one format file: their labels and values, one
 * report after the other. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_RECORDS_H
#define PARSER_FORMATS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "parser/formats/document.h"
#include "parser/formats/format.h"
#include "parser/formats/pairs.h"

struct records;

/*
 * How much of a format file is in a text: how many of its labels, each once.
 * recognised: a serial's is, and a counter's or an alarm.
 */
struct likeness {
	size_t labels;
	bool serial, substance, recognised;
};

/*
 * likeness_r tells whether the text is in the format; *records_r is NULL if
 * not. document and format must outlive it. outside: what is said outside of
 * the text, for reports that lack it. -1: trouble only.
 */
int records_open(const struct document *document, const struct format *format,
	const struct pairs *outside, struct records **records_r,
	struct likeness *likeness_r, struct error *e);

/*
 * 1: the next one's pairs, to be cleared in any case. 0: no more. -1:
 * ERROR_BAD, ERROR_LIMIT: this one cannot be read; e names the line.
 */
int
records_next(struct records *records, struct pairs *pairs_r, struct error *e);
size_t records_count(const struct records *records);
/* How many more there would be, had they a counter (no_counters). */
size_t records_left_out(const struct records *records);
/* What stands in front of all of them, dates, and what outside of the text. */
const struct pairs *records_common(const struct records *records);
/* The line in the text where the last one begins, from 1. */
size_t records_line(const struct records *records);
void records_close(struct records **records);

#endif
