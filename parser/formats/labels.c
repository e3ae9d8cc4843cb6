/*
 * Gives the labels of a maker's text their meaning. Bills are made of these
 * numbers: where a value does not fit, or a label says two things, the mail
 * is unreadable, and nothing is guessed.
 */
#include "parser/formats/labels.h"

#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "parser/date.h"
#include "parser/formats/split.h"

/* Above this a reader of JSON may lose digits. */
#define COUNTER_MAX ((INT64_C(1) << 53) - 1)

/* One text being read. */
struct reading {
	const struct format *format;
	struct report *report;
	json_t *object, *counters, *raw;
	struct error *e;
};

static const struct label_rule *
find_rule(const struct format *format, const char *name)
{
	for (size_t i = 0; i < format->rule_count; i++)
		if (text_equal_nocase(format->rules[i].label, name))
			return &format->rules[i];
	return NULL;
}

static int
misfit(struct reading *r, const struct label *l, const char *what)
{
	char name[100];

	/* The value is content, and content is not for the log. */
	text_printable(l->name, strlen(l->name), name, sizeof(name));
	return error_set(r->e, ERROR_BAD, "the value of \"%s\" %s", name, what);
}

/* Digits; where grouped, then by threes: 1,234,567. */
static bool
read_number(const char *text, char thousands, int64_t *number_r)
{
	const char *sign = thousands == '\0' ? NULL : strchr(text, thousands);
	int64_t number = 0;
	size_t group = 0;
	const char *at;

	if (sign != NULL && (sign == text || sign - text > 3))
		return false;
	for (at = text; *at != '\0'; at++) {
		if (sign != NULL && at >= sign && group++ % 4 == 0) {
			if (*at != thousands)
				return false;
			continue;
		}
		if (*at < '0' || *at > '9' || number > COUNTER_MAX / 10)
			return false;
		number = number * 10 + (*at - '0');
	}
	*number_r = number;
	return at > text && group % 4 == 0 && number <= COUNTER_MAX;
}

/* Sets a member that must not be there with another value. */
static int
set_once(struct reading *r, const struct label *l, json_t *object,
	const char *name, json_t *value)
{
	json_t *was = json_object_get(object, name);

	if (value == NULL)
		return error_memory(r->e);
	if (was != NULL && !json_equal(was, value)) {
		json_decref(value);
		return misfit(r, l, "contradicts an earlier line");
	}
	if (json_object_set_new(object, name, value))
		return error_memory(r->e);
	return 0;
}

static int
use_serial(struct reading *r, const struct label *l)
{
	struct claims *claims = &r->report->claims;
	struct claims said = { 0 };

	claims_take_serial(&said, l->value, strlen(l->value));
	if (said.serial_state != CLAIM_PRESENT)
		return misfit(r, l, "is no serial");
	if (claims->serial_state == CLAIM_PRESENT &&
		strcmp(claims->serial, said.serial) != 0)
		return misfit(r, l, "contradicts an earlier line");
	*claims = said;
	return 0;
}

static int
use_date(struct reading *r, const struct label *l)
{
	struct date date;

	if (!date_read(l->value, r->format->date, &date))
		return misfit(r, l, "is no date of this format");
	r->report->dated = true;
	r->report->earliest = date.earliest;
	r->report->latest = date.latest;
	return set_once(r, l, r->object, "date", json_string(date.text));
}

static int
use_counter(
	struct reading *r, const struct label *l, const struct label_rule *rule)
{
	int64_t number;

	if (!read_number(l->value, r->format->thousands, &number))
		return misfit(r, l, "is no number");
	return set_once(r, l, r->counters, rule->counter, json_integer(number));
}

/* Keeps what was read; unused labels may be there several times. */
static int
keep_raw(struct reading *r, const struct label *l)
{
	json_t *was = json_object_get(r->raw, l->name);
	json_t *value = json_string(l->value);
	json_t *list;

	if (was == NULL || json_equal(was, value))
		return json_object_set_new(r->raw, l->name, value)
			? error_memory(r->e)
			: 0;
	if (json_is_array(was))
		return json_array_append_new(was, value) ? error_memory(r->e)
							 : 0;
	list = json_array();
	if (json_array_append(list, was) ||
		json_array_append_new(list, value) ||
		json_object_set_new(r->raw, l->name, list))
		return error_memory(r->e);
	return 0;
}

static int
use_label(struct reading *r, const struct label *l)
{
	const struct label_rule *rule = find_rule(r->format, l->name);
	const json_t *was = json_object_get(r->raw, l->name);
	bool again = was != NULL && json_is_string(was) &&
		strcmp(json_string_value(was), l->value) == 0;

	if (keep_raw(r, l))
		return -1;
	if (rule == NULL || again)
		return 0;
	switch (rule->use) {
	case LABEL_SERIAL:
		return use_serial(r, l);
	case LABEL_MODEL:
		return set_once(
			r, l, r->object, "model", json_string(l->value));
	case LABEL_DATE:
		return use_date(r, l);
	case LABEL_COUNTER:
		break;
	}
	return use_counter(r, l, rule);
}

/* A serial and a counter make a counter mail of this format. */
static bool
recognised(const struct labels *labels, const struct format *format)
{
	const struct label_rule *rule;
	bool serial = false, counter = false;

	for (size_t i = 0; i < labels->count; i++) {
		rule = find_rule(format, labels->rows[i].name);
		serial = serial || (rule != NULL && rule->use == LABEL_SERIAL);
		counter =
			counter || (rule != NULL && rule->use == LABEL_COUNTER);
	}
	return serial && counter;
}

/* 1: split into labels_r; 0: not in this format; -1. */
static int
split(const char *text, const struct format *format, struct labels *labels_r,
	struct error *e)
{
	for (int flowed = 0; flowed <= (format->brackets ? 1 : 0); flowed++) {
		if (split_text(text, format, flowed != 0, labels_r, e)) {
			if (e->code == ERROR_TROUBLE)
				return -1;
		} else if (recognised(labels_r, format)) {
			return 1;
		}
		labels_clear(labels_r);
	}
	return 0;
}

static int
read_labels(struct reading *r, const struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		if (use_label(r, &labels->rows[i]))
			return -1;
	if (json_object_set_new(r->object, "serial",
		    json_string(r->report->claims.serial)) ||
		json_object_set(r->object, "counters", r->counters) ||
		json_object_set(r->object, "labels", r->raw))
		return error_memory(r->e);
	return 0;
}

int
labels_read(const char *text, const struct format *format,
	struct report *report_r, struct json_t **object_r, struct error *e)
{
	struct reading r = { .format = format, .report = report_r, .e = e };
	struct labels labels = { 0 };
	int rc = split(text, format, &labels, e);

	if (rc != 1)
		goto out;
	rc = -1;
	report_r->kind = REPORT_COUNTERS;
	(void)text_copy(
		report_r->format, sizeof(report_r->format), format->name);
	r.object = json_pack("{s:i, s:s, s:s}", "version", 1, "kind",
		"counters", "format", format->name);
	r.counters = json_object();
	r.raw = json_object();
	if (r.object == NULL || r.counters == NULL || r.raw == NULL) {
		error_memory(e);
		goto out;
	}
	if (read_labels(&r, &labels))
		goto out;
	*object_r = r.object;
	r.object = NULL;
	rc = 1;
out:
	json_decref(r.raw);
	json_decref(r.counters);
	json_decref(r.object);
	labels_clear(&labels);
	return rc;
}
