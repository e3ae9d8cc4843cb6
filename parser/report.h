/*
 * Reports: from the parts of an opened entity (or of a plain mail) to one
 * report in the project's own terms, whatever the device wrote:
 * csrc-report(5) JSON, or a maker's counter mail by way of a format file.
 */
#ifndef PARSER_REPORT_H
#define PARSER_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"
#include "parser/claims.h"
#include "parser/counter.h"

enum {
	FORMAT_NAME_SIZE = 64,
	REPORT_DATE_SIZE = 64,
	REPORT_MODEL_SIZE = 64 + 1,
	REPORT_ADDRESS_SIZE = 45 + 1
};

enum report_kind {
	REPORT_COUNTERS,
	REPORT_ALARM,
	REPORT_SETTINGS,
	REPORT_ANSWER
};

/* How exactly a report says when it was made. */
enum date_precision {
	PRECISION_NONE,  /* not at all */
	PRECISION_DAY,   /* a day of no zone */
	PRECISION_TIME,  /* a time of no zone */
	PRECISION_MOMENT /* a time with its zone */
};

struct alarm {
	char *code;  /* the maker's, or the text again; never NULL */
	char *text;  /* or NULL */
	char *since; /* as the report has it, or NULL */
	bool on;     /* false: it is over */
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
	size_t line; /* where it begins there, from 1; 0: all of the part */
	/* The format file that read it, "" for csrc-report(5) JSON. */
	char format[FORMAT_NAME_SIZE];
	/* The date as the report's JSON has it, "" if there is none. */
	char date[REPORT_DATE_SIZE];
	enum date_precision precision;
	struct counter *counters; /* in order of name (strcmp) */
	size_t counter_count;
	struct alarm *alarms; /* as they stand in the report */
	size_t alarm_count;
	/* As csrc-report(5) JSON has them, printable UTF-8; "": not, or longer.
	 * The address is where an agent asked the printer. */
	char model[REPORT_MODEL_SIZE];
	char address[REPORT_ADDRESS_SIZE];
};

const char *report_kind_name(enum report_kind kind);

void report_free(struct report **report);

/* A counter's name as of csrc-report(5)? */
bool counter_name_valid(const char *name);

#endif
