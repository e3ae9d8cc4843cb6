/*
 * A printer as its answers describe it, and the reports that are made of it,
 * csrc-report(5). Every text of a printer is made UTF-8 of one line, without
 * control characters, and cut; a number is told as it came, or not at all.
 */
#ifndef AGENT_PRINTER_H
#define AGENT_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "agent/answer.h"
#include "agent/profile.h"
#include "base/buffer.h"
#include "base/error.h"
#include "parser/claims.h"

enum {
	PRINTER_TEXT_SIZE = 256,
	PRINTER_NAME_SIZE = 96, /* of a counter, or a setting and its row */
	PRINTER_WORD_SIZE = 48,
	PRINTER_COUNTERS = 128,
	PRINTER_SUPPLIES = 64,
	PRINTER_SETTINGS = 256,
	PRINTER_ALARMS = 64
};

struct printer_counter {
	char name[PRINTER_NAME_SIZE];
	int64_t value;
	struct oid oid;
};

struct printer_supply {
	char description[PRINTER_TEXT_SIZE];
	char type[PRINTER_WORD_SIZE], unit[PRINTER_WORD_SIZE]; /* or "" */
	int64_t level, capacity; /* below 0: it does not say */
	struct oid oid;          /* of the level */
};

struct printer_setting {
	char name[PRINTER_NAME_SIZE]; /* of a table: NAME.ROW */
	char value[PRINTER_TEXT_SIZE];
	struct oid oid;
};

/* Code, group and place are what tells an alarm from another. */
struct printer_alarm {
	char code[PRINTER_WORD_SIZE], group[PRINTER_WORD_SIZE];
	char place[PRINTER_WORD_SIZE]; /* which of the group, or "" */
	char severity[PRINTER_WORD_SIZE];
	char text[PRINTER_TEXT_SIZE];
	int64_t age;  /* seconds; -1: unknown */
	bool lingers; /* a supply that is nearly low: it keeps an alarm open,
			 and opens none */
	struct oid oid;
};

struct printer {
	char serial[SERIAL_SIZE]; /* "": it does not say, or not in the syntax
				     of csrc-message(5): there is no report */
	struct oid serial_oid;
	char model[PRINTER_TEXT_SIZE], firmware[PRINTER_TEXT_SIZE]; /* or "" */
	char profile[PROFILE_CHAIN_SIZE];
	bool whole; /* all that was asked was answered: what is not there is
		       gone */
	size_t counter_count, supply_count, setting_count, alarm_count;
	struct printer_counter counters[PRINTER_COUNTERS]; /* by name */
	struct printer_supply supplies[PRINTER_SUPPLIES];
	struct printer_setting settings[PRINTER_SETTINGS]; /* by name */
	struct printer_alarm alarms[PRINTER_ALARMS];
};

/* whole: the poll came to its end. ERROR_TROUBLE: no memory. */
int printer_read(const struct profile *profile, const struct answers *answers,
	bool whole, struct printer **printer_r, struct error *e);
void printer_free(struct printer **printer);

/*
 * What the center has been told of a printer: its settings and open alarms.
 * One file a printer, DIRECTORY/SERIAL.json, the serial as spelled in
 * parser/spelling.h.
 */
struct printer_state;

/* That of a printer nobody has told of is empty; so is a damaged one, and then
 * *damaged_r is true: everything is told once more. ERROR_TROUBLE. */
int printer_state_read(const char *directory, const char *serial,
	struct printer_state **state_r, bool *damaged_r, struct error *e);
void printer_state_free(struct printer_state **state);
/* Removes the files that were not written for the longest time until no more
 * than most are left. ERROR_TROUBLE. */
int printer_state_sweep(const char *directory, size_t most, struct error *e);

/* What the agent knows beside the printer. */
struct printer_origin {
	const char *center;  /* its ID, or NULL */
	const char *address; /* of the printer, or NULL */
	time_t date; /* of the reading; 0: not known yet, and then the report
			has neither "date" nor "since" */
};

/*
 * What the state is once the reports below are in the queue. Nothing is written
 * where nothing changed; else the file is durable when this returns. A printer
 * without serial has none. ERROR_TROUBLE.
 */
int printer_state_advance(struct printer_state *state,
	const struct printer *printer, const struct printer_origin *origin,
	const char *directory, struct error *e);

/*
 * Appends a report as one line of JSON without newline, beginning with
 * {"version":1, . 1: there is one; 0: nothing to tell. ERROR_NOT_FOUND: the
 * printer has no serial; ERROR_TROUBLE.
 */
int printer_report_counters(const struct printer *printer,
	const struct printer_origin *origin, struct buffer *json,
	struct error *e);
/* Alarms that are new since state, and those that are over. */
int printer_report_alarms(const struct printer *printer,
	const struct printer_state *state, const struct printer_origin *origin,
	struct buffer *json, struct error *e);
/* Settings that differ from state; "old" is missing where state has none, "new"
 * is null of a row that is gone. */
int printer_report_settings(const struct printer *printer,
	const struct printer_state *state, const struct printer_origin *origin,
	struct buffer *json, struct error *e);

#endif
