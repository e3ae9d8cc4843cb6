/*
 * Three layouts, one walk. A text is looked through once to see whether it is
 * in the format at all, and once more, report by report, to be read.
 */
#include "parser/formats/records.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/wipe.h"
#include "parser/formats/dated.h"
#include "parser/formats/json.h"
#include "parser/formats/number.h"
#include "parser/formats/split.h"
#include "parser/formats/table.h"
#include "parser/formats/xml.h"

struct records {
	const struct document *document;
	const struct format *format;
	struct pairs common;
	bool serial_outside;
	size_t count, line;
	/* lines, table: what comes next */
	const char *at;
	size_t at_line;
	/* lines */
	bool flowed, ended;
	struct pairs first; /* of the only report, as it was looked at */
	/* table */
	char separator;
	struct row rows[2], *heading, *row; /* the two, in either order */
	bool counter[CELLS_MAX]; /* under which headings counters are */
	size_t serial;           /* and under which the serial is */
	size_t passed, left_out; /* rows without a counter; of all */
	/* json: a tree, while it is read */
	struct json_reports *tree;
	bool grown;
	/* xml */
	struct xml_slice *slices;
	size_t slice;
};

/* Which rules were met, and what of. */
struct meeting {
	const struct format *format;
	bool *met;
	bool serial, substance;
	size_t labels;
};

static void
meet(struct meeting *m, const char *name)
{
	const struct label_rule *rule = format_rule(m->format, name);

	if (rule == NULL || m->met[rule - m->format->rules])
		return;
	m->met[rule - m->format->rules] = true;
	m->labels++;
	m->serial = m->serial || rule->use == LABEL_SERIAL;
	m->substance = m->substance || rule->use == LABEL_COUNTER ||
		rule->use == LABEL_ALARM;
}

static int
begin_meeting(struct meeting *m, const struct format *f, struct error *e)
{
	memset(m, 0, sizeof(*m));
	m->format = f;
	m->met = calloc(f->rule_count + 1, sizeof(*m->met));
	return m->met == NULL ? error_memory(e) : 0;
}

static void
end_meeting(
	const struct records *r, struct meeting *m, struct likeness *likeness_r)
{
	likeness_r->labels = m->labels;
	likeness_r->serial = m->serial;
	likeness_r->substance = m->substance;
	likeness_r->recognised =
		(m->serial || r->serial_outside) && m->substance;
	free(m->met);
}

static int
compare(const struct records *r, const struct pairs *pairs,
	struct likeness *likeness_r, struct error *e)
{
	struct meeting m;

	if (begin_meeting(&m, r->format, e))
		return -1;
	for (size_t i = 0; i < pairs->count; i++)
		if (pairs->rows[i].kind == PAIR_LABEL)
			meet(&m, pairs->rows[i].name);
		else if (pairs->rows[i].kind == PAIR_ON)
			m.substance = true;
	end_meeting(r, &m, likeness_r);
	return 0;
}

/* Lines. */

/* The next report's lines; a text without "record" is one. */
static char *
next_slice(const char *text, const struct format *f, size_t *length_r,
	size_t *lines_r)
{
	*lines_r = 0;
	*length_r = f->record == NULL ? strlen(text)
				      : split_record(text, f, lines_r);
	return strndup(text, *length_r);
}

static int
split_slice(const struct records *r, const char *text, size_t line,
	struct pairs *pairs_r, size_t *length_r, size_t *lines_r,
	struct error *e)
{
	char *slice = next_slice(text, r->format, length_r, lines_r);
	int rc;

	memset(pairs_r, 0, sizeof(*pairs_r));
	if (slice == NULL)
		return error_memory(e);
	rc = split_text(slice, line, r->format, r->flowed, pairs_r, e);
	wipe_free(slice);
	return rc;
}

/* Of several, who has a serial is a report, even one that cannot be read; and
 * so is who begins as one and has counters, but lacks its serial. */
static bool
is_slice(const struct format *f, const char *text,
	const struct likeness *likeness)
{
	return likeness->recognised ||
		(f->record != NULL &&
			(likeness->serial ||
				(likeness->substance &&
					split_is_record(text, f))));
}

