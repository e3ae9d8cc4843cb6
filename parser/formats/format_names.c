/*
 * The names of a format file, each with what takes its value and where that
 * goes. csrc-format(5) describes each; a test holds the two together.
 */
#include "parser/formats/format_names.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "parser/charset.h"
#include "parser/date.h"
#include "parser/formats/outside.h"
#include "parser/formats/plain.h"
#include "parser/report.h"

enum { WORDS_MAX = 1000 };

/* One value on its way in: 0, or -1 with what is wrong; NULL: no memory. */
struct taking {
	struct format *format;
	const char *value;
	void *target; /* of the row, in format */
	const char *choices;
	const char *what;
};

static int
wrong(struct taking *t, const char *what)
{
	t->what = what;
	return -1;
}

static int
add_word(struct words *words, const char *value)
{
	char **rows = reallocarray(
		words->rows, words->count + 1, sizeof(*words->rows));

	if (rows == NULL)
		return -1;
	words->rows = rows;
	rows[words->count] = plain_copy(value);
	if (rows[words->count] == NULL)
		return -1;
	words->count++;
	return 0;
}

static int
take_text(struct taking *t)
{
	char **text = t->target;

	if (*text != NULL)
		return wrong(t, "the name is given twice");
	if (t->value[0] == '\0')
		return wrong(t, "the value is empty");
	*text = plain_copy(t->value);
	return *text == NULL ? wrong(t, NULL) : 0;
}

static int
take_words(struct taking *t)
{
	struct words *words = t->target;

	if (words->count == WORDS_MAX)
		return wrong(t, "too many values");
	return add_word(words, t->value) ? wrong(t, NULL) : 0;
}

/* Words with blanks between. */
static int
take_list(struct taking *t)
{
	const char *at = t->value, *word;
	char copy[128];
	size_t length;

	while ((length = text_word(&at, &word)) > 0) {
		if (length >= sizeof(copy))
			return wrong(t, "a word is too long");
		memcpy(copy, word, length);
		copy[length] = '\0';
		t->value = copy;
		if (take_words(t))
			return -1;
	}
	return 0;
}

/* The number of value among choices, "a|b|c"; -1: none. */
static int
choose(const char *choices, const char *value)
{
	size_t length;
	int number = 0;

	for (;; choices += length + 1, number++) {
		length = strcspn(choices, "|");
		if (strlen(value) == length &&
			strncmp(choices, value, length) == 0)
			return number;
		if (choices[length] == '\0')
			return -1;
	}
}

static int
take_choice(struct taking *t)
{
	const int number = choose(t->choices, t->value);

	if (number == -1)
		return wrong(t, t->what);
	*(int *)t->target = number;
	return 0;
}

static int
take_layout(struct taking *t)
{
	t->choices = "lines|table|xml|json";
	t->what = "layout is \"lines\", \"table\", \"xml\" or \"json\"";
	return take_choice(t);
}

static int
take_sections(struct taking *t)
{
	t->choices = "none|indent|headings";
	t->what = "sections is \"none\", \"indent\" or \"headings\"";
	return take_choice(t);
}

static int
take_place(struct taking *t)
{
	t->choices = "label|line|first";
	t->what = "date_place is \"label\", \"line\" or \"first\"";
	return take_choice(t);
}

static int
take_matrix(struct taking *t)
{
	static const char separators[] = " \t;|,";
	const int number = choose("columns|tab|semicolon", t->value);

	if (number != -1)
		t->format->matrix = separators[number];
	else if (strcmp(t->value, "|") == 0 || strcmp(t->value, ",") == 0)
		t->format->matrix = t->value[0];
	else
		return wrong(t,
			"matrix is \"columns\", \"tab\", \"semicolon\", "
			"\"|\" or \",\"");
	return 0;
}

static int
take_continued(struct taking *t)
{
	const int yes = choose("no|yes", t->value);

	if (yes == -1)
		return wrong(t, "continued is \"no\" or \"yes\"");
	t->format->continued = yes == 1;
	return 0;
}

