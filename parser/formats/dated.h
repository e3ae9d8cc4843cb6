/*
 * When a maker's text says it was made: by several patterns, of which more than
 * one may fit. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_DATED_H
#define PARSER_FORMATS_DATED_H

#include <stdbool.h>

#include "base/error.h"
#include "parser/date.h"
#include "parser/formats/format.h"
#include "parser/formats/reading.h"

/* Does one of the format's patterns fit all of text? */
bool dated_fits(const struct format *f, const char *text);

/*
 * hint: what is known of the device. ERROR_BAD: no pattern fits, or several
 * that nothing decides between; e then says "…" to be put behind a label.
 */
int dated_read(const struct format *f, const char *text,
	const struct reading_source *source, const struct device_hint *hint,
	struct date *date_r, struct error *e);

#endif
