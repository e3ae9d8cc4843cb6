/*
 * Splits a maker's text. A value never ends where a line break was lost, unless
 * a label that the format knows follows: else it runs into what follows, does
 * not fit its pattern, and the mail is unreadable instead of misread.
 */
#include "parser/formats/split.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/wipe.h"
#include "parser/date.h"
#include "parser/formats/known.h"
#include "parser/formats/table.h"
#include "parser/formats/dated.h"

/* What is longer is no value that goes on over several lines. */
enum { SECTIONS_MAX = 8, VALUE_LENGTH_MAX = 4096 };

/* The state of one split. */
struct splitting {
	const struct format *format;
	struct pairs *pairs;
	struct error *e;
	size_t line;
	bool begun, ended; /* by the format's "begin" and "end" */
	bool dated;        /* the first line was looked at for a date */
	/* The label at hand: the format's rule for it, or NULL. */
	const struct label_rule *rule;
	bool open;               /* the next line may continue the last value */
	char *label;             /* whose value is being read, or NULL */
	size_t label_line;       /* where it stood */
	struct buffer value;     /* until it is finished */
	struct row heading, row; /* of a matrix */
	bool in_matrix;
	size_t depth;
	struct {
		size_t indent;
		char *name;
	} sections[SECTIONS_MAX];
};

/* Appends the words of text, one space between any two: each octet of the mail
 * is looked at once, however many lines a value has. */
static int
append(struct splitting *s, const char *text, size_t length)
{
	const char *const white = " \t\r\n", *end = text + length;
	size_t word;

	for (;; text += word) {
		while (text < end && strchr(white, *text) != NULL)
			text++;
		word = 0;
		while (text + word < end && strchr(white, text[word]) == NULL)
			word++;
		if (word == 0)
			return 0;
		if ((s->value.length > 0 &&
			    buffer_append(&s->value, " ", 1) != BUFFER_OK) ||
			buffer_append(&s->value, text, word) != BUFFER_OK)
			return error_memory(s->e);
	}
}

/* Gives the last label its value. */
static int
finish(struct splitting *s)
{
	int rc;

	s->open = false;
	if (s->label == NULL)
		return 0;
	rc = pairs_add(s->pairs, PAIR_LABEL, s->label_line, s->label,
		s->value.length > 0 ? (const char *)s->value.data : "", s->e);
	wipe_free(s->label);
	s->label = NULL;
	buffer_clear(&s->value);
	return rc;
}

/* The label's full name, its sections before it. */
static char *
full_name(const struct splitting *s, const char *name, size_t length)
{
	char *full;
	int rc;

	if (s->depth == 0)
		return strndup(name, length);
	rc = asprintf(&full, "%s > %.*s", s->sections[s->depth - 1].name,
		(int)length, name);
	return rc == -1 ? NULL : full;
}

/* A label, and the first of its value. */
static int
begin(struct splitting *s, const char *name, size_t name_length,
	const char *value, size_t length)
{
	if (finish(s))
		return -1;
	s->label = full_name(s, name, name_length);
	s->label_line = s->line;
	if (s->label == NULL)
		return error_memory(s->e);
	s->open = true;
	return append(s, value, length);
}

/* A list of times, say, that runs over several lines. */
static int
extend(struct splitting *s, const char *line)
{
	if (append(s, line, strlen(line)))
		return -1;
	if (s->value.length > VALUE_LENGTH_MAX)
		return error_set(s->e, ERROR_LIMIT,
			"the value of a label is longer than %d octets",
			VALUE_LENGTH_MAX);
	return 0;
}

/* If text begins with "[Label]," the value behind it, else NULL. */
static const char *
bracketed(const char *text)
{
	size_t length;

	if (*text != '[')
		return NULL;
	length = strcspn(text + 1, "[]\n");
	if (length == 0 || length > NAME_LENGTH_MAX ||
		text[length + 1] != ']' || text[length + 2] != ',')
		return NULL;
	return text + length + 3;
}

static int
take_bracketed(struct splitting *s, const char *line)
{
	const char *value;

	line += strspn(line, " \t");
	value = bracketed(line);
	if (value != NULL)
		return begin(s, line + 1, (size_t)(value - line) - 3, value,
			strlen(value));
	if (line[0] == '\0')
		s->open = false;
	return s->open ? extend(s, line) : 0;
}