/* 1: a report; 0: no more; -1. Slices that are none are passed over. */
static int
next_lines(struct records *r, struct pairs *pairs_r, struct error *e)
{
	struct likeness likeness;
	size_t length, lines;
	const char *begin;
	int rc;

	if (r->first.count > 0) {
		*pairs_r = r->first;
		memset(&r->first, 0, sizeof(r->first));
		r->line = pairs_r->rows[0].line;
		r->ended = true;
		return 1;
	}
	while (*r->at != '\0' && !r->ended) {
		begin = r->at;
		r->line = r->at_line;
		rc = split_slice(
			r, begin, r->at_line, pairs_r, &length, &lines, e);
		r->at += length;
		r->at_line += lines;
		r->ended = r->format->record == NULL;
		if (rc == 0)
			rc = compare(r, pairs_r, &likeness, e);
		if (rc == -1)
			return -1;
		if (is_slice(r->format, begin, &likeness))
			return 1;
		pairs_clear(pairs_r);
	}
	return 0;
}

/* What stands in front of the first report may date all of them. */
static int
note_common(struct records *r, struct pairs *pairs, struct error *e)
{
	const struct label_rule *rule;
	const struct pair *p;

	for (size_t i = 0; i < pairs->count; i++) {
		p = &pairs->rows[i];
		rule = format_rule(r->format, p->name);
		if ((p->kind == PAIR_DATE ||
			    (p->kind == PAIR_LABEL && rule != NULL &&
				    rule->use == LABEL_DATE)) &&
			pairs_add(&r->common, p->kind, p->line, p->name,
				p->value, e))
			return -1;
	}
	return 0;
}

/* One slice was looked at. */
static int
note_slice(struct records *r, const char *text, struct pairs *pairs,
	const struct likeness *likeness, struct likeness *best, struct error *e)
{
	if (!is_slice(r->format, text, likeness))
		return r->count == 0 ? note_common(r, pairs, e) : 0;
	r->count++;
	if (likeness->recognised && likeness->labels > best->labels)
		*best = *likeness;
	if (r->format->record == NULL) {
		r->first = *pairs;
		memset(pairs, 0, sizeof(*pairs));
	}
	return 0;
}

/* Is a report of it among the slices? How many are there? */
static int
look_at_lines(struct records *r, struct likeness *likeness_r, struct error *e)
{
	const char *at = r->document->text;
	struct likeness likeness = { 0 };
	size_t length, lines, line = 1;
	struct pairs pairs;
	int rc = 0;

	memset(likeness_r, 0, sizeof(*likeness_r));
	for (r->count = 0; rc == 0 && *at != '\0'; at += length) {
		rc = split_slice(r, at, line, &pairs, &length, &lines, e);
		line += lines;
		if (rc == 0)
			rc = compare(r, &pairs, &likeness, e);
		if (rc == 0)
			rc = note_slice(
				r, at, &pairs, &likeness, likeness_r, e);
		else if (e->code != ERROR_TROUBLE)
			rc = 0; /* no report of this format */
		pairs_clear(&pairs);
	}
	return rc;
}

static int
open_lines(struct records *r, struct likeness *likeness_r, struct error *e)
{
	const struct format *f = r->format;

	if (look_at_lines(r, likeness_r, e))
		return -1;
	if (likeness_r->recognised || f->sections != SECTIONS_NONE)
		return 0;
	r->flowed = true;
	pairs_clear(&r->common);
	return look_at_lines(r, likeness_r, e);
}

/* Tables. */

static int
compare_heading(const struct records *r, const struct row *row,
	struct likeness *likeness_r, struct error *e)
{
	struct meeting m;
	char *name;

	memset(likeness_r, 0, sizeof(*likeness_r));
	if (row->count < 2)
		return 0;
	if (begin_meeting(&m, r->format, e))
		return -1;
	for (size_t i = 0; i < row->count; i++) {
		name = strdup(row_cell(row, i));
		if (name == NULL) {
			end_meeting(r, &m, likeness_r);
			return error_memory(e);
		}
		label_collapse(name);
		meet(&m, name);
		wipe_free(name);
	}
	end_meeting(r, &m, likeness_r);
	return 0;
}

static int
read_row(struct records *r, struct row *row, struct error *e)
{
	int rc;

	r->line = r->at_line;
	rc = row_read(&r->at, r->separator, r->document->quotes, row, e);
	r->at_line += row->lines;
	return rc;
}

/* A date in a line above the table: behind its label. */
static int
note_labelled(struct records *r, char *line, struct error *e)
{
	const struct format *f = r->format;
	char *value;

	for (size_t i = 0; i < f->rule_count; i++) {
		const struct label_rule *rule = &f->rules[i];
		const size_t length = strlen(rule->label);

		if (rule->use != LABEL_DATE ||
			strncasecmp(line, rule->label, length) != 0)
			continue;
		value = line + length + strspn(line + length, " :=,;|\t\"");
		value[strcspn(value, "\";|,")] = '\0';
		return dated_fits(f, value)
			? pairs_add(&r->common, PAIR_LABEL, r->line,
				  rule->label, value, e)
			: 0;
	}
	return 0;
}

