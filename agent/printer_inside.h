/*
 * A printer as it is read. Inside agent/ only.
 */
#ifndef AGENT_PRINTER_INSIDE_H
#define AGENT_PRINTER_INSIDE_H

#include "agent/printer.h"
#include "base/text.h"

struct printer_reading {
	const struct profile *profile;
	const struct answers *answers;
	struct printer *printer;
};

/* An alarm that the center has been told of. */
struct printer_told {
	struct printer_alarm alarm;
	char since[TEXT_TIME_SIZE]; /* "": unknown */
};

struct printer_state {
	char serial[SERIAL_SIZE];
	size_t setting_count, alarm_count;
	struct printer_setting settings[PRINTER_SETTINGS];
	struct printer_told alarms[PRINTER_ALARMS];
};

/* What is left of its supplies, and an alarm of each that is low. */
void printer_read_supplies(struct printer_reading *r);
/* What it says is wrong. */
void printer_read_alerts(struct printer_reading *r);

bool printer_alarm_same(
	const struct printer_alarm *a, const struct printer_alarm *b);
/* NULL: the printer has no such one now; the center was not told of it. */
const struct printer_alarm *
printer_alarm_now(const struct printer *p, const struct printer_alarm *alarm);
const struct printer_told *printer_alarm_told(
	const struct printer_state *state, const struct printer_alarm *alarm);
/* Since when there is an alarm, "" where nobody knows. */
void printer_alarm_since(const struct printer_alarm *alarm,
	const struct printer_origin *origin, char out[TEXT_TIME_SIZE]);
const struct printer_setting *
printer_setting_now(const struct printer *p, const char *name);
const struct printer_setting *
printer_setting_told(const struct printer_state *state, const char *name);
/* Is a setting that the printer does not have a row of a table that it has, and
 * so gone? What it does not say today it may say tomorrow. */
bool printer_setting_gone(
	const struct printer *p, const struct printer_setting *told);

#endif
