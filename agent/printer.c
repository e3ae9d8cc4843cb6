/*
 * A printer's files are asked from the narrowest to the widest, and a file's
 * lines from its first to its last: what comes first and has a value is it.
 */
#include "agent/printer.h"

#include <stdlib.h>
#include <string.h>

#include "agent/printer_inside.h"
#include "agent/profile_file.h"
#include "agent/source.h"
#include "base/text.h"

/* Does this text say nothing? */
static bool
is_none(const struct profile *p, const char *text)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t j = 0; j < p->files[i]->none_count; j++)
			if (text_equal_nocase(p->files[i]->none[j], text))
				return true;
	return text[0] == '\0';
}

static bool
take_serial(const char *text, struct printer *printer)
{
	return claims_serial(text, strlen(text), printer->serial);
}

static bool
take_model(const char *text, struct printer *printer)
{
	return text_copy(printer->model, sizeof(printer->model), text);
}

static bool
take_firmware(const char *text, struct printer *printer)
{
	return text_copy(printer->firmware, sizeof(printer->firmware), text);
}

static void
add_setting(struct printer_reading *r, const char *name, const char *row,
	const char *value, const struct oid *oid)
{
	struct printer *p = r->printer;
	struct printer_setting *s = &p->settings[p->setting_count];
	char called[PRINTER_NAME_SIZE];

	if (p->setting_count == PRINTER_SETTINGS ||
		!text_format(called, sizeof(called), "%s%s%s", name,
			row[0] != '\0' ? "/" : "", row)) {
		p->whole = false;
		return;
	}
	if (printer_setting_now(p, called) != NULL)
		return;
	text_copy(s->name, sizeof(s->name), called);
	text_copy(s->value, sizeof(s->value), value);
	s->oid = *oid;
	p->setting_count++;
}

/* Did a line that comes before this one fail? What it would have said, no
 * other may say in its place. */
static bool
in_doubt(const struct printer_reading *r, const struct rule *rule)
{
	const struct rule *before;

	for (size_t i = 0; i < r->profile->count; i++)
		for (size_t at = 0;
			(before = profile_file_rule(r->profile->files[i],
				 rule->kind, rule->name, &at)) != NULL;) {
			if (before == rule)
				return false;
			if (source_failed(&before->source, r->answers))
				return true;
		}
	return false;
}

/* The first row of this file's lines so called whose text is taken. */
static bool
find_identity(struct printer_reading *r, const struct profile_file *f,
	const char *name, bool (*take)(const char *, struct printer *))
{
	char text[PRINTER_TEXT_SIZE];
	const struct rule *rule;
	struct answer row;
	size_t at = 0;

	while ((rule = profile_file_rule(f, RULE_PRINTER, name, &at)) != NULL &&
		(take == take_serial || !in_doubt(r, rule)))
		for (row.oid.count = 0;
			source_next(&rule->source, r->answers, &row);) {
			source_text(&row, text, sizeof(text));
			if (is_none(r->profile, text) ||
				!take(text, r->printer))
				continue;
			if (take == take_serial)
				r->printer->serial_oid = row.oid;
			else
				add_setting(r, name, "", text, &row.oid);
			return true;
		}
	return false;
}

static void
read_identity(struct printer_reading *r)
{
	static const struct {
		const char *name;
		bool (*take)(const char *, struct printer *);
	} rows[] = { { "serial", take_serial }, { "model", take_model },
		{ "firmware", take_firmware } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t j = 0; j < r->profile->count; j++)
			if (find_identity(r, r->profile->files[j], rows[i].name,
				    rows[i].take))
				break;
}

static bool
has_counter(const struct printer *p, const char *name)
{
	for (size_t i = 0; i < p->counter_count; i++)
		if (strcmp(p->counters[i].name, name) == 0)
			return true;
	return false;
}

static void
read_counter(struct printer_reading *r, const struct rule *rule)
{
	struct printer *p = r->printer;
	struct printer_counter *c = &p->counters[p->counter_count];
	struct answer row = { .oid.count = 0 };

	if (p->counter_count == PRINTER_COUNTERS ||
		has_counter(p, rule->name) || in_doubt(r, rule))
		return;
	while (source_next(&rule->source, r->answers, &row)) {
		if (source_number(&rule->source, &row, &c->value) != NULL)
			continue;
		text_copy(c->name, sizeof(c->name), rule->name);
		c->oid = row.oid;
		p->counter_count++;
		return;
	}
}

/* A line whose OID is a table's gives a setting for each row. */
static void
read_setting(struct printer_reading *r, const struct rule *rule)
{
	char text[PRINTER_TEXT_SIZE], index[PRINTER_NAME_SIZE] = "";
	struct answer row = { .oid.count = 0 };

	if (in_doubt(r, rule))
		return;
	while (source_next(&rule->source, r->answers, &row)) {
		source_text(&row, text, sizeof(text));
		if (rule->source.column)
			source_index(&rule->source, &row, index, sizeof(index));
		if (text[0] != '\0')
			add_setting(r, rule->name, index, text, &row.oid);
	}
}

static void
read_each(struct printer_reading *r, enum rule_kind kind,
	void (*read)(struct printer_reading *r, const struct rule *rule))
{
	const struct rule *rule;

	for (size_t i = 0; i < r->profile->count; i++)
		for (size_t at = 0;
			(rule = profile_file_rule(r->profile->files[i], kind,
				 NULL, &at)) != NULL;)
			read(r, rule);
}

static int
by_counter(const void *a, const void *b)
{
	const struct printer_counter *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
by_setting(const void *a, const void *b)
{
	const struct printer_setting *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool
any_failed(const struct answers *answers)
{
	struct answer row;

	for (size_t i = 0; answers_at(answers, i, &row); i++)
		if (row.kind == ANSWER_FAILED)
			return true;
	return false;
}

int
printer_read(const struct profile *profile, const struct answers *answers,
	bool whole, struct printer **printer_r, struct error *e)
{
	struct printer *p = calloc(1, sizeof(*p));
	struct printer_reading r = { profile, answers, p };

	*printer_r = p;
	if (p == NULL)
		return error_memory(e);
	p->whole = whole && !any_failed(answers);
	profile_names(profile, p->profile);
	read_identity(&r);
	read_each(&r, RULE_COUNTER, read_counter);
	read_each(&r, RULE_SETTING, read_setting);
	read_each(&r, RULE_PERSONAL, read_setting);
	printer_read_supplies(&r);
	printer_read_alerts(&r);
	qsort(p->counters, p->counter_count, sizeof(*p->counters), by_counter);
	qsort(p->settings, p->setting_count, sizeof(*p->settings), by_setting);
	return 0;
}

void
printer_free(struct printer **printer)
{
	free(*printer);
	*printer = NULL;
}
