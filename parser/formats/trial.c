/*
 * The readers themselves are asked, with a format that knows no label: what
 * gives the most labels with numbers, and a serial, is how the text is made.
 */
#include "parser/formats/trial.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "parser/formats/lexicon.h"
#include "parser/formats/split.h"
#include "parser/formats/table.h"
#include "parser/formats/json.h"
#include "parser/formats/xml.h"

enum { SERIAL_SCORE = 5, TABLE_CELLS_MIN = 3 };

static const struct way {
	const char *separator, *sections;
	const char *separators;
	bool brackets, columns;
	enum format_sections sectioned;
	const char *matrix;
	char between;
} ways[] = {
	{ "brackets", NULL, "", true, false, SECTIONS_NONE, NULL, 0 },
	{ ":", NULL, ":", false, false, SECTIONS_NONE, NULL, 0 },
	{ ": =", NULL, ":=", false, false, SECTIONS_NONE, NULL, 0 },
	{ "=", NULL, "=", false, false, SECTIONS_NONE, NULL, 0 },
	{ "tab", NULL, "\t", false, false, SECTIONS_NONE, NULL, 0 },
	{ ": tab", NULL, ":\t", false, false, SECTIONS_NONE, NULL, 0 },
	{ ",", NULL, ",", false, false, SECTIONS_NONE, NULL, 0 },
	{ "semicolon", NULL, ";", false, false, SECTIONS_NONE, NULL, 0 },
	{ "|", NULL, "|", false, false, SECTIONS_NONE, NULL, 0 },
	{ "columns", NULL, "", false, true, SECTIONS_NONE, NULL, 0 },
	{ ": columns", NULL, ":", false, true, SECTIONS_NONE, NULL, 0 },
	{ ":", "indent", ":", false, false, SECTIONS_INDENT, NULL, 0 },
	{ "=", "indent", "=", false, false, SECTIONS_INDENT, NULL, 0 },
	{ ":", "headings", ":", false, false, SECTIONS_HEADINGS, NULL, 0 },
	{ "=", "headings", "=", false, false, SECTIONS_HEADINGS, NULL, 0 },
	{ "tab", "headings", "\t", false, false, SECTIONS_HEADINGS, NULL, 0 },
	{ "columns", "headings", "", false, true, SECTIONS_HEADINGS, NULL, 0 },
	{ ":", NULL, ":", false, false, SECTIONS_NONE, "tab", '\t' },
	{ ":", NULL, ":", false, false, SECTIONS_NONE, "columns", ' ' },
	{ ":", NULL, ":", false, false, SECTIONS_NONE, "|", '|' },
	{ ": |", NULL, ":|", false, false, SECTIONS_NONE, NULL, 0 },
	{ ":", "headings", ":", false, false, SECTIONS_HEADINGS, "columns",
		' ' },
},
tables[] = {
	{ ",", NULL, ",", false, false, SECTIONS_NONE, NULL, 0 },
	{ "semicolon", NULL, ";", false, false, SECTIONS_NONE, NULL, 0 },
	{ "tab", NULL, "\t", false, false, SECTIONS_NONE, NULL, 0 },
	{ "|", NULL, "|", false, false, SECTIONS_NONE, NULL, 0 },
	{ "columns", NULL, " ", false, true, SECTIONS_NONE, NULL, 0 },
};

static bool
is_none(const char *value)
{
	return strspn(value, "-") == strlen(value) ||
		strcasecmp(value, "n/a") == 0 || strcasecmp(value, "na") == 0;
}

enum shape
trial_shape(const char *value, char *sign_r, const char **unit_r)
{
	size_t at = strspn(value, "0123456789"), digits;

	*sign_r = '\0';
	*unit_r = "";
	if (is_none(value))
		return SHAPE_NONE;
	if (at == 0)
		return SHAPE_TEXT;
	while (strchr(",.' ", value[at]) != NULL && value[at] != '\0') {
		digits = strspn(value + at + 1, "0123456789");
		if (digits == 0)
			break;
		if (digits != 3 || (*sign_r != '\0' && *sign_r != value[at]))
			return SHAPE_TEXT;
		*sign_r = value[at];
		at += 4;
	}
	if (value[at] != ' ' && value[at] != '\0' &&
		((unsigned char)value[at] & 0x80) == 0)
		return SHAPE_TEXT;
	value += at + strspn(value + at, " ");
	*unit_r = value;
	for (; *value != '\0'; value++)
		if (isdigit((unsigned char)*value) ||
			strchr("%:/.,-=() ", *value) != NULL)
			return SHAPE_TEXT;
	return strlen(*unit_r) <= 12 ? SHAPE_NUMBER : SHAPE_TEXT;
}

