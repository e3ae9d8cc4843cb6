/*
 * The project's own report format, csrc-report(5).
 */
#ifndef PARSER_REPORT_JSON_H
#define PARSER_REPORT_JSON_H

#include "base/error.h"
#include "parser/limits.h"
#include "parser/numbers.h"
#include "parser/report.h"

struct json_t; /* Jansson's */

/*
 * Reads one JSON report: kind, claims, date, *object_r (a new json_t, as
 * void so that the type stays out of headers) and *numbers_r are set.
 * ERROR_BAD: not as csrc-report(5) has it; ERROR_LIMIT: nested too deep.
 */
int report_json_read(const void *octets, size_t length, const struct limits *l,
	struct report *report_r, struct json_t **object_r,
	struct numbers **numbers_r, struct error *e);

/* The same, to the end: the report's JSON, counters and alarms, too. What it
 * has taken is report_free's, whatever this returned. */
int report_json_whole(const void *octets, size_t length, const struct limits *l,
	struct report *report_r, struct error *e);

#endif
