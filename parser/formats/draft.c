/*
 * What was found is written as a format file that can be read at once; what a
 * person must look at is said in comments, with the value that was seen.
 */
#include "parser/formats/draft.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/wipe.h"
#include "parser/formats/choice.h"
#include "parser/formats/dated.h"
#include "parser/formats/document.h"
#include "parser/formats/lexicon.h"
#include "parser/formats/trial.h"

enum {
	LABEL_MAX = 150,
	COUNTERS_MAX = 200,
	PATTERNS_MAX = 6,
	LINES_MAX = 60,
	SEEN_MAX = 60
};

struct draft {
	struct buffer *out;
	const struct trial *trial;
	const struct document *document;
	const char *subject;
	bool taken[PAIRS_MAX]; /* labels that are written */
	char names[COUNTERS_MAX][LEXICON_NAME_SIZE];
	size_t name_count;
	char signs[5]; /* between thousands */
	const char *units[8], *none[8];
	size_t unit_count, none_count;
	char patterns[PATTERNS_MAX][64]; /* of dates */
	size_t pattern_count;
	bool date_alone; /* without a label */
	char date_label[LABEL_MAX + 1], date_value[256];
};

#define SAY(d, ...) buffer_format((d)->out, __VA_ARGS__)

/* A value that was seen, in a comment: not all of it, no half character. */
static void
say_seen(struct draft *d, const char *value)
{
	size_t length = strnlen(value, SEEN_MAX);

	while (length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80)
		length--;
	SAY(d, "# ? %.*s\n", (int)length, value);
}

/* What a terminal would obey is not printed. */
static void
make_harmless(struct buffer *out)
{
	for (size_t i = 0; i < out->length; i++)
		if ((out->data[i] < ' ' &&
			    strchr("\n\t", out->data[i]) == NULL) ||
			out->data[i] == 0x7f || out->data[i] == '\0')
			out->data[i] = '?';
}

/* Can the label stand in a file as it is? */
static bool
is_writable(const char *label)
{
	return label[0] != '\0' && strlen(label) <= LABEL_MAX &&
		strstr(label, " ;") == NULL && strchr(label, '\n') == NULL;
}

static void
add_once(const char **rows, size_t *count, size_t max, const char *word)
{
	for (size_t i = 0; i < *count; i++)
		if (strcasecmp(rows[i], word) == 0)
			return;
	if (*count < max)
		rows[(*count)++] = word;
}

/* How numbers are written. */
static void
look_at_numbers(struct draft *d)
{
	const struct pairs *pairs = &d->trial->pairs;
	const char *unit;
	char sign;

	for (size_t i = 0; i < pairs->count; i++)
		switch (trial_shape(pairs->rows[i].value, &sign, &unit)) {
		case SHAPE_NUMBER:
			if (sign != '\0' && strchr(d->signs, sign) == NULL)
				strncat(d->signs, &sign, 1);
			if (*unit != '\0')
				add_once(d->units, &d->unit_count, 8, unit);
			break;
		case SHAPE_NONE:
			if (pairs->rows[i].value[0] != '\0')
				add_once(d->none, &d->none_count, 8,
					pairs->rows[i].value);
			break;
		case SHAPE_TEXT:
			break;
		}
}

/* The patterns that fit a value; digits alone are a date only where that is
 * said. */
static bool
look_at_date(struct draft *d, const char *value, bool said)
{
	static const char *const times[] = { "", " %H:%M:%S", " %H:%M",
		" %I:%M:%S %p", " %I:%M %p", "T%H:%M:%S", "T%H:%M:%S%z",
		" %H:%M:%S %z", ", %H:%M:%S", ", %H:%M",
		" %H\xe6\x99\x82%M\xe5\x88\x86",
		" %H\xe6\x97\xb6%M\xe5\x88\x86" };
	char pattern[64], *row = pattern;
	const struct format f = { .dates = { 1, &row } };

	for (size_t i = 0; lexicon_dates[i] != NULL; i++)
		for (size_t j = 0; j < sizeof(times) / sizeof(times[0]); j++) {
			text_format(pattern, sizeof(pattern), "%s%s",
				lexicon_dates[i], times[j]);
			if (d->pattern_count == PATTERNS_MAX ||
				(!said && strpbrk(value, " -/.:") == NULL) ||
				!dated_fits(&f, value))
				continue;
			strcpy(d->patterns[d->pattern_count++], pattern);
		}
	return d->pattern_count > 0;
}

