/*
 * Bills are made of these numbers: where a value does not fit, or a label says
 * two things, the report is unreadable, and nothing is guessed.
 */
#include "parser/formats/labels.h"

#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/text.h"
#include "parser/formats/dated.h"
#include "parser/formats/number.h"

/* A date and a time: what is longer is none. */
enum { MOMENT_SIZE = 256 };

/* One report being read. */
struct reading {
	const struct format *format;
	const struct reading_source *source;
	struct device_hint hint;
	struct report *report;
	json_t *object, *counters, *raw, *alarms, *none;
	const char *since; /* of the alarms that follow, or NULL */
	const char *time;  /* of the date, where it has its own label */
	struct error *e;
};

/* The value is content, and content is not for the log. */
static int
misfit(struct reading *r, const struct pair *p, const char *what)
{
	char name[100];

	text_printable(p->name, strlen(p->name), name, sizeof(name));
	if (p->line == 0)
		return error_set(r->e, ERROR_BAD, "%s: what the %s says %s",
			r->format->name, name, what);
	if (p->kind == PAIR_DATE)
		return error_set(r->e, ERROR_BAD,
			"%s: line %zu: the date without label %s",
			r->format->name, p->line, what);
	return error_set(r->e, ERROR_BAD,
		"%s: line %zu: the value of \"%s\" %s", r->format->name,
		p->line, name, what);
}

/* Sets a member that must not be there with another value. */
static int
set_once(struct reading *r, const struct pair *p, json_t *object,
	const char *name, json_t *value)
{
	json_t *was = json_object_get(object, name);

	if (value == NULL)
		return error_memory(r->e);
	if (was != NULL && !json_equal(was, value)) {
		json_decref(value);
		return misfit(r, p, "contradicts an earlier line");
	}
	if (json_object_set_new(object, name, value))
		return error_memory(r->e);
	return 0;
}

static int
add_alarm(struct reading *r, const struct pair *p, bool on)
{
	json_t *alarm = json_pack("{s:s, s:s, s:s*}", "code", p->value, "state",
		on ? "on" : "off", "since", r->since);

	if (alarm == NULL)
		return error_memory(r->e);
	if (p->kind == PAIR_LABEL &&
		json_object_set_new(alarm, "text", json_string(p->name))) {
		json_decref(alarm);
		return error_memory(r->e);
	}
	return json_array_append_new(r->alarms, alarm) ? error_memory(r->e) : 0;
}

static int
use_alarm(struct reading *r, const struct pair *p)
{
	return number_is_none(r->format, p->value) || p->value[0] == '\0'
		? 0
		: add_alarm(r, p, true);
}

static int
use_date(struct reading *r, const struct pair *p)
{
	char text[MOMENT_SIZE];
	struct date date;
	struct error why;

	if (number_is_none(r->format, p->value))
		return 0;
	if (!text_format(text, sizeof(text), "%s%s%s", p->value,
		    r->time == NULL ? "" : " ", r->time == NULL ? "" : r->time))
		return misfit(r, p, "is no date of this format");
	if (dated_read(r->format, text, r->source, &r->hint, &date, &why))
		return misfit(r, p, why.text);
	r->report->dated = true;
	r->report->earliest = date.earliest;
	r->report->latest = date.latest;
	return set_once(r, p, r->object, "date", json_string(date.text));
}

static int
use_counter(
	struct reading *r, const struct pair *p, const struct label_rule *rule)
{
	int64_t number;

	switch (number_read(r->format, p->value, &number)) {
	case NUMBER_READ:
		return set_once(
			r, p, r->counters, rule->name, json_integer(number));
	case NUMBER_NONE:
		return json_array_append_new(r->none, json_string(rule->name))
			? error_memory(r->e)
			: 0;
	case NUMBER_MISFIT:
		break;
	}
	return misfit(r, p, "is no number");
}

/* Keeps what was read; a label may be there several times. */
static int
keep_raw(struct reading *r, const struct pair *p)
{
	json_t *was = json_object_get(r->raw, p->name);
	json_t *value = json_string(p->value);
	json_t *list;

	if (was == NULL || json_equal(was, value))
		return json_object_set_new(r->raw, p->name, value)
			? error_memory(r->e)
			: 0;
	if (json_is_array(was))
		return json_array_append_new(was, value) ? error_memory(r->e)
							 : 0;
	list = json_array();
	if (json_array_append(list, was) ||
		json_array_append_new(list, value) ||
		json_object_set_new(r->raw, p->name, list))
		return error_memory(r->e);
	return 0;
}

