/*
 * A line for each thing that a profile says of an answer, one for each answer
 * that it says nothing of, and one for each thing that nothing was answered to.
 */
#include "agent/profile_trial.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "agent/printer.h"
#include "agent/profile_file.h"
#include "base/text.h"
#include "base/wipe.h"

enum {
	SHOWN = 64, /* octets of an answer */
	SHOWN_SIZE = 4 * PRINTER_TEXT_SIZE
};

static const char *const kinds[] = {
	[ANSWER_INTEGER] = "integer",
	[ANSWER_COUNTER32] = "counter32",
	[ANSWER_COUNTER64] = "counter64",
	[ANSWER_GAUGE] = "gauge",
	[ANSWER_TICKS] = "ticks",
	[ANSWER_TEXT] = "text",
	[ANSWER_OID] = "oid",
	[ANSWER_ADDRESS] = "address",
	[ANSWER_ABSENT] = "absent",
	[ANSWER_FAILED] = "failed",
	[ANSWER_OTHER] = "other",
};

static const char *const uses[] = {
	[RULE_PRINTER] = "printer",
	[RULE_COUNTER] = "counter",
	[RULE_SUPPLY] = "supply",
	[RULE_ALERT] = "alert",
	[RULE_SETTING] = "setting",
	[RULE_PERSONAL] = "personal",
};

#define ROW "%-34s %-28s %-14s %-5s %s%s%s%s\n"

struct trial {
	const struct profile *profile;
	const struct answers *answers;
	const struct printer *printer;
	bool json;
	struct buffer *out;
	enum buffer_result result;
};

/* One line, as both forms have it. */
struct line {
	char oid[OID_TEXT_SIZE + 2];
	const char *kind;
	char answer[SHOWN_SIZE];
	const struct rule *rule;         /* NULL: nothing is said of it */
	const struct profile_file *file; /* whose it is */
	bool taken, condition;
	const char *why; /* not, or "" */
	int64_t value;   /* of a counter; -1: none */
};

static bool
is_text(const struct answer *row)
{
	for (size_t i = 0; i < row->length; i++)
		if (row->text[i] < 0x20 &&
			strchr("\t\r\n", row->text[i]) == NULL &&
			row->text[i] != '\0')
			return false;
	return true;
}

/* Octets that are no text in hex, as "0x0001". */
static void
show(const struct answer *row, char out[SHOWN_SIZE])
{
	const size_t shown = row->length < SHOWN ? row->length : SHOWN;

	if (row->kind != ANSWER_TEXT || is_text(row)) {
		source_text(row, out, PRINTER_TEXT_SIZE);
		return;
	}
	text_copy(out, SHOWN_SIZE, "0x");
	text_hex(row->text, shown, out + 2);
	if (shown < row->length)
		text_copy(out + 2 + 2 * shown, 4, "...");
}

/* "counter", or NULL. */
static const char *
use_of(const struct line *line)
{
	if (line->rule != NULL)
		return uses[line->rule->kind];
	return line->condition ? "condition" : NULL;
}

static void
write_json(struct trial *t, const struct line *line)
{
	json_t *value = line->value >= 0 ? json_integer(line->value) : NULL;
	json_t *object = json_pack("{ss,ss*,ss*,ss*,ss*,ss*,so*,sb,ss*}", "oid",
		line->oid, "kind", line->kind, "answer",
		line->kind != NULL ? line->answer : NULL, "use", use_of(line),
		"name", line->rule != NULL ? line->rule->name : NULL, "profile",
		line->file != NULL ? line->file->name : NULL, "value", value,
		"taken", line->taken, "why",
		line->why[0] != '\0' ? line->why : NULL);
	char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);

	t->result = BUFFER_NOMEM;
	if (text != NULL)
		t->result = buffer_format(t->out, "%s\n", text);
	wipe_free(text);
	json_decref(object);
}

/* What came of an answer, behind it: " = 4661", " (below 0)". */
static void
remark(const struct line *line, char *out, size_t size)
{
	char value[24];

	text_format(value, sizeof(value), "%" PRId64, line->value);
	out[0] = '\0';
	if (line->why[0] != '\0')
		text_format(out, size, " (%s)", line->why);
	else if (line->value >= 0 && strcmp(value, line->answer) != 0)
		text_format(out, size, " = %s", value);
}

static void
write_row(struct trial *t, const struct line *line)
{
	char answer[SHOWN_SIZE], name[PRINTER_NAME_SIZE + 16], more[128];
	const char *use = use_of(line);

	text_printable(
		line->answer, strlen(line->answer), answer, sizeof(answer));
	text_format(name, sizeof(name), "%s%s%s", use != NULL ? use : "-",
		line->rule != NULL ? " " : "",
		line->rule != NULL ? line->rule->name : "");
	remark(line, more, sizeof(more));
	t->result = buffer_format(t->out, ROW, line->oid, name,
		line->file != NULL ? line->file->name : "-",
		line->taken ? "yes" : "no",
		line->kind != NULL ? line->kind : "no answer",
		answer[0] != '\0' ? " " : "", answer, more);
}

