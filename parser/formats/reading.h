/*
 * From the parts of an opened entity (or of a plain mail) to one report,
 * whatever the device wrote: JSON, or a maker's text by way of a format file.
 */
#ifndef PARSER_FORMATS_READING_H
#define PARSER_FORMATS_READING_H

#include "base/error.h"
#include "parser/entity.h"
#include "parser/formats/formats.h"
#include "parser/limits.h"
#include "parser/report.h"

/*
 * Finds the one part that is a report and reads it; the others become
 * attachments. ERROR_BAD: no part is a report, two are, or the one cannot be
 * read; ERROR_LIMIT: larger or deeper than l allows.
 */
int report_read(const struct entity *entity, const struct formats *formats,
	const struct limits *l, struct report **report_r, struct error *e);

#endif