static void
leave_sections(struct splitting *s, size_t indent)
{
	while (s->depth > 0 && s->sections[s->depth - 1].indent >= indent)
		wipe_free(s->sections[--s->depth].name);
}

static int
enter_section(
	struct splitting *s, const char *name, size_t length, size_t indent)
{
	char *full = full_name(s, name, length);

	if (full == NULL)
		return error_memory(s->e);
	label_collapse(full);
	s->sections[s->depth].indent = indent;
	s->sections[s->depth++].name = full;
	return finish(s);
}

/* A line without a value: all of it but its ornaments is a heading. */
static int
take_heading(struct splitting *s, const char *line, size_t length)
{
	static const char ornaments[] = " \t\r[]<>=-*#:_";

	while (length > 0 && strchr(ornaments, line[0]) != NULL) {
		line++;
		length--;
	}
	while (length > 0 && strchr(ornaments, line[length - 1]) != NULL)
		length--;
	if (length == 0)
		return 0;
	leave_sections(s, 0);
	return enter_section(s, line, length, 0);
}

static bool
begins_word(char c)
{
	return isalpha((unsigned char)c) || ((unsigned char)c & 0x80) != 0;
}

/* Looking ahead for a separator: each octet once. */
struct ahead {
	size_t at; /* there is none before */
	bool found;
};

/* Is there one near enough behind begin that it may end a label? */
static bool
look_ahead(const struct format *f, const char *value, size_t begin,
	struct ahead *a)
{
	if (a->at < begin) {
		a->at = begin;
		a->found = false;
	}
	while (!a->found && value[a->at] != '\0' &&
		a->at <= begin + NAME_LENGTH_MAX) {
		a->found = strchr(f->separators, value[a->at]) != NULL;
		a->at += !a->found;
	}
	return a->found && a->at <= begin + NAME_LENGTH_MAX;
}

/*
 * May rule's label stand behind this value? What an administrator wrote may
 * look like a counter; behind a tab, or where columns are all there is, it is
 * in a cell of its own.
 */
static bool
may_follow(const struct splitting *s, const struct label_rule *rule, char gap)
{
	const bool free = s->rule == NULL || s->rule->use == LABEL_MODEL ||
		s->rule->use == LABEL_OTHER;

	return gap == '\t' || s->format->columns || !free ||
		rule->use != LABEL_COUNTER;
}

/* Does a label begin behind the gap? */
static bool
is_label(const struct splitting *s, const char *value, size_t begin,
	struct ahead *a)
{
	const struct format *f = s->format;
	const struct label_rule *rule;
	size_t ignored;

	if (known_label(f, value + begin, &ignored, &rule) != NULL)
		return may_follow(s, rule, value[begin - 1]);
	return begins_word(value[begin]) &&
		(f->columns || look_ahead(f, value, begin, a)) &&
		any_label(f, value + begin, &ignored) != NULL;
}

/* Is what stands before a single blank a value whose end can be told: a number,
 * or a word with a comma behind it? */
static bool
is_ended(const char *value, size_t length)
{
	const bool comma = length > 0 && strchr(",;|/", value[length - 1]);

	return strcspn(value, " \t") >= length &&
		(comma || strspn(value, "0123456789.,'") >= length);
}

/* The same for a label that the format knows, behind one blank. */
static bool
is_near_label(
	const struct splitting *s, const char *value, size_t white, size_t at)
{
	const struct label_rule *rule;
	size_t ignored;

	return is_ended(value + white, at - white) &&
		known_label(s->format, value + at + 1, &ignored, &rule) !=
		NULL &&
		may_follow(s, rule, ' ');
}

/* Where a value ends: at its line's, or at a gap behind which a label is. */
static size_t
value_length(const struct splitting *s, const char *value)
{
	const size_t white = strspn(value, " \t");
	const struct label_rule *rule;
	struct ahead ahead = { 0 };
	size_t at = white, gap;

	if (white > 1 &&
		known_label(s->format, value + white, &gap, &rule) != NULL)
		return 0;
	while (value[at] != '\0') {
		at += strcspn(value + at, " \t");
		gap = strspn(value + at, " \t");
		if (gap == 0 || value[at + gap] == '\0')
			break;
		if (at > white &&
			(gap > 1 || value[at] == '\t'
					? is_label(s, value, at + gap, &ahead)
					: is_near_label(s, value, white, at)))
			return at;
		at += gap;
	}
	return at + strlen(value + at);
}