static int
note_date(struct records *r, const char *begin, struct error *e)
{
	const struct format *f = r->format;
	char *line;
	int rc = 0;

	if (r->common.count > 0 ||
		(f->date_place == PLACE_LABEL &&
			!f->first[tolower((unsigned char)*begin)]))
		return 0;
	line = strndup(begin, strcspn(begin, "\n"));
	if (line == NULL)
		return error_memory(e);
	label_collapse(line);
	if (f->date_place != PLACE_LABEL && dated_fits(f, line))
		rc = pairs_add(&r->common, PAIR_DATE, r->line, "", line, e);
	else
		rc = note_labelled(r, line, e);
	wipe_free(line);
	return rc;
}

/* Has the line that text begins with two cells at all? */
static bool
has_cells(const struct records *r, const char *text)
{
	const size_t length = strcspn(text, "\n");

	return r->separator == SEPARATOR_COLUMNS
		? memmem(text, length, "  ", 2) != NULL ||
			memchr(text, '\t', length) != NULL
		: memchr(text, r->separator, length) != NULL;
}

/* Passes a line over that is no row. */
static int
pass_over(struct records *r, struct error *e)
{
	const char *begin = r->at;
	const size_t length = strcspn(begin, "\n");

	r->line = r->at_line++;
	r->at += length + (begin[length] == '\n');
	return length == 0 ? 0 : note_date(r, begin, e);
}

/* Goes behind the first heading. */
static int
find_heading(struct records *r, struct likeness *likeness_r, struct error *e)
{
	const char *begin;
	int rc = 0;

	r->at = r->document->text;
	r->at_line = 1;
	while (rc == 0 && *r->at != '\0') {
		if (!has_cells(r, r->at)) {
			rc = pass_over(r, e);
			continue;
		}
		begin = r->at;
		rc = read_row(r, r->heading, e);
		if (rc == 0)
			rc = compare_heading(r, r->heading, likeness_r, e);
		else if (e->code != ERROR_TROUBLE)
			memset(likeness_r, rc = 0, sizeof(*likeness_r));
		if (rc == 0 && likeness_r->recognised)
			return 0;
		if (rc == 0)
			rc = note_date(r, begin, e);
	}
	return rc;
}

/* Is there a device in the row, of which its cells say nothing more? */
static bool
is_bare(const struct records *r)
{
	return r->format->leave_out && r->row->count > 1 &&
		r->serial < r->row->count &&
		row_cell(r->row, r->serial)[0] != '\0';
}

/* Is the row a report's? One with a single cell holds no counter. */
static bool
is_report(const struct records *r)
{
	const struct row *row = r->row;
	size_t filled = 0;

	for (size_t i = 0; i < row->count; i++)
		filled += row_cell(row, i)[0] != '\0';
	return (filled > 1 || is_bare(r)) &&
		words_equal(&r->format->skips, row_cell(row, 0)) == NULL;
}

/* Each cell under its heading; an empty one stays one. */
static int
check_cells(struct records *r, struct error *e)
{
	const size_t wanted = row_filled(r->heading);

	if (r->separator == SEPARATOR_COLUMNS)
		return row_align(r->heading, r->row, e);
	if (r->row->count >= wanted && row_filled(r->row) <= wanted)
		return 0;
	return error_set(e, ERROR_BAD, "%zu cells under a heading of %zu",
		r->row->count, wanted);
}

static int
take_cells(struct records *r, struct pairs *pairs_r, struct error *e)
{
	const size_t count = row_filled(r->heading);

	for (size_t i = 0; i < count && i < r->row->count; i++)
		if (row_cell(r->heading, i)[0] != '\0' &&
			pairs_add(pairs_r, PAIR_LABEL, r->line,
				row_cell(r->heading, i), row_cell(r->row, i),
				e))
			return -1;
	return 1;
}