static int
take_no_counters(struct taking *t)
{
	const int leave_out = choose("unreadable|leave_out", t->value);

	if (leave_out == -1)
		return wrong(
			t, "no_counters is \"unreadable\" or \"leave_out\"");
	t->format->leave_out = leave_out == 1;
	return 0;
}

/* A separator that is a word. */
static bool
take_separator_word(struct format *f, const char *word, size_t length)
{
	static const struct {
		const char *word;
		char character;
		size_t flag;
	} rows[] = {
		{ "brackets", 0, offsetof(struct format, brackets) },
		{ "columns", 0, offsetof(struct format, columns) },
		{ "below", 0, offsetof(struct format, below) },
		{ "tab", '\t', 0 },
		{ "semicolon", ';', 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strlen(rows[i].word) != length ||
			strncmp(rows[i].word, word, length) != 0)
			continue;
		if (rows[i].character != 0)
			strncat(f->separators, &rows[i].character, 1);
		else
			*(bool *)((char *)f + rows[i].flag) = true;
		return true;
	}
	return false;
}

static int
take_separator(struct taking *t)
{
	struct format *f = t->format;
	const char *at = t->value, *word;
	size_t length;

	while ((length = text_word(&at, &word)) > 0) {
		if (strlen(f->separators) + 1 < sizeof(f->separators) &&
			take_separator_word(f, word, length))
			continue;
		for (; length > 0; length--, word++)
			if (strlen(f->separators) + 1 == sizeof(f->separators))
				return wrong(t, "separator has too many");
			else if (strchr(":=,|;", *word) == NULL)
				return wrong(t,
					"separator is \"brackets\", or some of "
					": = , | semicolon tab columns below");
			else
				strncat(f->separators, word, 1);
	}
	return 0;
}

static int
take_date(struct taking *t)
{
	if (!date_pattern_valid(t->value))
		return wrong(t,
			"date is no pattern of strptime(3) with "
			"day, month and year");
	return take_words(t);
}

static int
take_outside(struct taking *t)
{
	if (!outside_valid(t->value))
		return wrong(t,
			"a pattern is text with <serial>, <model>, <date> or "
			"<time>, and text between them");
	return take_words(t);
}

static int
take_since(struct taking *t)
{
	if (!date_pattern_valid(t->value))
		return wrong(t,
			"alarm_since is no pattern of strptime(3) with day, "
			"month and year");
	return take_text(t);
}

static int
take_thousands(struct taking *t)
{
	const char *at = t->value, *word;
	char sign;
	size_t length;

	while ((length = text_word(&at, &word)) > 0) {
		sign = length == 5 && strncmp(word, "blank", 5) == 0 ? ' '
								     : *word;
		if ((sign != ' ' && length != 1) ||
			strchr(",.' ", sign) == NULL ||
			strchr(t->format->thousands, sign) != NULL)
			return wrong(t, "thousands is some of , . ' blank");
		strncat(t->format->thousands, &sign, 1);
	}
	return 0;
}

static int
take_decimal(struct taking *t)
{
	if (strcmp(t->value, ",") != 0 && strcmp(t->value, ".") != 0)
		return wrong(t, "decimal is , or .");
	t->format->decimal = t->value[0];
	return 0;
}

static int
take_length(struct taking *t)
{
	char *end;
	unsigned long length = strtoul(t->value, &end, 10);

	if (*end != '\0' || length == 0 || length > 64)
		return wrong(t, "serial_length is a number from 1 to 64");
	t->format->serial_length = length;
	return 0;
}

static int
take_pair(struct taking *t)
{
	struct format *f = t->format;
	const char *at = t->value, *word;
	size_t length = text_word(&at, &word);

	if (f->pair_name != NULL)
		return wrong(t, "the name is given twice");
	f->pair_name = strndup(word, length);
	length = text_word(&at, &word);
	f->pair_value = strndup(word, length);
	if (f->pair_name == NULL || f->pair_value == NULL)
		return wrong(t, NULL);
	if (length == 0 || text_word(&at, &word) > 0)
		return wrong(t,
			"pair is the names of two elements: that of a label "
			"and that of its value");
	return 0;
}

