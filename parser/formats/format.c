/*
 * One format file, by inih. Its line reader is replaced, so that an overlong
 * line is an error instead of two lines and every error can name its line; a
 * table says which names there are.
 */
#include "parser/formats/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "base/regular.h"
#include "base/text.h"
#include "parser/date.h"
#include "parser/report.h"

enum {
	/* inih cuts longer names without a word */
	INI_NAME_MAX = 49
};

/* One file being read. */
struct reading {
	FILE *file;
	const char *path;
	int line;
	struct format *format;
	struct error *e;
	bool failed;
};

static int
complain(struct reading *r, const char *what)
{
	if (!r->failed)
		error_set(r->e, ERROR_BAD, "%s:%d: %s", r->path, r->line, what);
	r->failed = true;
	return 0;
}

static int
no_memory(struct reading *r)
{
	if (!r->failed)
		error_memory(r->e);
	r->failed = true;
	return 0;
}

void
label_collapse(char *text)
{
	char *out = text;
	const char *in = text;

	for (; *in != '\0'; in++) {
		if (strchr(" \t\r\n", *in) == NULL)
			*out++ = *in;
		else if (out > text && out[-1] != ' ')
			*out++ = ' ';
	}
	if (out > text && out[-1] == ' ')
		out--;
	*out = '\0';
}

static int
set_separator(struct reading *r, const char *value)
{
	struct format *f = r->format;
	size_t length = 0;

	if (strcmp(value, "brackets") == 0) {
		f->brackets = true;
		return 1;
	}
	for (; *value != '\0'; value++) {
		if (*value == ' ')
			continue;
		if (strchr(":=,|", *value) == NULL ||
			length + 1 == sizeof(f->separators))
			return complain(r,
				"separator is \"brackets\" or some of : = , |");
		f->separators[length++] = *value;
	}
	f->separators[length] = '\0';
	return 1;
}

static int
set_sections(struct reading *r, const char *value)
{
	if (strcmp(value, "none") != 0 && strcmp(value, "indent") != 0)
		return complain(r, "sections is \"none\" or \"indent\"");
	r->format->sections = strcmp(value, "indent") == 0;
	return 1;
}

static int
set_date(struct reading *r, const char *value)
{
	if (!date_pattern_valid(value))
		return complain(r,
			"date is no pattern of strptime(3) with "
			"day, month and year");
	if (r->format->date != NULL)
		return complain(r, "date is given twice");
	r->format->date = strdup(value);
	return r->format->date == NULL ? no_memory(r) : 1;
}

static int
set_thousands(struct reading *r, const char *value)
{
	if (strlen(value) != 1 || strchr(",.'", value[0]) == NULL)
		return complain(r, "thousands is one of , . '");
	r->format->thousands = value[0];
	return 1;
}

static int
add_rule(struct reading *r, enum label_use use, const char *counter,
	const char *label)
{
	struct format *f = r->format;
	struct label_rule *rule;

	rule = reallocarray(f->rules, f->rule_count + 1, sizeof(*f->rules));
	if (rule == NULL)
		return no_memory(r);
	f->rules = rule;
	rule = &f->rules[f->rule_count++];
	rule->use = use;
	rule->label = strdup(label);
	rule->counter = counter == NULL ? NULL : strdup(counter);
	if (rule->label == NULL || (counter != NULL && rule->counter == NULL))
		return no_memory(r);
	label_collapse(rule->label);
	if (rule->label[0] == '\0')
		return complain(r, "the label is empty");
	for (size_t i = 0; i + 1 < f->rule_count; i++)
		if (text_equal_nocase(f->rules[i].label, rule->label))
			return complain(r, "the label is given twice");
	return 1;
}

static int
set_serial(struct reading *r, const char *value)
{
	return add_rule(r, LABEL_SERIAL, NULL, value);
}

static int
set_model(struct reading *r, const char *value)
{
	return add_rule(r, LABEL_MODEL, NULL, value);
}

static int
set_sent(struct reading *r, const char *value)
{
	return add_rule(r, LABEL_DATE, NULL, value);
}

static const struct {
	const char *section, *name;
	int (*set)(struct reading *r, const char *value);
} names[] = {
	{ "format", "separator", set_separator },
	{ "format", "sections", set_sections },
	{ "format", "date", set_date },
	{ "format", "thousands", set_thousands },
	{ "labels", "serial", set_serial },
	{ "labels", "model", set_model },
	{ "labels", "date", set_sent },
};

/* inih's callback: 1 goes on, 0 is an error. */
static int
take(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;

	if (r->failed)
		return 0;
	if (strlen(name) >= INI_NAME_MAX)
		return complain(r, "the name is too long");
	if (strcmp(section, "counters") == 0)
		return counter_name_valid(name)
			? add_rule(r, LABEL_COUNTER, name, value)
			: complain(r, "no name of a counter (csrc-report(5))");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].section, section) == 0 &&
			strcmp(names[i].name, name) == 0)
			return names[i].set(r, value);
	return complain(r, "unknown name, or in the wrong section");
}

/* inih's reader: one whole line a call. */
static char *
read_line(char *out, int size, void *arg)
{
	struct reading *r = arg;
	size_t length;

	if (r->failed || fgets(out, size, r->file) == NULL)
		return NULL;
	r->line++;
	length = strlen(out);
	if (length + 1 == (size_t)size && out[length - 1] != '\n') {
		complain(r, "the line is too long");
		return NULL;
	}
	return out;
}

static bool
has_use(const struct format *f, enum label_use use)
{
	for (size_t i = 0; i < f->rule_count; i++)
		if (f->rules[i].use == use)
			return true;
	return false;
}

static void
check_whole(struct reading *r)
{
	const struct format *f = r->format;

	if (!f->brackets && f->separators[0] == '\0')
		complain(r, "separator is missing");
	else if (f->brackets && f->sections)
		complain(r, "labels in brackets have no sections");
	else if (!has_use(f, LABEL_SERIAL))
		complain(r, "no label is the serial's");
	else if (!has_use(f, LABEL_COUNTER))
		complain(r, "no label is a counter's");
	else if (has_use(f, LABEL_DATE) && f->date == NULL)
		complain(r, "the date has a label but no pattern");
}

void
format_free(struct format *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->rule_count; i++) {
		free(f->rules[i].label);
		free(f->rules[i].counter);
	}
	free(f->rules);
	free(f->date);
	free(f->name);
	free(f);
}

int
format_read(const char *path, const char *name, struct format **format_r,
	struct error *e)
{
	struct reading r = { .path = path, .e = e };
	int line;

	*format_r = NULL;
	r.file = regular_stream(path, e);
	if (r.file == NULL)
		return -1;
	r.format = calloc(1, sizeof(*r.format));
	if (r.format == NULL ||
		(r.format->name = strndup(name, strlen(name) - 7)) == NULL) {
		no_memory(&r);
	} else {
		line = ini_parse_stream(read_line, &r, take, &r);
		if (line > 0 && !r.failed) {
			r.line = line;
			complain(&r, "neither [section] nor name = value");
		}
		if (ferror(r.file) && !r.failed)
			r.failed = error_errno(e, "%s", path) == -1;
		check_whole(&r);
	}
	fclose(r.file);
	if (r.failed) {
		format_free(r.format);
		return -1;
	}
	*format_r = r.format;
	return 0;
}