/* Which of the heading's columns are counters, and which the serial. */
static int
note_counters(struct records *r, struct error *e)
{
	const struct label_rule *rule;
	char *name;

	r->serial = CELLS_MAX;
	for (size_t i = 0; r->format->leave_out && i < r->heading->count; i++) {
		name = strdup(row_cell(r->heading, i));
		if (name == NULL)
			return error_memory(e);
		label_collapse(name);
		rule = format_rule(r->format, name);
		r->counter[i] = rule != NULL && rule->use == LABEL_COUNTER;
		if (rule != NULL && rule->use == LABEL_SERIAL)
			r->serial = i;
		wipe_free(name);
	}
	return 0;
}

/* Has none of the row's counters a value, and is that to be left out? */
static bool
is_left_out(struct records *r)
{
	for (size_t i = 0; r->format->leave_out && i < r->heading->count; i++) {
		char *cell;

		if (!r->counter[i] || i >= r->row->count)
			continue;
		cell = (char *)r->row->text.data + r->row->cells[i].at;
		label_collapse(cell);
		if (!number_is_none(r->format, cell))
			return false;
	}
	return r->format->leave_out;
}

/* A heading again, perhaps of other columns. */
static int
is_heading(struct records *r, bool *heading_r, struct error *e)
{
	struct likeness likeness;

	if (compare_heading(r, r->row, &likeness, e))
		return -1;
	*heading_r = likeness.recognised;
	if (likeness.recognised) {
		struct row *old = r->heading;

		r->heading = r->row;
		r->row = old;
		return note_counters(r, e);
	}
	return 0;
}

/* 1: a row is in r->row; 0: no more; -1. */
static int
next_row(struct records *r, struct error *e)
{
	bool heading;

	while (*r->at != '\0') {
		const char *line = r->at + strspn(r->at, " \t");

		if (words_begin(&r->format->ends, line) != NULL)
			return 0;
		if (read_row(r, r->row, e))
			return -1;
		if (!is_report(r))
			continue;
		if (is_heading(r, &heading, e))
			return -1;
		if (heading)
			continue;
		if (check_cells(r, e))
			return -1;
		if (!is_left_out(r))
			return 1;
		r->passed++;
	}
	return 0;
}

static int
next_table(struct records *r, struct pairs *pairs_r, struct error *e)
{
	int rc = next_row(r, e);

	if (rc == 1)
		rc = take_cells(r, pairs_r, e);
	if (rc == -1 && e->code != ERROR_TROUBLE)
		error_prefix(e, "line %zu", r->line);
	return rc;
}

static int
count_rows(struct records *r, struct error *e)
{
	const char *at = r->at;
	const size_t at_line = r->at_line;
	struct row heading = { 0 };
	int rc;

	if (note_counters(r, e))
		return -1;
	if (buffer_append(&heading.text, r->heading->text.data,
		    r->heading->text.length) != BUFFER_OK)
		return error_memory(e);
	heading.count = r->heading->count;
	memcpy(heading.cells, r->heading->cells, sizeof(heading.cells));
	while ((rc = next_row(r, e)) != 0) {
		if (rc == -1 && e->code == ERROR_TROUBLE)
			break;
		r->count++;
	}
	row_clear(r->heading);
	*r->heading = heading;
	r->at = at;
	r->at_line = at_line;
	r->left_out = r->passed;
	return rc == 0 ? note_counters(r, e) : rc;
}

static int
open_table(struct records *r, struct likeness *likeness_r, struct error *e)
{
	const char *separator = r->format->separators;

	for (; *separator != '\0'; separator++) {
		r->separator = *separator;
		if (strchr(r->document->text, *separator) == NULL)
			continue;
		if (find_heading(r, likeness_r, e))
			return -1;
		if (likeness_r->recognised)
			return count_rows(r, e);
	}
	r->separator = SEPARATOR_COLUMNS;
	if (!r->format->columns)
		return 0;
	if (find_heading(r, likeness_r, e))
		return -1;
	return likeness_r->recognised ? count_rows(r, e) : 0;
}

/* XML. */

static int
next_xml(struct records *r, struct pairs *pairs_r, struct error *e)
{
	if (r->slice == r->count)
		return 0;
	r->line = r->slices[r->slice].line;
	if (xml_pairs(r->document->text, &r->slices[r->slice++], r->format,
		    pairs_r, e) == 0)
		return 1;
	return e->code == ERROR_TROUBLE ? -1
					: error_prefix(e, "line %zu", r->line);
}

/* One report shows what all are. */
static int
open_xml(struct records *r, struct likeness *likeness_r, struct error *e)
{
	const char *text = r->document->text;
	struct pairs pairs;
	int rc = 0;

	if (xml_slices(text, strlen(text), r->format, &r->slices, &r->count,
		    &r->common, e))
		return -1;
	for (size_t i = 0; rc == 0 && i < r->count && !likeness_r->recognised;
		i++) {
		rc = xml_pairs(text, &r->slices[i], r->format, &pairs, e);
		if (rc == 0)
			rc = compare(r, &pairs, likeness_r, e);
		pairs_clear(&pairs);
	}
	return rc;
}