/* In a line of its own, or in one above a table, behind a label. */
static bool
look_at_line(struct draft *d, char *line)
{
	char *value;

	label_collapse(line);
	if (look_at_date(d, line, false)) {
		d->date_alone = true;
		return true;
	}
	value = strpbrk(line, ":=\t,;");
	if (d->trial->format.layout != LAYOUT_TABLE || value == NULL)
		return false;
	*value++ = '\0';
	label_collapse(line);
	label_collapse(value);
	(void)text_copy(d->date_label, sizeof(d->date_label), line);
	return look_at_date(d, value, true);
}

static void
look_at_lines(struct draft *d)
{
	const char *at = d->document->text;
	char line[256];
	size_t length;

	for (int i = 0; i < LINES_MAX && *at != '\0' && d->pattern_count == 0;
		i++) {
		length = strcspn(at, "\n");
		text_format(line, sizeof(line), "%.*s", (int)length, at);
		if (length < sizeof(line) && look_at_line(d, line))
			text_format(d->date_value, sizeof(d->date_value),
				"%.*s", (int)length, at);
		at += length + (at[length] == '\n');
	}
}

/* By its label, by what it looks like, or elsewhere. */
static void
look_for_date(struct draft *d)
{
	const struct pairs *pairs = &d->trial->pairs;

	for (int said = 1; said >= 0; said--)
		for (size_t i = 0; i < pairs->count; i++) {
			const struct pair *p = &pairs->rows[i];

			if ((said == 1 && lexicon_use(p->name) != LABEL_DATE) ||
				!is_writable(p->name) ||
				!look_at_date(d, p->value, said == 1))
				continue;
			d->taken[i] = true;
			(void)text_copy(
				d->date_label, sizeof(d->date_label), p->name);
			(void)text_copy(
				d->date_value, sizeof(d->date_value), p->value);
			return;
		}
	if (!d->document->xml && !d->document->json)
		look_at_lines(d);
}

static void
say_words(struct draft *d, const char *name, const char *const *rows,
	size_t count)
{
	for (size_t i = 0; i < count; i++)
		SAY(d, "%s%s\n", i == 0 ? name : "\t", rows[i]);
}

static void
say_signs(struct draft *d)
{
	if (d->signs[0] == '\0')
		return;
	SAY(d, "# ? Digits are in groups of three.\nthousands =");
	for (const char *sign = d->signs; *sign != '\0'; sign++)
		SAY(d, *sign == ' ' ? " blank" : " %c", *sign);
	SAY(d, "\n");
}

static void
say_patterns(struct draft *d)
{
	if (d->pattern_count == 0)
		return;
	say_seen(d, d->date_value);
	if (d->date_alone)
		SAY(d, "date_place = line\n");
	if (d->pattern_count > 1)
		SAY(d, "# Several fit: keep the one that is meant.\n");
	for (size_t i = 0; i < d->pattern_count; i++)
		SAY(d, "%s%s\n", i == 0 ? "date = " : "\t", d->patterns[i]);
}

/* Events, where lines look like some. */
static void
say_alarms(struct draft *d)
{
	if (d->document->xml || d->document->json)
		return;
	if (strstr(d->document->text, "[*]") != NULL)
		SAY(d,
			"# ? Events: those that are on, and over.\n"
			"alarm_on = [*]\nalarm_off = [ ]\n");
	if (strstr(d->document->text, "!!!!") != NULL)
		SAY(d, "# ? Alarms are marked.\nalarm_on = !!!!\n");
}

