/*
 * csrc-report(5), as the gateway's parser reads it, with the OIDs that each
 * value came from.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "agent/printer_inside.h"
#include "base/text.h"
#include "base/wipe.h"

/* As csrc-report(5) has it. */
enum { OID_TOLD_SIZE = 512 };

/* A report being made; once failed it stays so. */
struct making {
	json_t *report;
	json_t *agent; /* its member; borrowed */
	bool failed;
};

/* Takes value, also if it fails. */
static void
put(struct making *m, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) != 0)
		m->failed = true;
}

static void
put_text(struct making *m, json_t *object, const char *name, const char *text)
{
	if (text != NULL && text[0] != '\0')
		put(m, object, name, json_string(text));
}

/* None of a length that the gateway does not take: such an index is no
 * printer's, and the reading is worth more. */
static void
put_oid(struct making *m, json_t *object, const char *name,
	const struct oid *oid)
{
	char text[OID_TEXT_SIZE];

	oid_write(oid, text);
	if (oid->count > 0 && strlen(text) < OID_TOLD_SIZE)
		put(m, object, name, json_string(text));
}

/* An array or object that the report keeps; NULL: failed. */
static json_t *
put_in(struct making *m, json_t *object, const char *name, json_t *value)
{
	put(m, object, name, value);
	return m->failed ? NULL : value;
}

static json_t *
append(struct making *m, json_t *array)
{
	json_t *row = json_object();

	if (json_array_append_new(array, row) != 0)
		m->failed = true;
	return m->failed ? NULL : row;
}

/* What every report begins with. */
static int
begin(struct making *m, const struct printer *p,
	const struct printer_origin *origin, const char *kind, struct error *e)
{
	char date[TEXT_TIME_SIZE] = "";

	if (p->serial[0] == '\0')
		return error_set(e, ERROR_NOT_FOUND,
			"the printer does not say its serial");
	if (origin->date != 0)
		text_time(origin->date, date);
	*m = (struct making){ .report = json_object() };
	put(m, m->report, "version", json_integer(1));
	put_text(m, m->report, "kind", kind);
	put_text(m, m->report, "date", date);
	put_text(m, m->report, "center", origin->center);
	put_text(m, m->report, "serial", p->serial);
	put_text(m, m->report, "model", p->model);
	m->agent = put_in(m, m->report, "agent", json_object());
	put_text(m, m->agent, "address", origin->address);
	put_text(m, m->agent, "profile", p->profile);
	return 0;
}

/* 1 with the report's text appended, or -1. */
static int
end(struct making *m, struct buffer *json, struct error *e)
{
	char *text = m->failed ? NULL : json_dumps(m->report, JSON_COMPACT);
	enum buffer_result result = BUFFER_NOMEM;

	if (text != NULL)
		result = buffer_text(json, text);
	wipe_free(text);
	json_decref(m->report);
	if (result == BUFFER_FULL)
		return error_set(e, ERROR_LIMIT, "the report is too large");
	return result == BUFFER_OK ? 1 : error_memory(e);
}

static void
put_supplies(struct making *m, const struct printer *p)
{
	json_t *rows = put_in(m, m->report, "supplies", json_array()), *row;

	for (size_t i = 0; i < p->supply_count && !m->failed; i++) {
		const struct printer_supply *s = &p->supplies[i];

		row = append(m, rows);
		put_text(m, row, "description", s->description);
		put_text(m, row, "type", s->type);
		put_text(m, row, "unit", s->unit);
		put(m, row, "level", json_integer(s->level));
		put(m, row, "capacity", json_integer(s->capacity));
		put_oid(m, row, "oid", &s->oid);
	}
}

int
printer_report_counters(const struct printer *printer,
	const struct printer_origin *origin, struct buffer *json,
	struct error *e)
{
	struct making m;
	json_t *counters, *oids;