static bool
is_kept(const struct reading *r, const struct label_rule *rule)
{
	return rule == NULL ? r->hint.all_labels : rule->use != LABEL_IGNORED;
}

static int
use_label(struct reading *r, const struct pair *p)
{
	const struct label_rule *rule = format_rule(r->format, p->name);
	const json_t *was = json_object_get(r->raw, p->name);
	bool again = was != NULL && json_is_string(was) &&
		strcmp(json_string_value(was), p->value) == 0;

	if (is_kept(r, rule) && keep_raw(r, p))
		return -1;
	if (rule == NULL || again)
		return 0;
	switch (rule->use) {
	case LABEL_MODEL:
		return set_once(
			r, p, r->object, "model", json_string(p->value));
	case LABEL_DATE:
		return use_date(r, p);
	case LABEL_ALARM:
		return use_alarm(r, p);
	case LABEL_COUNTER:
		return use_counter(r, p, rule);
	case LABEL_SERIAL: /* were looked for first */
	case LABEL_TIME:
	case LABEL_OTHER:
	case LABEL_IGNORED:
		break;
	}
	return 0;
}

static int
use_pair(struct reading *r, const struct pair *p)
{
	switch (p->kind) {
	case PAIR_DATE:
		return use_date(r, p);
	case PAIR_ON:
	case PAIR_OFF:
		return add_alarm(r, p, p->kind == PAIR_ON);
	case PAIR_SINCE:
		r->since = p->value;
		return 0;
	case PAIR_LABEL:
		return use_label(r, p);
	case PAIR_SERIAL: /* never among these */
	case PAIR_MODEL:
	case PAIR_TIME:
		break;
	}
	return 0;
}

/* What the format puts round a serial is taken away. */
static void
shorten(const struct format *f, const char *serial, char out[SERIAL_SIZE])
{
	const char *prefix = f->serial_prefix == NULL ? "" : f->serial_prefix;
	const char *suffix = f->serial_suffix == NULL ? "" : f->serial_suffix;
	size_t length = strlen(serial), before = strlen(prefix),
	       behind = strlen(suffix);

	(void)text_copy(out, SERIAL_SIZE, serial);
	if (before + behind == 0 || length <= before + behind ||
		(f->serial_length != 0 && f->serial_length != length) ||
		strncasecmp(serial, prefix, before) != 0 ||
		strcasecmp(serial + length - behind, suffix) != 0)
		return;
	memmove(out, serial + before, length - before - behind);
	out[length - before - behind] = '\0';
}

/* Whose is it? What the text says first, then what the format makes of it. */
static int
find_device(struct reading *r, struct claims *claims)
{
	const struct reading_source *s = r->source;
	char shorter[SERIAL_SIZE];
	int rc = 1;

	shorten(r->format, claims->serial, shorter);
	if (s->about != NULL)
		rc = s->about(claims->serial, s->arg, &r->hint, r->e);
	if (rc == 1 && s->about != NULL && strcmp(shorter, claims->serial) != 0)
		rc = s->about(shorter, s->arg, &r->hint, r->e);
	if (rc == 0 && r->hint.serial[0] != '\0')
		strcpy(claims->serial, r->hint.serial);
	else if (rc != -1)
		strcpy(claims->serial, shorter);
	if (rc == 1) { /* nobody has said what is wanted of it */
		memset(&r->hint, 0, sizeof(r->hint));
		r->hint.all_labels = true;
	}
	return rc == -1 ? -1 : 0;
}

static int
use_serial(struct reading *r, const struct pair *p, struct claims *claims)
{
	struct claims said = { 0 };

	claims_take_serial(&said, p->value, strlen(p->value));
	if (said.serial_state != CLAIM_PRESENT)
		return misfit(r, p, "is no serial");
	if (claims->serial_state == CLAIM_PRESENT &&
		strcmp(claims->serial, said.serial) != 0)
		return misfit(r, p, "contradicts an earlier line");
	*claims = said;
	return 0;
}

static int
use_time(struct reading *r, const struct pair *p)
{
	if (number_is_none(r->format, p->value))
		return 0;
	if (r->time != NULL && strcmp(r->time, p->value) != 0)
		return misfit(r, p, "contradicts an earlier line");
	r->time = p->value;
	return 0;
}