static void
say_format(struct draft *d)
{
	const struct trial *t = d->trial;

	SAY(d,
		"[format]\nsource = one mail, and guesses\n"
		"certainty = draft\n");
	if (d->document->charset != NULL)
		SAY(d,
			"# ? The mail does not say in which charset it is.\n"
			"charset = %s\n",
			d->document->charset);
	if (t->format.layout == LAYOUT_TABLE)
		SAY(d, "layout = table\n");
	if (t->format.layout == LAYOUT_XML)
		SAY(d, "layout = xml\n");
	if (t->format.layout == LAYOUT_JSON)
		SAY(d, "layout = json\n");
	if (t->separator != NULL)
		SAY(d, "separator = %s\n", t->separator);
	if (t->sections != NULL)
		SAY(d, "sections = %s\n", t->sections);
	if (t->matrix != NULL)
		SAY(d,
			"# ? A table of rows and columns is in it.\n"
			"matrix = %s\n",
			t->matrix);
	if (t->pair_name[0] != '\0')
		SAY(d, "pair = %s %s\n", t->pair_name, t->pair_value);
	if (t->record[0] != '\0')
		SAY(d,
			"# ? What begins each of several reports.\n"
			"record = %s\n",
			t->record);
	say_patterns(d);
	say_signs(d);
	say_words(d, "unit = ", d->units, d->unit_count);
	say_words(d, "none = ", d->none, d->none_count);
	say_alarms(d);
	SAY(d,
		"\n# Another maker's mail may have the same labels. What "
		"stands "
		"in this one's only?\n#[match]\n#subject = %s\n",
		d->subject);
}

/* One of the labels of a use, the first that makes sense; the others as
 * comments. False: there is none. */
static bool
say_label(struct draft *d, enum label_use use, const char *name)
{
	const struct pairs *pairs = &d->trial->pairs;
	bool said = false;

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *p = &pairs->rows[i];

		if (d->taken[i] || lexicon_use(p->name) != use ||
			!is_writable(p->name) || p->value[0] == '\0')
			continue;
		d->taken[i] = true;
		say_seen(d, p->value);
		SAY(d, "%s%s = %s\n", said ? "# " : "", name, p->name);
		said = true;
	}
	return said;
}

static void
say_date(struct draft *d)
{
	if (d->pattern_count == 0)
		SAY(d, "# No date was found: the mail's own counts.\n");
	else if (!d->date_alone) {
		say_seen(d, d->date_value);
		SAY(d, "date = %s\n", d->date_label);
	}
}

/* Is it one for the section of counters? */
static bool
is_counter(const struct draft *d, const struct pair *p)
{
	const char *unit;
	char sign;

	if (strstr(p->name, "@") != NULL || !is_writable(p->name))
		return false;
	switch (trial_shape(p->value, &sign, &unit)) {
	case SHAPE_NUMBER:
		return true;
	case SHAPE_NONE:
		return lexicon_counts(p->name) &&
			(p->value[0] != '\0' ||
				d->trial->format.layout == LAYOUT_TABLE);
	case SHAPE_TEXT:
		break;
	}
	return false;
}

static void
say_others(struct draft *d)
{
	const struct pairs *pairs = &d->trial->pairs;
	bool first = true;

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *p = &pairs->rows[i];

		if (d->taken[i] || !is_writable(p->name) || is_counter(d, p))
			continue;
		if (first)
			SAY(d,
				"# Not understood. What is to be in the record "
				"may be \"other\":\n");
		SAY(d, "# other = %s\n", p->name);
		first = false;
	}
}

static bool
is_used(const struct draft *d, const char *name)
{
	for (size_t i = 0; i < d->name_count; i++)
		if (strcmp(d->names[i], name) == 0)
			return true;
	return false;
}

/* A name that no other counter has. */
static void
name_counter(struct draft *d, const char *label, char out[LEXICON_NAME_SIZE])
{
	char first[LEXICON_NAME_SIZE];

	lexicon_counter(label, first);
	first[LEXICON_NAME_SIZE - 5] = '\0';
	(void)text_copy(out, LEXICON_NAME_SIZE, first);
	for (int i = 2; is_used(d, out) && i < 1000; i++)
		text_format(out, LEXICON_NAME_SIZE, "%s.%d", first, i);
	strcpy(d->names[d->name_count++], out);
}

