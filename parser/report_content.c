/*
 * Counters and alarms are wanted in an order of their own, whichever a device
 * wrote them in.
 */
#include "parser/report_content.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"

static int
by_name(const void *a, const void *b)
{
	const struct counter *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
take_counters(const json_t *counters, struct report *r, struct error *e)
{
	struct counter *c;
	const char *name;
	json_t *value;

	if (json_object_size(counters) == 0)
		return 0;
	r->counters = calloc(json_object_size(counters), sizeof(*c));
	if (r->counters == NULL)
		return error_memory(e);
	json_object_foreach((json_t *)(uintptr_t)counters, name, value)
	{
		c = &r->counters[r->counter_count];
		c->name = strdup(name);
		if (c->name == NULL)
			return error_memory(e);
		c->value = json_integer_value(value);
		r->counter_count++;
	}
	qsort(r->counters, r->counter_count, sizeof(*c), by_name);
	return 0;
}

/* A copy of a string member; *text_r is NULL if there is none. */
static int
copy(const json_t *object, const char *name, char **text_r, struct error *e)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (text == NULL)
		return 0;
	*text_r = strdup(text);
	return *text_r == NULL ? error_memory(e) : 0;
}

static int
take_alarms(const json_t *alarms, struct report *r, struct error *e)
{
	const char *state;
	struct alarm *a;
	json_t *row;
	size_t i;

	if (json_array_size(alarms) == 0)
		return 0;
	r->alarms = calloc(json_array_size(alarms), sizeof(*a));
	if (r->alarms == NULL)
		return error_memory(e);
	json_array_foreach(alarms, i, row)
	{
		a = &r->alarms[r->alarm_count++];
		state = json_string_value(json_object_get(row, "state"));
		a->on = state == NULL || strcmp(state, "off") != 0;
		if (copy(row, "code", &a->code, e) ||
			copy(row, "text", &a->text, e) ||
			copy(row, "since", &a->since, e))
			return -1;
	}
	return 0;
}

/* "2026-11-22", "2026-11-22T12:00:00", and more: with its zone. */
static void
take_date(const json_t *date, struct report *r)
{
	const char *text = json_string_value(date);
	const char *time;

	if (text == NULL || !text_copy(r->date, sizeof(r->date), text))
		return;
	time = strpbrk(text, "Tt ");
	if (time == NULL)
		r->precision = PRECISION_DAY;
	else if (strpbrk(time, "Zz+-") == NULL)
		r->precision = PRECISION_TIME;
	else
		r->precision = PRECISION_MOMENT;
}

static void
take_text(const json_t *object, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (text != NULL && text_visible(text))
		(void)text_copy(out, size, text);
}

int
report_content_take(
	const struct json_t *object, struct report *report, struct error *e)
{
	take_date(json_object_get(object, "date"), report);
	take_text(object, "model", report->model, sizeof(report->model));
	take_text(json_object_get(object, "agent"), "address", report->address,
		sizeof(report->address));
	if (take_counters(json_object_get(object, "counters"), report, e))
		return -1;
	return take_alarms(json_object_get(object, "alarms"), report, e);
}
