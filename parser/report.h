/*
 * Reports: from the parts of an opened entity (or of a plain mail) to one
 * report in the project's own terms, whatever the device wrote:
 * csrc-report(5) JSON, or a maker's counter mail by way of a format file.
 */
#ifndef PARSER_REPORT_H
#define PARSER_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "parser/claims.h"

enum report_kind {
	REPORT_COUNTERS,
	REPORT_ALARM,
	REPORT_SETTINGS,
	REPORT_ANSWER
};

struct report {
	enum report_kind kind;
	struct claims claims; /* what the report itself says */
	/*
	 * When it says it was made. A date without time or zone is an
	 * interval: from the earliest to the latest moment it can mean. If the
	 * report has none, the entity's Date field; if that is lacking too,
	 * dated is false.
	 */
	bool dated;
	time_t earliest, latest;
	char undated[128]; /* why it is not, printable; or "" */
	char *json; /* the "report" member of a spool line: one JSON object in
		       one line, UTF-8, unknown members and attachments in it */
	size_t json_length;
	size_t part; /* index of the part that was read */
};

const char *report_kind_name(enum report_kind kind);

void report_free(struct report **report);

/* A counter's name as of csrc-report(5)? */
bool counter_name_valid(const char *name);

#endif