static bool
is_again(const struct pairs *pairs, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (text_equal_nocase(pairs->rows[i].name, pairs->rows[j].name))
			return true;
	return false;
}

static void
say_counters(struct draft *d)
{
	const struct pairs *pairs = &d->trial->pairs;
	char name[LEXICON_NAME_SIZE];

	SAY(d,
		"\n# Names are guesses: csrc-report(5) has those that mean the "
		"same for all makers.\n# Delete what is no counter.\n"
		"[counters]\n");
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *p = &pairs->rows[i];

		if (d->taken[i] || is_again(pairs, i) || !is_counter(d, p) ||
			d->name_count == COUNTERS_MAX)
			continue;
		name_counter(d, p->name, name);
		say_seen(d, p->value);
		SAY(d, "%s = %s\n", name, p->name);
	}
}

static void
say_all(struct draft *d)
{
	look_at_numbers(d);
	look_for_date(d);
	SAY(d,
		"# Made by csrcadm format draft of one mail. What stands "
		"behind "
		"\"# ?\" was seen in it;\n# the line below each is a guess. "
		"Look at all, correct, delete the comments, and see\n"
		"# what comes out: csrcadm format test MAIL --formats "
		"DIRECTORY\n\n");
	say_format(d);
	SAY(d, "\n[labels]\n");
	if (!say_label(d, LABEL_SERIAL, "serial"))
		SAY(d,
			"# No label looks like that of the serial: write it.\n"
			"serial = WRITE IT HERE\n");
	say_label(d, LABEL_MODEL, "model");
	say_date(d);
	say_others(d);
	say_counters(d);
}

static char *
subject_of(const struct entity *entity)
{
	char *header, *at, *subject;
	struct error e;

	if (choice_header(entity, &header, &e))
		return NULL;
	at = strncasecmp(header, "Subject:", 8) == 0
		? header - 1
		: strcasestr(header, "\nSubject:");
	subject = at == NULL ? strdup("")
			     : strndup(at + 9, strcspn(at + 9, "\n"));
	wipe_free(header);
	if (subject != NULL)
		label_collapse(subject);
	return subject;
}

static int
write_draft(const struct entity *entity, const struct trial *trial,
	const struct document *document, struct buffer *out, struct error *e)
{
	struct draft *d = calloc(1, sizeof(*d));
	char *subject = subject_of(entity);
	int rc = 0;

	if (d == NULL || subject == NULL) {
		rc = error_memory(e);
	} else {
		d->out = out;
		d->trial = trial;
		d->document = document;
		d->subject = subject;
		say_all(d);
		make_harmless(out);
	}
	wipe_free(subject);
	wipe_free(d);
	return rc;
}

/* All texts of the mail; why one could not be read is in why. */
static int
find_texts(const struct entity *entity, const struct limits *l,
	struct documents *documents, struct error *why)
{
	for (size_t i = 0; i < entity->part_count; i++)
		if (documents_add(documents, entity, i, &lexicon_charsets, l,
			    why) == -1 &&
			why->code == ERROR_TROUBLE)
			return -1;
	return 0;
}

int
draft_write(const struct entity *entity, const struct limits *l,
	struct buffer *out, struct error *e)
{
	struct documents documents = { 0 };
	struct trial best = { 0 }, now;
	struct error why = { 0 };
	size_t document = 0;
	int rc = find_texts(entity, l, &documents, &why);

	for (size_t i = 0; rc == 0 && i < documents.count; i++) {
		rc = trial_best(&documents.rows[i], &now, &why);
		if (now.score > best.score) {
			trial_clear(&best);
			best = now;
			document = i;
		} else {
			trial_clear(&now);
		}
	}
	if (rc == 0 && best.score <= 0)
		rc = error_set(e, ERROR_BAD, "no labels with numbers%s%s",
			why.text[0] != '\0' ? ": " : " were found in it",
			why.text);
	else if (rc == 0)
		rc = write_draft(
			entity, &best, &documents.rows[document], out, e);
	else if (e != NULL)
		*e = why;
	trial_clear(&best);
	documents_clear(&documents);
	return rc;
}