/* A label that stands twice, with other values, was in sections. */
static bool
is_contradicted(const struct pairs *pairs, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (text_equal_nocase(
			    pairs->rows[i].name, pairs->rows[j].name) &&
			strcmp(pairs->rows[i].value, pairs->rows[j].value) != 0)
			return true;
	return false;
}

static bool
is_serial(const struct pair *p)
{
	return lexicon_use(p->name) == LABEL_SERIAL && strlen(p->value) >= 5 &&
		strchr(p->value, ' ') == NULL &&
		strpbrk(p->value, "0123456789") != NULL;
}

/* several: labels may come again, with other values. */
static int
score(const struct pairs *pairs, bool several)
{
	const size_t count = pairs->count < 300 ? pairs->count : 300;
	bool serial = false;
	const char *unit;
	int points = 0;
	char sign;

	for (size_t i = 0; i < count; i++) {
		const struct pair *p = &pairs->rows[i];

		if (is_serial(p) && !serial) {
			serial = true;
			points += SERIAL_SCORE;
		} else if (strlen(p->name) > 80 ||
			isdigit((unsigned char)p->name[0])) {
			points -= 1;
		} else if (trial_shape(p->value, &sign, &unit) ==
			SHAPE_NUMBER) {
			points +=
				!several && is_contradicted(pairs, i) ? -2 : 1;
		}
	}
	return serial ? points : points - SERIAL_SCORE;
}

static void
set_way(struct trial *t, const struct way *way, enum format_layout layout)
{
	memset(&t->format, 0, sizeof(t->format));
	t->format.layout = layout;
	t->format.brackets = way->brackets;
	t->format.columns = way->columns;
	t->format.sections = way->sectioned;
	(void)text_copy(t->format.separators, sizeof(t->format.separators),
		way->columns && layout == LAYOUT_TABLE ? "" : way->separators);
	t->format.matrix = way->between;
	t->matrix = way->matrix;
	t->separator = way->separator;
	t->sections = way->sections;
}

/* Keeps the better of two; the other is cleared. */
static void
keep(struct trial *best, struct trial *now)
{
	if (now->score > best->score) {
		pairs_clear(&best->pairs);
		*best = *now;
	} else {
		pairs_clear(&now->pairs);
	}
}

/* Where a serial's label comes again, each report begins with the first label.
 */
static void
find_record(struct trial *t)
{
	const struct pairs *pairs = &t->pairs;
	const char *record;

	for (size_t i = 0; i < pairs->count; i++)
		if (lexicon_use(pairs->rows[i].name) == LABEL_SERIAL &&
			is_contradicted(pairs, i)) {
			record = pairs->rows[0].name;
			(void)text_copy(t->record, sizeof(t->record), record);
			return;
		}
}

static int
try_lines(const struct document *d, struct trial *best, struct error *e)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct trial now = { .score = 0 };
		struct error why;

		set_way(&now, &ways[i], LAYOUT_LINES);
		if (split_text(
			    d->text, 1, &now.format, false, &now.pairs, &why) &&
			why.code == ERROR_TROUBLE) {
			pairs_clear(&now.pairs);
			if (e != NULL)
				*e = why;
			return -1;
		}
		find_record(&now);
		now.score = score(&now.pairs, now.record[0] != '\0');
		keep(best, &now);
	}
	return 0;
}

static size_t
numbers_in(const struct row *row)
{
	const char *unit;
	size_t count = 0;
	char sign;

	for (size_t i = 0; i < row->count; i++)
		count += trial_shape(row_cell(row, i), &sign, &unit) ==
			SHAPE_NUMBER;
	return count;
}

/* May the row be a heading: several cells, few of which are numbers? */
static bool
may_be_heading(const struct row *row)
{
	const size_t filled = row_filled(row);

	return filled >= TABLE_CELLS_MIN && 3 * numbers_in(row) <= filled;
}

static int
pair_cells(
	struct trial *t, struct row *heading, struct row *row, struct error *e)
{
	struct error why;

	if (t->format.columns && row_align(heading, row, &why))
		return why.code == ERROR_TROUBLE ? error_memory(e) : 0;
	for (size_t i = 0; i < heading->count && i < row->count; i++)
		if (row_cell(heading, i)[0] != '\0' &&
			pairs_add(&t->pairs, PAIR_LABEL, 1,
				row_cell(heading, i), row_cell(row, i), e))
			return -1;
	return 0;
}

/* The first row with few numbers, and the one behind it, which has more. */
static int
try_table(const struct document *d, const struct way *way, struct trial *now,
	struct error *e)
{
	const char *at = d->text;
	struct row heading = { 0 }, row = { 0 }, other;
	struct error why;
	int rc = 0;

