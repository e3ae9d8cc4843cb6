/*
 * A report that was recorded in part before, as the rest of it.
 */
#ifndef PARSER_REPORT_WITHOUT_H
#define PARSER_REPORT_WITHOUT_H

#include "base/buffer.h"
#include "parser/report.h"

/*
 * Appends the report's JSON to json without what an earlier record has:
 * counters and labels, if counters says so, which leaves an alarm; and the
 * alarms, by their places in the report, of which leaves says so.
 */
int report_without(const struct report *report, bool counters,
	bool (*leaves)(size_t alarm, const void *arg), const void *arg,
	struct buffer *json, struct error *e);

#endif