/* A comma between two labels is of neither. */
static size_t
without_comma(const char *value, size_t end, const char *rest)
{
	return *rest != '\0' && end > 0 && strchr(",;|/", value[end - 1])
		? end - 1
		: end;
}

/* One label and its value; *rest_r is what of the line comes behind. */
static int
take_label(struct splitting *s, const char *name, size_t length,
	const char *value, const char **rest_r)
{
	const struct format *f = s->format;
	const size_t indent = strspn(name, " \t");
	const size_t end = value_length(s, value);

	*rest_r = value + end + strspn(value + end, " \t");
	if (f->sections == SECTIONS_INDENT)
		leave_sections(s, indent);
	if (value[strspn(value, " \t")] == '\0' && s->depth < SECTIONS_MAX) {
		if (f->sections == SECTIONS_INDENT)
			return enter_section(s, name, length, indent);
		if (f->sections == SECTIONS_HEADINGS &&
			!(f->below && s->rule != NULL))
			return take_heading(s, name, length);
	}
	return begin(
		s, name, length, value, without_comma(value, end, *rest_r));
}

/* A line, or a part of it, that has no label. */
static int
take_unlabelled(struct splitting *s, const char *line)
{
	const struct format *f = s->format;
	const bool empty = line[strspn(line, " \t")] == '\0';

	if (f->below && s->open && s->value.length == 0)
		return empty ? 0 : extend(s, line);
	if (f->below && known_line(f, line) != NULL)
		return begin(s, line, strcspn(line, ":="), "", 0);
	if (empty) {
		s->open = false;
		return 0;
	}
	if (f->continued && s->open)
		return extend(s, line);
	if (f->sections == SECTIONS_HEADINGS)
		return take_heading(s, line, strlen(line));
	s->open = false;
	return 0;
}

/* A line of a table that is drawn: what begins and ends it is no separator. */
static void
without_frame(char *line)
{
	const size_t indent = strspn(line, " \t");
	size_t length = strlen(line);

	if (line[indent] != '|')
		return;
	line[indent] = ' ';
	if (line[length - 1] == '|')
		line[length - 1] = ' ';
}

static int
take_separated(struct splitting *s, const char *line)
{
	size_t indent, length;
	const char *value;

	for (;;) {
		indent = strspn(line, " \t");
		value = known_label(
			s->format, line + indent, &length, &s->rule);
		if (value == NULL)
			value = any_label(s->format, line + indent, &length);
		if (value == NULL)
			return take_unlabelled(s, line);
		if (take_label(s, line, indent + length, value, &line))
			return -1;
		if (*line == '\0')
			return 0;
	}
}

/* An alarm's line without its marks. */
static int
add_mark(struct splitting *s, enum pair_kind kind, const char *line,
	const char *mark)
{
	const size_t width = strlen(mark);
	char *text = strdup(line + width);
	size_t length;
	int rc;

	if (text == NULL)
		return error_memory(s->e);
	label_collapse(text);
	length = strlen(text);
	if (length > width && strcmp(text + length - width, mark) == 0)
		text[length - width] = '\0';
	rc = finish(s) || pairs_add(s->pairs, kind, s->line, mark, text, s->e)
		? -1
		: 1;
	wipe_free(text);
	return rc;
}

static int
add_date(struct splitting *s, enum pair_kind kind, const char *text)
{
	if (finish(s) || pairs_add(s->pairs, kind, s->line, "", text, s->e))
		return -1;
	return 1;
}

/* A line that is more than labels: 1: it was, and is done with. line has no
 * white space around it. */