	set_way(now, way, LAYOUT_TABLE);
	while (rc == 0 && *at != '\0' && now->pairs.count == 0) {
		if (row_read(&at, way->separators[0], d->quotes, &row, &why) ==
			-1)
			break;
		if (may_be_heading(&heading) &&
			numbers_in(&row) > numbers_in(&heading) &&
			(way->columns || row.count >= row_filled(&heading)))
			rc = pair_cells(now, &heading, &row, e);
		other = heading;
		heading = row;
		row = other;
	}
	row_clear(&heading);
	row_clear(&row);
	now->score = score(&now->pairs, false);
	return rc;
}

static int
try_tables(const struct document *d, struct trial *best, struct error *e)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct trial now = { .score = 0 };

		if (try_table(d, &tables[i], &now, e)) {
			pairs_clear(&now.pairs);
			return -1;
		}
		keep(best, &now);
	}
	return 0;
}

/* The last part of a path, and the one before it; "" if there is none. */
static void
ends_of(const char *path, char last[64], char before[64])
{
	const char *at = path, *next;

	last[0] = before[0] = '\0';
	while ((next = strstr(at, " > ")) != NULL) {
		text_format(before, 64, "%.*s", (int)(next - at), at);
		at = next + 3;
	}
	(void)text_copy(last, 64, at);
}

/* Two labels by turns, the first a name and the second a number: a pair. */
static void
find_pair(struct trial *t)
{
	const struct pairs *pairs = &t->pairs;
	char name[64], value[64], above[64], beside[64], sign;
	const char *unit;

	for (size_t i = 0; i + 3 < pairs->count; i++) {
		const struct pair *p = &pairs->rows[i];

		ends_of(p[0].name, name, above);
		ends_of(p[1].name, value, beside);
		if (strcmp(p[0].name, p[2].name) != 0 ||
			strcmp(p[1].name, p[3].name) != 0 ||
			strcmp(name, value) == 0 ||
			strcmp(above, beside) != 0 ||
			trial_shape(p[0].value, &sign, &unit) != SHAPE_TEXT ||
			trial_shape(p[1].value, &sign, &unit) != SHAPE_NUMBER)
			continue;
		strcpy(t->pair_name, name);
		strcpy(t->pair_value, value);
		return;
	}
}

static void
find_element(struct trial *t)
{
	char last[64], before[64];
	size_t serials = 0;

	for (size_t i = 0; i < t->pairs.count; i++)
		if (lexicon_use(t->pairs.rows[i].name) == LABEL_SERIAL) {
			ends_of(t->pairs.rows[i].name, last, before);
			if (serials++ == 1)
				strcpy(t->record, before);
		}
}

static int
first_of_xml(const struct document *d, struct trial *t, struct error *e)
{
	struct xml_slice *slices; /* NULL: there are none */
	struct pairs outside = { 0 };
	size_t count;
	int rc = xml_slices(d->text, strlen(d->text), &t->format, &slices,
		&count, &outside, e);

	if (rc == 0 && count > 0)
		rc = xml_pairs(d->text, &slices[0], &t->format, &t->pairs, e);
	free(slices);
	pairs_clear(&outside);
	return rc;
}

static int
first_of_json(const struct document *d, struct trial *t, struct error *e)
{
	struct json_reports *reports;
	struct pairs outside = { 0 };
	int rc = json_open(d->text, &t->format, &reports, &outside, e);

	if (rc == 0)
		rc = json_next(reports, &t->pairs, e) == -1 ? -1 : 0;
	json_close(&reports);
	pairs_clear(&outside);
	return rc;
}

/* Once to see what it is made of, once as a file would read it. */
static int
try_paths(const struct document *d, struct trial *best, struct error *e)
{
	int (*const first)(const struct document *d, struct trial *t,
		struct error *e) = d->json ? first_of_json : first_of_xml;
	struct error why;
	int rc;

	best->format.layout = d->json ? LAYOUT_JSON : LAYOUT_XML;
	rc = first(d, best, &why);
	find_pair(best);
	find_element(best);
	best->format.pair_name = best->pair_name[0] ? best->pair_name : NULL;
	best->format.pair_value = best->pair_value;
	best->format.record = best->record[0] ? best->record : NULL;
	pairs_clear(&best->pairs);
	if (rc == 0)
		rc = first(d, best, &why);
	best->score = score(&best->pairs, false);
	if (rc == -1 && e != NULL)
		*e = why;
	return rc == -1 && why.code == ERROR_TROUBLE ? -1 : 0;
}

int
trial_best(
	const struct document *document, struct trial *trial_r, struct error *e)
{
	memset(trial_r, 0, sizeof(*trial_r));
	if (document->xml || document->json)
		return try_paths(document, trial_r, e);
	if (try_lines(document, trial_r, e))
		return -1;
	return try_tables(document, trial_r, e);
}

void
trial_clear(struct trial *trial)
{
	pairs_clear(&trial->pairs);
}
