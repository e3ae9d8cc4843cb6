/*
 * What a report's JSON says, as members of its struct: for whoever compares
 * readings and alarms. Inside parser/ only.
 */
#ifndef PARSER_REPORT_CONTENT_H
#define PARSER_REPORT_CONTENT_H

#include "base/error.h"
#include "parser/report.h"

struct json_t; /* Jansson's */

/* object: as csrc-report(5) has it, checked. Fills counters, alarms, date and
 * precision; what was taken is report_free's. */
int report_content_take(
	const struct json_t *object, struct report *report, struct error *e);

#endif