static int
take_special(struct splitting *s, const char *line)
{
	const struct format *f = s->format;
	const bool first = !s->dated;
	const char *mark;
	struct date date;

	if (line[0] == '\0')
		return 0;
	s->dated = true;
	if ((mark = words_begin(&f->alarm_on, line)) != NULL)
		return add_mark(s, PAIR_ON, line, mark);
	if ((mark = words_begin(&f->alarm_off, line)) != NULL)
		return add_mark(s, PAIR_OFF, line, mark);
	if (f->since != NULL && date_read(line, f->since, &date))
		return add_date(s, PAIR_SINCE, date.text);
	if ((f->date_place == PLACE_LINE ||
		    (f->date_place == PLACE_FIRST && first)) &&
		dated_fits(f, line))
		return add_date(s, PAIR_DATE, line);
	return 0;
}

/* Is the cell the last part of a label? Where nobody knows any, all are. */
static bool
is_column(const struct format *f, const char *cell)
{
	for (size_t i = 0; i < f->rule_count; i++)
		if (f->rules[i].leaf > 0 &&
			text_equal_nocase(
				f->rules[i].label + f->rules[i].leaf, cell))
			return true;
	return f->rule_count == 0 && begins_word(cell[0]);
}

static bool
is_heading(const struct format *f, const struct row *row)
{
	size_t known = 0, filled = 0;

	for (size_t i = 0; i < row->count; i++) {
		if (strpbrk(row_cell(row, i), "0123456789:=") != NULL)
			return false;
		known += is_column(f, row_cell(row, i));
		filled += row_cell(row, i)[0] != '\0';
	}
	return known >= 2 || (known == 1 && filled == 2);
}

/* A row's cells under their headings. False: they do not fit. */
static bool
fit_cells(struct splitting *s, struct row *row, const char **name_r)
{
	const bool corner = row->cells[0].end > s->heading.cells[0].begin;
	struct error ignored;

	*name_r = row_cell(row, 0);
	if (s->format->matrix != SEPARATOR_COLUMNS) {
		if ((*name_r)[0] == '\0' && row->count > 1)
			*name_r = row_cell(row, 1); /* | begins the line */
		return row->count == s->heading.count;
	}
	if (!corner)
		memmove(row->cells, row->cells + 1,
			--row->count * sizeof(*row->cells));
	return row->count > 0 && row_align(&s->heading, row, &ignored) == 0;
}

/* The label of a cell is its row's and its column's. */
static int
add_cell(struct splitting *s, const char *row, const char *column,
	const char *value)
{
	char *name, *full;
	int rc;

	if (asprintf(&name, "%s > %s", row, column) == -1)
		return error_memory(s->e);
	full = full_name(s, name, strlen(name));
	wipe_free(name);
	if (full == NULL)
		return error_memory(s->e);
	rc = pairs_add(s->pairs, PAIR_LABEL, s->line, full, value, s->e);
	wipe_free(full);
	return rc;
}

/* Cells that do not fit are told of as values that cannot be read. */
static int
take_cells(struct splitting *s)
{
	const char *name, *column;
	const bool fits = fit_cells(s, &s->row, &name);

	for (size_t i = 0; i < s->heading.count; i++) {
		column = row_cell(&s->heading, i);
		if (column[0] == '\0' || (fits && row_cell(&s->row, i) == name))
			continue;
		if (add_cell(s, name, column,
			    fits ? row_cell(&s->row, i) : "does not fit"))
			return -1;
	}
	return 1;
}

/* Has the row a name, and something that is no name? */
static bool
is_matrix_row(const struct row *row)
{
	size_t filled = 0, values = 0;
	const char *cell;

	for (size_t i = 0; i < row->count; i++) {
		cell = row_cell(row, i);
		if (cell[0] == '\0')
			continue;
		values += filled > 0 &&
			(isdigit((unsigned char)cell[0]) || cell[0] == '-');
		filled++;
	}
	return filled > 1 && values > 0;
}

/* 1: the line is of a matrix. */
static int
take_matrix(struct splitting *s, const char *line)
{
	const char *at = line;
	struct row row;
	struct error why;

	if (s->format->matrix == '\0')
		return 0;
	if (row_read(&at, s->format->matrix, false, &s->row, &why) == -1)
		return why.code == ERROR_TROUBLE ? error_memory(s->e) : 0;
	if (s->row.count > 1 && is_heading(s->format, &s->row)) {
		row = s->heading;
		s->heading = s->row;
		s->row = row;
		s->in_matrix = true;
		return finish(s) == 0 ? 1 : -1;
	}
	if (s->in_matrix && strspn(line, "-=+| ") == strlen(line))
		return 1;
	s->in_matrix = s->in_matrix && is_matrix_row(&s->row);
	return s->in_matrix ? take_cells(s) : 0;
}

