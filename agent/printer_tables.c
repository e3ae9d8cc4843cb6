/*
 * The tables of a printer: supplies and alerts, a row each, whose columns are
 * what one profile says.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/legible.h"
#include "agent/printer_inside.h"
#include "agent/profile_file.h"
#include "agent/source.h"
#include "base/text.h"

enum {
	LINGERS = 5,    /* percent above low: levels waver */
	RECEPTACLE = 4, /* a class of supplies: it fills */
	PERCENT = 19,   /* a unit of supplies */
	TICKS = 100     /* a second has */
};

/* One table being read, row by row. */
struct table {
	const struct printer_reading *reading;
	const struct profile_file *file; /* NULL: no profile has it */
	enum rule_kind kind;
	const struct source *main;
	bool broken; /* not all of it was answered: nothing is judged by it */
	struct answer row;
};

static const struct source *
column(const struct profile_file *f, enum rule_kind kind, const char *name)
{
	size_t at = 0;
	const struct rule *rule = profile_file_rule(f, kind, name, &at);

	return rule == NULL ? NULL : &rule->source;
}

static bool
is_broken(const struct table *t)
{
	const struct rule *rule;
	size_t at = 0;

	while ((rule = profile_file_rule(t->file, t->kind, NULL, &at)) != NULL)
		if (source_failed(&rule->source, t->reading->answers))
			return true;
	return false;
}

/* That of the narrowest file which has one, known by its main column. */
static struct table
table_of(const struct printer_reading *r, enum rule_kind kind, const char *main)
{
	struct table t = { .reading = r, .kind = kind };

	for (size_t i = 0; i < r->profile->count && t.main == NULL; i++) {
		t.file = r->profile->files[i];
		t.main = column(t.file, kind, main);
	}
	t.broken = t.main != NULL && is_broken(&t);
	return t;
}

static bool
next_row(struct table *t)
{
	return t->main != NULL &&
		source_next(t->main, t->reading->answers, &t->row);
}

static bool
answer_in(const struct table *t, const char *name, struct answer *answer_r)
{
	const struct source *source = column(t->file, t->kind, name);

	return source != NULL &&
		source_beside(source, t->reading->answers, t->main, &t->row,
			answer_r);
}

/* What a column has in this row, "" if nothing. */
static void
cell(const struct table *t, const char *name, char *out, size_t size)
{
	struct answer answer;

	out[0] = '\0';
	if (answer_in(t, name, &answer))
		source_text(&answer, out, size);
}

/* The same as a number; -2, "unknown" to the Printer-MIB, if it is none. */
static int64_t
cell_number(const struct table *t, const char *name)
{
	struct answer answer;
	struct source plain = { .times = 1 };
	int64_t value;

	if (!answer_in(t, name, &answer))
		return -2;
	if (answer.kind == ANSWER_INTEGER && answer.integer < 0)
		return answer.integer;
	return source_number(&plain, &answer, &value) == NULL ? value : -2;
}

/* The first word that a file has for what is in the column; the number itself
 * if none has one. */
static void
cell_word(const struct table *t, const char *name, enum word_kind kind,
	char out[PRINTER_WORD_SIZE])
{
	const struct profile *p = t->reading->profile;
	const char *word = NULL;

	cell(t, name, out, PRINTER_WORD_SIZE);
	for (size_t i = 0; i < p->count && word == NULL; i++)
		word = profile_file_word(p->files[i], kind, out);
	if (word != NULL)
		legible(word, strlen(word), out, PRINTER_WORD_SIZE);
}

static long
low_of(const struct profile *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->files[i]->low > 0)
			return p->files[i]->low;
	return PROFILE_LOW;
}

/* One that is there already is the same alarm told twice. */
static void
add_alarm(struct printer *p, const struct printer_alarm *alarm)
{
	for (size_t i = 0; i < p->alarm_count; i++)
		if (printer_alarm_same(&p->alarms[i], alarm))
			return;
	if (p->alarm_count == PRINTER_ALARMS)
		p->whole = false;
	else
		p->alarms[p->alarm_count++] = *alarm;
}

/* What is left in percent; -1: it does not say. */
static double
left_of(const struct table *t, const struct printer_supply *s)
{
	const int64_t capacity =
		s->capacity <= 0 && cell_number(t, "unit") == PERCENT
		? 100
		: s->capacity;

	if (s->level < 0 || capacity <= 0 || s->level > capacity)
		return -1;
	return (double)s->level * 100 / (double)capacity;
}

/* A receptacle's level is what still goes in, and so it is full at 0. */
static void
judge_supply(const struct table *t, const struct printer_supply *s)
{
	const bool fills = cell_number(t, "class") == RECEPTACLE;
	const double low = (double)low_of(t->reading->profile);
	const double left = left_of(t, s);
	struct printer_alarm alarm = { .age = -1, .oid = s->oid };

	if (t->broken || left < 0 || left > low + LINGERS)
		return;
	alarm.lingers = left > low;
	text_copy(alarm.group, sizeof(alarm.group), "supply");
	text_copy(alarm.severity, sizeof(alarm.severity), "warning");
	text_copy(alarm.code, sizeof(alarm.code),
		s->level == 0 ? (fills ? "supplyFull" : "supplyEmpty")
			      : (fills ? "supplyNearlyFull" : "supplyLow"));
	source_index(t->main, &t->row, alarm.place, sizeof(alarm.place));
	text_copy(alarm.text, sizeof(alarm.text), s->description);
	add_alarm(t->reading->printer, &alarm);
}

void
printer_read_supplies(struct printer_reading *r)
{
	struct table t = table_of(r, RULE_SUPPLY, "level");
	struct printer_supply *s;

	while (r->printer->supply_count < PRINTER_SUPPLIES && next_row(&t)) {
		s = &r->printer->supplies[r->printer->supply_count++];
		s->oid = t.row.oid;
		s->level = cell_number(&t, "level");
		s->capacity = cell_number(&t, "capacity");
		cell(&t, "description", s->description, sizeof(s->description));
		cell_word(&t, "type", WORD_SUPPLY_TYPE, s->type);
		cell_word(&t, "unit", WORD_SUPPLY_UNIT, s->unit);
		judge_supply(&t, s);
	}
}

/* How long ago, by the printer's own clock. */
static int64_t
age_of(const struct table *t)
{
	const int64_t then = cell_number(t, "time");
	struct answer now;

	if (then < 0 ||
		!answers_find(t->reading->answers, &profile_up_time, &now) ||
		now.kind != ANSWER_TICKS || now.number < (uint64_t)then)
		return -1;
	return ((int64_t)now.number - then) / TICKS;
}

void
printer_read_alerts(struct printer_reading *r)
{
	struct table t = table_of(r, RULE_ALERT, "code");
	struct printer_alarm a;

	while (!t.broken && next_row(&t)) {
		a = (struct printer_alarm){ .age = age_of(&t),
			.oid = t.row.oid };
		cell_word(&t, "code", WORD_ALERT_CODE, a.code);
		cell_word(&t, "group", WORD_ALERT_GROUP, a.group);
		cell_word(&t, "severity", WORD_ALERT_SEVERITY, a.severity);
		cell(&t, "place", a.place, sizeof(a.place));
		cell(&t, "description", a.text, sizeof(a.text));
		/* a word that says: what is called so is no alarm */
		if (strcmp(a.code, "-") != 0 && strcmp(a.severity, "-") != 0 &&
			a.code[0] != '\0')
			add_alarm(r->printer, &a);
	}
}