static void
write_line(struct trial *t, const struct line *line)
{
	if (t->result == BUFFER_OK)
		(t->json ? write_json : write_row)(t, line);
}

/* Did the printer's counter, or setting, come from this row? */
static bool
is_taken(const struct trial *t, const struct rule *rule,
	const struct answer *row)
{
	const struct printer *p = t->printer;

	if (rule->kind == RULE_COUNTER) {
		for (size_t i = 0; i < p->counter_count; i++)
			if (strcmp(p->counters[i].name, rule->name) == 0)
				return oid_compare(&p->counters[i].oid,
					       &row->oid) == 0;
		return false;
	}
	if (rule->kind == RULE_SUPPLY || rule->kind == RULE_ALERT)
		return true;
	if (strcmp(rule->name, "serial") == 0 && rule->kind == RULE_PRINTER)
		return oid_compare(&p->serial_oid, &row->oid) == 0;
	for (size_t i = 0; i < p->setting_count; i++)
		if (oid_compare(&p->settings[i].oid, &row->oid) == 0)
			return true;
	return false;
}

/* Why a line is not taken whose answer is there. */
static void
judge(struct line *line, const struct answer *row)
{
	const struct rule *rule = line->rule;
	const char *why = NULL;

	if (rule->kind == RULE_COUNTER)
		why = source_number(&rule->source, row, &line->value);
	if (why == NULL && !line->taken)
		why = "another comes first";
	line->why = why != NULL ? why : "";
}

/* Is it in a column that some line's condition looks at? */
static bool
is_condition(const struct trial *t, const struct answer *row)
{
	for (size_t i = 0; i < t->profile->count; i++)
		for (size_t j = 0; j < t->profile->files[i]->rule_count; j++) {
			const struct source *s =
				&t->profile->files[i]->rules[j].source;

			for (size_t k = 0; k < s->where_count; k++)
				if (oid_begins(&row->oid, &s->where[k].oid))
					return true;
		}
	return false;
}

/* All that is said of one answer. */
static void
try_answer(struct trial *t, const struct answer *row)
{
	struct line line = { .kind = kinds[row->kind], .why = "", .value = -1 };
	const struct rule *rule;
	bool said = false;

	oid_write(&row->oid, line.oid);
	show(row, line.answer);
	for (size_t i = 0; i < t->profile->count; i++)
		for (size_t j = 0; j < t->profile->files[i]->rule_count; j++) {
			rule = &t->profile->files[i]->rules[j];
			if (!source_has(&rule->source, t->answers, row))
				continue;
			line.rule = rule;
			line.file = t->profile->files[i];
			line.taken = is_taken(t, rule, row);
			line.value = -1;
			judge(&line, row);
			write_line(t, &line);
			said = true;
		}
	line.condition = !said && is_condition(t, row);
	if (!said && answer_there(row))
		write_line(t, &line);
}

/* What was asked and has no row. */
static void
try_rule(struct trial *t, const struct profile_file *file,
	const struct rule *rule)
{
	struct answer row = { .oid.count = 0 };
	struct line line = {
		.rule = rule, .file = file, .why = "", .value = -1
	};
	struct source any = rule->source;

	if (source_next(&rule->source, t->answers, &row))
		return;
	row.oid.count = any.where_count = 0;
	if (source_next(&any, t->answers, &row))
		line.why = "none of its rows fits";
	oid_write(&rule->source.oid, line.oid);
	if (rule->source.column)
		strcat(line.oid, ".*");
	write_line(t, &line);
}

int
profile_trial(const struct profile *profile, const struct answers *answers,
	bool json, struct buffer *out, struct error *e)
{
	struct trial t = { profile, answers, NULL, json, out, BUFFER_OK };
	struct printer *printer;
	struct answer row;

	if (printer_read(profile, answers, true, &printer, e) != 0)
		return -1;
	t.printer = printer;
	if (!json)
		t.result = buffer_format(out, ROW, "OID", "NAME", "PROFILE",
			"TAKEN", "ANSWER", "", "", "");
	for (size_t i = 0; answers_at(answers, i, &row); i++)
		try_answer(&t, &row);
	for (size_t i = 0; i < profile->count; i++)
		for (size_t j = 0; j < profile->files[i]->rule_count; j++)
			try_rule(&t, profile->files[i],
				&profile->files[i]->rules[j]);
	printer_free(&printer);
	if (t.result == BUFFER_FULL)
		return error_set(e, ERROR_LIMIT, "the table is too long");
	return t.result == BUFFER_OK ? 0 : error_memory(e);
}
