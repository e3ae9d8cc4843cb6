/*
 * What is new of a printer since the center was told: the questions that the
 * reports and the state both ask.
 */
#include <string.h>

#include "agent/printer_inside.h"
#include "base/text.h"

bool
printer_alarm_same(const struct printer_alarm *a, const struct printer_alarm *b)
{
	return strcmp(a->code, b->code) == 0 &&
		strcmp(a->group, b->group) == 0 &&
		strcmp(a->place, b->place) == 0;
}

const struct printer_alarm *
printer_alarm_now(const struct printer *p, const struct printer_alarm *alarm)
{
	for (size_t i = 0; i < p->alarm_count; i++)
		if (printer_alarm_same(&p->alarms[i], alarm))
			return &p->alarms[i];
	return NULL;
}

const struct printer_told *
printer_alarm_told(
	const struct printer_state *state, const struct printer_alarm *alarm)
{
	for (size_t i = 0; i < state->alarm_count; i++)
		if (printer_alarm_same(&state->alarms[i].alarm, alarm))
			return &state->alarms[i];
	return NULL;
}

void
printer_alarm_since(const struct printer_alarm *alarm,
	const struct printer_origin *origin, char out[TEXT_TIME_SIZE])
{
	out[0] = '\0';
	if (origin->date != 0 && alarm->age >= 0 &&
		alarm->age <= (int64_t)origin->date)
		text_time(origin->date - (time_t)alarm->age, out);
}

const struct printer_setting *
printer_setting_now(const struct printer *p, const char *name)
{
	for (size_t i = 0; i < p->setting_count; i++)
		if (strcmp(p->settings[i].name, name) == 0)
			return &p->settings[i];
	return NULL;
}

const struct printer_setting *
printer_setting_told(const struct printer_state *state, const char *name)
{
	for (size_t i = 0; i < state->setting_count; i++)
		if (strcmp(state->settings[i].name, name) == 0)
			return &state->settings[i];
	return NULL;
}

bool
printer_setting_gone(
	const struct printer *p, const struct printer_setting *told)
{
	const char *slash = strchr(told->name, '/');

	if (!p->whole || slash == NULL ||
		printer_setting_now(p, told->name) != NULL)
		return false;
	for (size_t i = 0; i < p->setting_count; i++)
		if (strncmp(p->settings[i].name, told->name,
			    (size_t)(slash - told->name) + 1) == 0)
			return true;
	return false;
}
