/*
 * Splits a maker's text. A value never ends where a line break was lost: then
 * it runs into what follows, does not fit its pattern, and the mail is
 * unreadable instead of misread.
 */
#include "parser/formats/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/wipe.h"

/* What is longer is no label, or no value that goes on over several lines. */
enum { SECTIONS_MAX = 8, NAME_LENGTH_MAX = 200, VALUE_LENGTH_MAX = 4096 };

/* The state of one split. */
struct splitting {
	const struct format *format;
	struct labels *labels;
	struct error *e;
	bool open;           /* the next line may continue the last value */
	struct buffer value; /* the last label's, until it is finished */
	size_t depth;
	struct {
		size_t indent;
		char *name;
	} sections[SECTIONS_MAX];
};

/* Appends the words of text, one space between any two: each octet of the mail
 * is looked at once, however many lines a value has. */
static int
append(struct splitting *s, const char *text)
{
	const char *const white = " \t\r\n";
	size_t length;

	for (text += strspn(text, white); *text != '\0';
		text += length + strspn(text + length, white)) {
		length = strcspn(text, white);
		if ((s->value.length > 0 &&
			    buffer_append(&s->value, " ", 1) != BUFFER_OK) ||
			buffer_append(&s->value, text, length) != BUFFER_OK)
			return error_memory(s->e);
	}
	return 0;
}

/* Gives the last label its value. */
static int
finish(struct splitting *s)
{
	struct labels *l = s->labels;
	struct label *last;

	if (l->count == 0 || l->rows[l->count - 1].value != NULL)
		return 0;
	last = &l->rows[l->count - 1];
	last->value =
		strndup(s->value.length > 0 ? (const char *)s->value.data : "",
			s->value.length);
	buffer_clear(&s->value);
	return last->value == NULL ? error_memory(s->e) : 0;
}

static int
add(struct splitting *s, const char *name, size_t name_length,
	const char *value)
{
	struct labels *l = s->labels;
	struct label *rows, *row;

	if (finish(s))
		return -1;
	if (l->count == LABELS_MAX)
		return error_set(
			s->e, ERROR_LIMIT, "more than %d labels", LABELS_MAX);
	rows = reallocarray(l->rows, l->count + 1, sizeof(*rows));
	if (rows == NULL)
		return error_memory(s->e);
	l->rows = rows;
	row = &rows[l->count++];
	row->name = strndup(name, name_length);
	row->value = NULL;
	if (row->name == NULL)
		return error_memory(s->e);
	label_collapse(row->name);
	return append(s, value);
}

/* A list of times, say, that runs over several lines. */
static int
extend(struct splitting *s, const char *line)
{
	if (append(s, line))
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
	if (value != NULL) {
		s->open = true;
		return add(s, line + 1, (size_t)(value - line) - 3, value);
	}
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

static int
take_separated(struct splitting *s, const char *line)
{
	size_t indent = strspn(line, " \t");
	size_t length = strcspn(line + indent, s->format->separators);
	const char *value = line + indent + length;
	char *name;
	int rc;

	if (length == 0 || length > NAME_LENGTH_MAX || *value == '\0')
		return 0;
	value++;
	leave_sections(s, s->format->sections ? indent : 0);
	name = full_name(s, line + indent, length);
	if (name == NULL)
		return error_memory(s->e);
	if (s->format->sections && value[strspn(value, " \t")] == '\0' &&
		s->depth < SECTIONS_MAX) {
		label_collapse(name);
		s->sections[s->depth].indent = indent;
		s->sections[s->depth++].name = name;
		return 0;
	}
	rc = add(s, name, strlen(name), value);
	wipe_free(name);
	return rc;
}

/* Gives each bracketed label behind white space a line of its own. */
static void
unflow(char *text)
{
	for (char *at = text; *at != '\0'; at++) {
		if (strchr(" \t\r\n", *at) == NULL)
			continue;
		*at = bracketed(at + 1) != NULL ? '\n' : ' ';
	}
}

static int
take_line(struct splitting *s, char *line)
{
	size_t length = strlen(line);

	if (length > 0 && line[length - 1] == '\r')
		line[length - 1] = '\0';
	return s->format->brackets ? take_bracketed(s, line)
				   : take_separated(s, line);
}

int
split_text(const char *text, const struct format *format, bool flowed,
	struct labels *labels_r, struct error *e)
{
	struct splitting s = { .format = format, .labels = labels_r, .e = e };
	char *copy = strdup(text);
	char *rest = copy, *line;
	int rc = 0;

	memset(labels_r, 0, sizeof(*labels_r));
	if (copy == NULL)
		return error_memory(e);
	if (flowed)
		unflow(copy);
	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL)
		rc = take_line(&s, line);
	if (rc == 0)
		rc = finish(&s);
	buffer_clear(&s.value);
	leave_sections(&s, 0);
	wipe_free(copy);
	return rc;
}

void
labels_clear(struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		wipe_free(labels->rows[i].name);
		wipe_free(labels->rows[i].value);
	}
	wipe_free(labels->rows);
	memset(labels, 0, sizeof(*labels));
}