/* JSON. */

/* Trees are large: there is one while reports are read of it, no longer. */
static int
next_json(struct records *r, struct pairs *pairs_r, struct error *e)
{
	struct pairs again = { 0 };
	int rc = 0;

	if (!r->grown)
		rc = json_open(
			r->document->text, r->format, &r->tree, &again, e);
	r->grown = true;
	pairs_clear(&again);
	if (rc == 0 && r->tree != NULL) {
		r->line++;
		rc = json_next(r->tree, pairs_r, e);
	}
	if (rc == 0)
		json_close(&r->tree);
	return rc;
}

static int
open_json(struct records *r, struct likeness *likeness_r, struct error *e)
{
	struct json_reports *tree;
	struct pairs pairs;
	int rc;

	if (json_open(r->document->text, r->format, &tree, &r->common, e))
		return -1;
	r->count = json_count(tree);
	do {
		rc = json_next(tree, &pairs, e);
		if (rc == 1 && compare(r, &pairs, likeness_r, e))
			rc = -1;
		pairs_clear(&pairs);
	} while (rc == 1 && !likeness_r->recognised);
	json_close(&tree);
	return rc == -1 ? -1 : 0;
}

static const struct {
	int (*open)(struct records *r, struct likeness *likeness_r,
		struct error *e);
	int (*next)(struct records *r, struct pairs *pairs_r, struct error *e);
} layouts[] = {
	[LAYOUT_LINES] = { open_lines, next_lines },
	[LAYOUT_TABLE] = { open_table, next_table },
	[LAYOUT_XML] = { open_xml, next_xml },
	[LAYOUT_JSON] = { open_json, next_json },
};

/* What is there at most once, for reports that lack it. */
static int
add_outside(struct records *r, const struct pairs *outside,
	struct likeness *likeness, struct error *e)
{
	const struct pair *p;

	for (size_t i = 0; i < outside->count; i++) {
		p = &outside->rows[i];
		if (pairs_add(
			    &r->common, p->kind, p->line, p->name, p->value, e))
			return -1;
		likeness->labels++;
	}
	return 0;
}

int
records_open(const struct document *document, const struct format *format,
	const struct pairs *outside, struct records **records_r,
	struct likeness *likeness_r, struct error *e)
{
	struct records *r = calloc(1, sizeof(*r));
	int rc;

	*records_r = NULL;
	memset(likeness_r, 0, sizeof(*likeness_r));
	if (r == NULL)
		return error_memory(e);
	r->document = document;
	r->format = format;
	r->heading = &r->rows[0];
	r->row = &r->rows[1];
	for (size_t i = 0; i < outside->count; i++)
		if (outside->rows[i].kind == PAIR_SERIAL)
			r->serial_outside = true;
	rc = layouts[format->layout].open(r, likeness_r, e);
	if (rc == -1 && e->code != ERROR_TROUBLE) {
		memset(likeness_r, 0, sizeof(*likeness_r));
		rc = 0;
	}
	if (format->layout == LAYOUT_LINES) {
		r->at = document->text;
		r->at_line = 1;
	}
	if (rc == 0 && likeness_r->recognised)
		rc = add_outside(r, outside, likeness_r, e);
	if (rc == 0 && likeness_r->recognised)
		*records_r = r;
	else
		records_close(&r);
	return rc;
}

int
records_next(struct records *records, struct pairs *pairs_r, struct error *e)
{
	memset(pairs_r, 0, sizeof(*pairs_r));
	return layouts[records->format->layout].next(records, pairs_r, e);
}

size_t
records_count(const struct records *records)
{
	return records->count;
}

size_t
records_left_out(const struct records *records)
{
	return records->left_out;
}

const struct pairs *
records_common(const struct records *records)
{
	return &records->common;
}

size_t
records_line(const struct records *records)
{
	return records->line;
}

void
records_close(struct records **records)
{
	struct records *old = *records;

	*records = NULL;
	if (old == NULL)
		return;
	pairs_clear(&old->common);
	pairs_clear(&old->first);
	row_clear(&old->rows[0]);
	row_clear(&old->rows[1]);
	json_close(&old->tree);
	free(old->slices);
	free(old);
}