	if (printer->counter_count == 0)
		return 0;
	if (begin(&m, printer, origin, "counters", e) != 0)
		return -1;
	counters = put_in(&m, m.report, "counters", json_object());
	oids = put_in(&m, m.agent, "oids", json_object());
	for (size_t i = 0; i < printer->counter_count && !m.failed; i++) {
		const struct printer_counter *c = &printer->counters[i];

		put(&m, counters, c->name, json_integer(c->value));
		put_oid(&m, oids, c->name, &c->oid);
	}
	if (printer->supply_count > 0)
		put_supplies(&m, printer);
	return end(&m, json, e);
}

static void
put_alarm(struct making *m, json_t *rows, const struct printer_alarm *a,
	const char *state, const char *since)
{
	json_t *row = append(m, rows);

	put_text(m, row, "code", a->code);
	put_text(m, row, "text", a->text);
	put_text(m, row, "since", since);
	put_text(m, row, "state", state);
	put_text(m, row, "group", a->group);
	put_text(m, row, "place", a->place);
	put_text(m, row, "severity", a->severity);
	put_oid(m, row, "oid", &a->oid);
}

/* Those that are new, then those that are over. */
static void
put_alarms(struct making *m, const struct printer *p,
	const struct printer_state *state, const struct printer_origin *origin)
{
	json_t *rows = put_in(m, m->report, "alarms", json_array());
	char since[TEXT_TIME_SIZE];

	for (size_t i = 0; i < p->alarm_count; i++) {
		if (p->alarms[i].lingers ||
			printer_alarm_told(state, &p->alarms[i]) != NULL)
			continue;
		printer_alarm_since(&p->alarms[i], origin, since);
		put_alarm(m, rows, &p->alarms[i], "on", since);
	}
	for (size_t i = 0; i < state->alarm_count && p->whole; i++)
		if (printer_alarm_now(p, &state->alarms[i].alarm) == NULL)
			put_alarm(m, rows, &state->alarms[i].alarm, "off",
				state->alarms[i].since);
}

static void
put_setting(struct making *m, json_t *rows, const char *name,
	const struct printer_setting *old, const struct printer_setting *new)
{
	json_t *row = append(m, rows);

	put_text(m, row, "name", name);
	if (old != NULL)
		put(m, row, "old", json_string(old->value));
	put(m, row, "new", new != NULL ? json_string(new->value) : json_null());
	if (new != NULL)
		put_oid(m, row, "oid", &new->oid);
}

static void
put_settings(struct making *m, const struct printer *p,
	const struct printer_state *state, const struct printer_origin *origin)
{
	json_t *rows = put_in(m, m->report, "settings", json_array());
	const struct printer_setting *old, *new;

	(void)origin;
	for (size_t i = 0; i < p->setting_count; i++) {
		new = &p->settings[i];
		old = printer_setting_told(state, new->name);
		if (old == NULL || strcmp(old->value, new->value) != 0)
			put_setting(m, rows, new->name, old, new);
	}
	for (size_t i = 0; i < state->setting_count; i++) {
		old = &state->settings[i];
		if (printer_setting_gone(p, old))
			put_setting(m, rows, old->name, old, NULL);
	}
}

/* A report of what changed, if anything did. */
static int
report_change(const struct printer *p, const struct printer_state *state,
	const struct printer_origin *origin, const char *kind,
	const char *member,
	void (*fill)(struct making *, const struct printer *,
		const struct printer_state *, const struct printer_origin *),
	struct buffer *json, struct error *e)
{
	struct making m;

	if (begin(&m, p, origin, kind, e) != 0)
		return -1;
	fill(&m, p, state, origin);
	if (!m.failed &&
		json_array_size(json_object_get(m.report, member)) == 0) {
		json_decref(m.report);
		return 0;
	}
	return end(&m, json, e);
}

int
printer_report_alarms(const struct printer *printer,
	const struct printer_state *state, const struct printer_origin *origin,
	struct buffer *json, struct error *e)
{
	return report_change(
		printer, state, origin, "alarm", "alarms", put_alarms, json, e);
}

int
printer_report_settings(const struct printer *printer,
	const struct printer_state *state, const struct printer_origin *origin,
	struct buffer *json, struct error *e)
{
	return report_change(printer, state, origin, "settings", "settings",
		put_settings, json, e);
}