/* Does the line belong to the report? */
static bool
is_inside(struct splitting *s, const char *trimmed)
{
	const struct format *f = s->format;

	s->begun = s->begun || f->begins.count == 0 ||
		words_begin(&f->begins, trimmed) != NULL;
	s->ended = s->ended ||
		(s->begun && words_begin(&f->ends, trimmed) != NULL);
	return s->begun && !s->ended;
}

static int
take_line(struct splitting *s, char *line)
{
	size_t length = strlen(line);
	int rc;

	while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL)
		line[--length] = '\0';
	if (!is_inside(s, line + strspn(line, " \t")))
		return s->ended ? finish(s) : 0;
	rc = take_special(s, line + strspn(line, " \t"));
	if (rc == 0)
		rc = take_matrix(s, line);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (s->format->brackets)
		return take_bracketed(s, line);
	without_frame(line);
	return take_separated(s, line);
}

/* Gives each bracketed label behind white space a line of its own. */
static void
unflow_brackets(char *text)
{
	for (char *at = text; *at != '\0'; at++) {
		if (strchr(" \t\r\n", *at) == NULL)
			continue;
		*at = bracketed(at + 1) != NULL ? '\n' : ' ';
	}
}

/* Labels that the format knows begin lines, and nothing else does. */
static void
unflow_known(const struct format *f, char *text)
{
	const struct label_rule *rule;
	size_t length;

	for (char *at = text; *at != '\0'; at++) {
		if (strchr(" \t\r\n", *at) == NULL)
			continue;
		if (known_label(f, at + 1, &length, &rule) != NULL) {
			*at = '\n';
			at += length; /* others may be in it */
		} else if (*at != '\t') {
			*at = ' ';
		}
	}
}

/* Counts the lines that were before they were put together. */
static size_t
lines_before(const char *original, size_t *counted, size_t length)
{
	size_t lines = 0;

	for (; *counted < length; ++*counted)
		lines += original[*counted] == '\n';
	return lines;
}

static int
split_lines(struct splitting *s, const char *original, char *text)
{
	char *rest = text, *line;
	size_t counted = 0;
	int rc = 0;

	while (rc == 0 && !s->ended && (line = strsep(&rest, "\n")) != NULL) {
		s->line +=
			lines_before(original, &counted, (size_t)(line - text));
		rc = take_line(s, line);
	}
	return rc == 0 ? finish(s) : -1;
}

int
split_text(const char *text, size_t first, const struct format *format,
	bool flowed, struct pairs *pairs_r, struct error *e)
{
	struct splitting s = {
		.format = format, .pairs = pairs_r, .e = e, .line = first
	};
	char *copy = strdup(text);
	int rc;

	memset(pairs_r, 0, sizeof(*pairs_r));
	if (copy == NULL)
		return error_memory(e);
	if (flowed && format->brackets)
		unflow_brackets(copy);
	else if (flowed)
		unflow_known(format, copy);
	rc = split_lines(&s, text, copy);
	wipe_free(s.label);
	buffer_clear(&s.value);
	row_clear(&s.heading);
	row_clear(&s.row);
	leave_sections(&s, 0);
	wipe_free(copy);
	return rc;
}

bool
split_is_record(const char *line, const struct format *f)
{
	const char *label = f->record;
	size_t length = strlen(label);

	line += strspn(line, f->brackets ? " \t[" : " \t");
	return strncasecmp(line, label, length) == 0 &&
		!isalnum((unsigned char)line[length]);
}

size_t
split_record(const char *text, const struct format *format, size_t *lines_r)
{
	const char *at = text, *end;

	for (*lines_r = 0; (end = strchr(at, '\n')) != NULL;) {
		at = end + 1;
		++*lines_r;
		if (split_is_record(at, format))
			return (size_t)(at - text);
	}
	*lines_r += *at != '\0';
	return strlen(text);
}
