/*
 * An empty cell stays one: whatever shifts a number into its neighbour's
 * column bills black pages as coloured.
 */
#include "parser/formats/table.h"

#include <stdint.h>
#include <string.h>

#include "parser/formats/plain.h"

enum { ROW_MAX = 64 << 10 };

static int
too_long(struct error *e)
{
	return error_set(e, ERROR_LIMIT,
		"the row is longer than %d octets or has more than %d cells",
		ROW_MAX, CELLS_MAX);
}

static int
begin_cell(struct row *row, size_t column, struct error *e)
{
	struct cell *cell;

	if (row->count == CELLS_MAX)
		return too_long(e);
	cell = &row->cells[row->count++];
	cell->at = row->text.length;
	cell->begin = cell->end = column;
	return 0;
}

static int
put(struct row *row, const char *octets, size_t length, struct error *e)
{
	switch (buffer_append(&row->text, octets, length)) {
	case BUFFER_OK:
		return 0;
	case BUFFER_FULL:
		return too_long(e);
	case BUFFER_NOMEM:
		break;
	}
	return error_memory(e);
}

/* Appends what is in quotation marks; lines end there as blanks. */
static int
put_quoted(struct row *row, const char *octets, size_t length, struct error *e)
{
	const size_t before = row->text.length;
	unsigned char *at, *end;

	if (put(row, octets, length, e))
		return -1;
	end = row->text.data + row->text.length;
	for (at = row->text.data + before; length > 0 &&
		(at = memchr(at, '\n', (size_t)(end - at))) != NULL;) {
		*at = ' ';
		row->lines++;
	}
	return 0;
}

/* A cell in quotation marks; at is behind the first. */
static int
read_quoted(const char **at, struct row *row, struct error *e)
{
	size_t length;

	for (;;) {
		length = strcspn(*at, "\"");
		if (put_quoted(row, *at, length, e))
			return -1;
		*at += length;
		if (**at == '\0')
			return error_set(
				e, ERROR_BAD, "a quoted cell does not end");
		if (*++*at != '"')
			return 0;
		if (put(row, (*at)++, 1, e))
			return -1;
	}
}

static int
read_cell(const char **at, char separator, bool quotes, struct row *row,
	struct error *e)
{
	const char ends[] = { separator, '\n', '\0' };
	size_t length;

	if (begin_cell(row, 0, e))
		return -1;
	*at += strspn(*at, " ");
	if (quotes && **at == '"') {
		++*at;
		if (read_quoted(at, row, e))
			return -1;
	}
	length = strcspn(*at, ends);
	if (put(row, *at, length, e))
		return -1;
	*at += length;
	while (row->text.length > row->cells[row->count - 1].at &&
		strchr(" \r", row->text.data[row->text.length - 1]) != NULL)
		row->text.length--;
	return put(row, "", 1, e);
}

static int
read_separated(const char **at, char separator, bool quotes, struct row *row,
	struct error *e)
{
	for (;;) {
		if (read_cell(at, separator, quotes, row, e))
			return -1;
		if (**at != separator)
			return 0;
		++*at;
	}
}

/* A word and the single blanks in it; its octets, and where it ends. */
static size_t
run_length(const char *text, size_t *column)
{
	size_t octets, length = 0, width;

	while (strchr("\t\r\n", text[length]) == NULL &&
		strncmp(text + length, "  ", 2) != 0 &&
		!(text[length] == ' ' && strchr("\r\n", text[length + 1]))) {
		width = plain_width(text + length, &octets);
		*column += width;
		length += octets;
	}
	return length;
}

static int
read_columns(const char **at, struct row *row, struct error *e)
{
	size_t column = 0, length;

	for (;;) {
		for (; **at != '\0' && strchr(" \t\r", **at) != NULL; ++*at)
			column = **at == '\t' ? (column | 7) + 1 : column + 1;
		if (**at == '\0' || **at == '\n')
			return 0;
		if (begin_cell(row, column, e))
			return -1;
		length = run_length(*at, &column);
		row->cells[row->count - 1].end = column;
		if (put(row, *at, length, e) || put(row, "", 1, e))
			return -1;
		*at += length;
	}
}

int
row_read(const char **text_r, char separator, bool quotes, struct row *row,
	struct error *e)
{
	int rc;

	row->text.limit = ROW_MAX;
	row->text.length = 0;
	row->count = 0;
	row->lines = 1;
	rc = separator == SEPARATOR_COLUMNS
		? read_columns(text_r, row, e)
		: read_separated(text_r, separator, quotes, row, e);
	*text_r += strcspn(*text_r, "\n");
	*text_r += **text_r == '\n';
	return rc;
}

const char *
row_cell(const struct row *row, size_t index)
{
	return (const char *)row->text.data + row->cells[index].at;
}

size_t
row_filled(const struct row *row)
{
	size_t count = row->count;

	while (count > 0 && row_cell(row, count - 1)[0] == '\0')
		count--;
	return count;
}

void
row_clear(struct row *row)
{
	buffer_clear(&row->text);
	row->count = 0;
}

/* Under which heading a cell stands; count: under none. */
static size_t
column_of(const struct row *heading, const struct cell *cell)
{
	size_t found = heading->count;

	for (size_t i = 0; i < heading->count; i++)
		if (cell->begin < heading->cells[i].end &&
			cell->end > heading->cells[i].begin) {
			if (found != heading->count)
				return heading->count;
			found = i;
		}
	return found;
}

/* As many cells as headings, and none under another's: then their order says
 * whose those are that stand between. */
static bool
is_complete(const struct row *heading, const struct row *row)
{
	size_t column;

	for (size_t i = 0; i < row->count; i++) {
		column = column_of(heading, &row->cells[i]);
		if (column != i && column != heading->count)
			return false;
	}
	return row->count == heading->count;
}

int
row_align(const struct row *heading, struct row *row, struct error *e)
{
	struct cell aligned[CELLS_MAX];
	bool taken[CELLS_MAX] = { false };
	size_t column, empty;

	if (put(row, "", 1, e))
		return -1;
	empty = row->text.length - 1;
	for (size_t i = 0; i < heading->count; i++)
		aligned[i].at = empty;
	for (size_t i = 0; i < row->count; i++) {
		column = column_of(heading, &row->cells[i]);
		if (column == heading->count || taken[column])
			return is_complete(heading, row)
				? 0
				: error_set(e, ERROR_BAD,
					  "a cell stands under no heading, or "
					  "two under "
					  "one");
		taken[column] = true;
		aligned[column] = row->cells[i];
	}
	memcpy(row->cells, aligned, heading->count * sizeof(*aligned));
	row->count = heading->count;
	return 0;
}