/* What the others are read by: whose they are, and at what time of the day. */
static int
read_first(struct reading *r, const struct pairs *pairs,
	const struct pairs *common)
{
	struct claims *claims = &r->report->claims;
	const struct label_rule *rule;

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *p = &pairs->rows[i];

		rule = p->kind == PAIR_LABEL ? format_rule(r->format, p->name)
					     : NULL;
		if (rule == NULL)
			continue;
		if ((rule->use == LABEL_SERIAL && use_serial(r, p, claims)) ||
			(rule->use == LABEL_TIME && use_time(r, p)))
			return -1;
	}
	for (size_t i = 0; claims->serial_state != CLAIM_PRESENT &&
		common != NULL && i < common->count;
		i++)
		if (common->rows[i].kind == PAIR_SERIAL &&
			use_serial(r, &common->rows[i], claims))
			return -1;
	if (claims->serial_state != CLAIM_PRESENT)
		return error_set(r->e, ERROR_BAD, "%s: line %zu: no serial",
			r->format->name, pairs->rows[0].line);
	return find_device(r, claims);
}

static const struct pair *
first_of(const struct pairs *pairs, enum pair_kind kind)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (pairs->rows[i].kind == kind)
			return &pairs->rows[i];
	return NULL;
}

/* What the report itself does not say. */
static int
read_common(struct reading *r, const struct pairs *common)
{
	const struct pair *model = first_of(common, PAIR_MODEL);
	const struct pair *time = first_of(common, PAIR_TIME);
	const struct pair *p;

	if (model != NULL && json_object_get(r->object, "model") == NULL &&
		set_once(r, model, r->object, "model",
			json_string(model->value)))
		return -1;
	if (r->time == NULL && time != NULL)
		r->time = time->value;
	for (size_t i = 0; !r->report->dated && i < common->count; i++) {
		p = &common->rows[i];
		if ((p->kind == PAIR_DATE || p->kind == PAIR_LABEL) &&
			use_date(r, p))
			return -1;
	}
	return 0;
}

static int
read_pairs(struct reading *r, const struct pairs *pairs,
	const struct pairs *common)
{
	if (read_first(r, pairs, common))
		return -1;
	for (size_t i = 0; i < pairs->count; i++)
		if (use_pair(r, &pairs->rows[i]))
			return -1;
	return common == NULL ? 0 : read_common(r, common);
}

static bool
is_alarming(const struct reading *r)
{
	const json_t *row;
	size_t i;

	json_array_foreach(r->alarms, i, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "state")),
			    "on") == 0)
			return true;
	}
	return false;
}

static int
put_together(struct reading *r, const struct pairs *pairs)
{
	const bool counts = json_object_size(r->counters) > 0;

	if (!counts && !is_alarming(r))
		return error_set(r->e, ERROR_BAD,
			"%s: line %zu: no counter has a value", r->format->name,
			pairs->rows[0].line);
	r->report->kind = counts ? REPORT_COUNTERS : REPORT_ALARM;
	if (json_object_set_new(r->object, "kind",
		    json_string(report_kind_name(r->report->kind))) ||
		json_object_set_new(r->object, "serial",
			json_string(r->report->claims.serial)) ||
		(counts &&
			json_object_set(r->object, "counters", r->counters)) ||
		(json_array_size(r->none) > 0 &&
			json_object_set(r->object, "no_value", r->none)) ||
		(json_array_size(r->alarms) > 0 &&
			json_object_set(r->object, "alarms", r->alarms)) ||
		json_object_set(r->object, "labels", r->raw))
		return error_memory(r->e);
	return 0;
}

int
labels_read(const struct pairs *pairs, const struct pairs *common,
	const struct format *format, const struct reading_source *source,
	struct report *report_r, struct json_t **object_r, struct error *e)
{
	struct reading r = {
		.format = format, .source = source, .report = report_r, .e = e
	};
	int rc = -1;

	(void)text_copy(
		report_r->format, sizeof(report_r->format), format->name);
	r.object = json_pack("{s:i, s:s, s:s}", "version", 1, "kind",
		"counters", "format", format->name);
	r.counters = json_object();
	r.raw = json_object();
	r.alarms = json_array();
	r.none = json_array();
	if (r.object == NULL || r.counters == NULL || r.raw == NULL ||
		r.alarms == NULL || r.none == NULL) {
		error_memory(e);
		goto out;
	}
	if (read_pairs(&r, pairs, common) || put_together(&r, pairs))
		goto out;
	*object_r = r.object;
	r.object = NULL;
	rc = 0;
out:
	json_decref(r.none);
	json_decref(r.alarms);
	json_decref(r.raw);
	json_decref(r.counters);
	json_decref(r.object);
	return rc;
}