static int
take_certainty(struct taking *t)
{
	if (choose("sample|manual|scraper|draft", t->value) == -1)
		return wrong(t,
			"certainty is \"sample\", \"manual\", \"scraper\" or "
			"\"draft\"");
	return take_text(t);
}

static int
take_charset(struct taking *t)
{
	if (!charset_known(t->value))
		return wrong(t, "the charset is not known");
	return take_text(t);
}

static int
add_rule(struct taking *t, enum label_use use, const char *counter)
{
	struct format *f = t->format;
	struct label_rule *rule;
	const char *part;

	rule = reallocarray(f->rules, f->rule_count + 1, sizeof(*f->rules));
	if (rule == NULL)
		return wrong(t, NULL);
	f->rules = rule;
	rule = &f->rules[f->rule_count++];
	memset(rule, 0, sizeof(*rule));
	rule->use = use;
	rule->label = plain_copy(t->value);
	rule->name = counter == NULL ? NULL : strdup(counter);
	if (rule->label == NULL || (counter != NULL && rule->name == NULL))
		return wrong(t, NULL);
	label_collapse(rule->label);
	for (part = rule->label; (part = strstr(part, " > ")) != NULL;)
		rule->leaf = (size_t)((part += 3) - rule->label);
	if (rule->label[rule->leaf] == '\0')
		return wrong(t, "the label is empty");
	f->first[tolower((unsigned char)rule->label[0])] = true;
	f->first_part[tolower((unsigned char)rule->label[rule->leaf])] = true;
	for (size_t i = 0; i + 1 < f->rule_count; i++)
		if (text_equal_nocase(f->rules[i].label, rule->label))
			return wrong(t, "the label is given twice");
	return 0;
}

#define LABEL_TAKER(function, use)             \
	static int function(struct taking *t)  \
	{                                      \
		return add_rule(t, use, NULL); \
	}
LABEL_TAKER(take_serial, LABEL_SERIAL)
LABEL_TAKER(take_model, LABEL_MODEL)
LABEL_TAKER(take_sent, LABEL_DATE)
LABEL_TAKER(take_hour, LABEL_TIME)
LABEL_TAKER(take_alarm, LABEL_ALARM)
LABEL_TAKER(take_other, LABEL_OTHER)
LABEL_TAKER(take_ignored, LABEL_IGNORED)

#define AT(member) offsetof(struct format, member)

static const struct {
	const char *section, *name;
	int (*take)(struct taking *t);
	size_t at;
} names[] = {
	{ "format", "source", take_text, AT(source) },
	{ "format", "certainty", take_certainty, AT(certainty) },
	{ "format", "charset", take_charset, AT(charset) },
	{ "format", "layout", take_layout, AT(layout) },
	{ "format", "separator", take_separator, 0 },
	{ "format", "sections", take_sections, AT(sections) },
	{ "format", "matrix", take_matrix, 0 },
	{ "format", "continued", take_continued, 0 },
	{ "format", "begin", take_words, AT(begins) },
	{ "format", "end", take_words, AT(ends) },
	{ "format", "record", take_text, AT(record) },
	{ "format", "skip", take_words, AT(skips) },
	{ "format", "no_counters", take_no_counters, 0 },
	{ "format", "pair", take_pair, 0 },
	{ "format", "date", take_date, AT(dates) },
	{ "format", "date_place", take_place, AT(date_place) },
	{ "format", "months", take_list, AT(months) },
	{ "format", "days", take_list, AT(days) },
	{ "format", "thousands", take_thousands, 0 },
	{ "format", "decimal", take_decimal, 0 },
	{ "format", "unit", take_words, AT(units) },
	{ "format", "none", take_words, AT(none) },
	{ "format", "serial_prefix", take_text, AT(serial_prefix) },
	{ "format", "serial_suffix", take_text, AT(serial_suffix) },
	{ "format", "serial_length", take_length, 0 },
	{ "format", "in_subject", take_outside, AT(in_subject) },
	{ "format", "in_name", take_outside, AT(in_name) },
	{ "format", "alarm_on", take_words, AT(alarm_on) },
	{ "format", "alarm_off", take_words, AT(alarm_off) },
	{ "format", "alarm_since", take_since, AT(since) },
	{ "match", "body", take_words, AT(match.words[MATCH_BODY]) },
	{ "match", "subject", take_words, AT(match.words[MATCH_SUBJECT]) },
	{ "match", "header", take_words, AT(match.words[MATCH_HEADER]) },
	{ "match", "name", take_words, AT(match.words[MATCH_NAME]) },
	{ "labels", "serial", take_serial, 0 },
	{ "labels", "model", take_model, 0 },
	{ "labels", "date", take_sent, 0 },
	{ "labels", "time", take_hour, 0 },
	{ "labels", "alarm", take_alarm, 0 },
	{ "labels", "other", take_other, 0 },
	{ "labels", "ignored", take_ignored, 0 },
};

int
format_take(struct format *f, const char *section, const char *name,
	const char *value, const char **what_r)
{
	struct taking t = { .format = f, .value = value };
	int rc;

	if (strcmp(section, "counters") == 0) {
		rc = counter_name_valid(name)
			? add_rule(&t, LABEL_COUNTER, name)
			: wrong(&t, "no name of a counter (csrc-report(5))");
		*what_r = t.what;
		return rc;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].section, section) == 0 &&
			strcmp(names[i].name, name) == 0) {
			t.target = (char *)f + names[i].at;
			rc = names[i].take(&t);
			*what_r = t.what;
			return rc;
		}
	*what_r = "unknown name, or in the wrong section";
	return -1;
}

static bool
has_use(const struct format *f, enum label_use use)
{
	for (size_t i = 0; i < f->rule_count; i++)
		if (f->rules[i].use == use)
			return true;
	return false;
}

static const char *
lacks_layout(const struct format *f)
{
	const bool separated =
		f->separators[0] != '\0' || f->columns || f->below;

	if (!format_has_paths(f) && !f->brackets && !separated)
		return "separator is missing";
	if (f->brackets && f->sections != SECTIONS_NONE)
		return "labels in brackets have no sections";
	if (f->brackets && (separated || f->layout != LAYOUT_LINES))
		return "labels in brackets have no other separator";
	if (f->layout == LAYOUT_TABLE &&
		(f->below || f->sections != SECTIONS_NONE))
		return "a table has neither sections nor values below";
	if (format_has_paths(f) && separated)
		return "XML and JSON have no separator";
	if (f->matrix != '\0' && (f->layout != LAYOUT_LINES || f->brackets))
		return "a matrix is in lines with separators";
	if (f->leave_out && f->layout != LAYOUT_TABLE)
		return "no_counters is for tables";
	if (f->pair_name != NULL && !format_has_paths(f))
		return "pair is for XML and JSON";
	return NULL;
}

static bool
has_alarms(const struct format *f)
{
	return has_use(f, LABEL_ALARM) || f->alarm_on.count > 0;
}

const char *
format_lacks(const struct format *f)
{
	const char *what = lacks_layout(f);

	if (what != NULL)
		return what;
	if (!has_use(f, LABEL_SERIAL) && !outside_may_have(f, PAIR_SERIAL))
		return "no label is the serial's";
	if (!has_use(f, LABEL_COUNTER) && !has_alarms(f))
		return "no label is a counter's, and nothing an alarm";
	if (f->dates.count == 0 &&
		(has_use(f, LABEL_DATE) || outside_may_have(f, PAIR_DATE) ||
			f->date_place != PLACE_LABEL))
		return "the date has a label or a place but no pattern";
	if (has_use(f, LABEL_TIME) && f->dates.count == 0)
		return "the time has a label but no date a pattern";
	if (f->decimal != '\0' && strchr(f->thousands, f->decimal) != NULL)
		return "decimal and thousands are the same";
	if (f->months.count % 12 != 0 || f->days.count % 7 != 0)
		return "months are twelve words, and days seven";
	return NULL;
}
