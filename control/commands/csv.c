/*
 * A state machine over octets: three states, and everything that RFC 4180
 * does not allow is an error, because a bill may hang on a field that slipped
 * into its neighbour.
 */
#include "control/commands/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum state {
	STATE_START,  /* of a field */
	STATE_BARE,   /* in a field without quotes */
	STATE_QUOTED, /* between quotes */
	STATE_CLOSED  /* behind the second quote */
};

enum step { STEP_ON, STEP_FIELD, STEP_RECORD, STEP_END };

struct csv {
	FILE *in;
	int64_t offset;
	unsigned long line;  /* being read */
	unsigned long first; /* where the record begins */
	enum state state;
	char separator; /* NUL: it is not known yet */
	bool at_end;    /* of a line, or of the file */
	size_t length;
	size_t count;
	size_t fields[CSV_FIELDS_MAX]; /* offsets in text */
	char text[CSV_RECORD_MAX];
};

static int
read_octet(struct csv *c)
{
	int octet = getc(c->in);

	c->at_end = octet == '\n' || octet == EOF;
	if (octet != EOF)
		c->offset++;
	return octet;
}

int
csv_open(FILE *in, struct csv **csv_r, struct error *e)
{
	static const int mark[] = { 0xef, 0xbb, 0xbf };
	struct csv *c = calloc(1, sizeof(*c));
	int octet;

	if (c == NULL)
		return error_memory(e);
	c->in = in;
	c->line = 1;
	c->separator = ',';
	/* Only a whole mark is skipped; no field begins with part of one. */
	octet = read_octet(c);
	for (size_t i = 0; i < 3 && octet == mark[i]; i++)
		octet = read_octet(c);
	if (octet != EOF) {
		ungetc(octet, in);
		c->offset--;
	}
	*csv_r = c;
	return 0;
}

void
csv_guess_separator(struct csv *c)
{
	c->separator = '\0';
}

static bool
separates(struct csv *c, int octet)
{
	if (c->separator == '\0' &&
		(octet == ',' || octet == ';' || octet == '\t'))
		c->separator = (char)octet;
	return octet == c->separator;
}

void
csv_close(struct csv **csv)
{
	free(*csv);
	*csv = NULL;
}

static int
keep(struct csv *c, char octet, struct error *e)
{
	if (c->length == sizeof(c->text))
		return error_set(e, ERROR_LIMIT,
			"the record is longer than %d octets", CSV_RECORD_MAX);
	c->text[c->length++] = octet;
	return 0;
}

/* CR must be followed by LF; then both are the end of a line. */
static int
read_line_end(struct csv *c, struct error *e)
{
	if (read_octet(c) != '\n')
		return error_set(e, ERROR_BAD, "a CR without LF");
	return '\n';
}

static int
step_quoted(struct csv *c, int octet, struct error *e)
{
	if (octet == EOF)
		return error_set(e, ERROR_BAD, "a quote is not closed");
	if (octet == '"') {
		c->state = STATE_CLOSED;
		return STEP_ON;
	}
	if (octet == '\n')
		c->line++;
	return keep(c, (char)octet, e) == -1 ? -1 : STEP_ON;
}

/* One octet: what it ends, or -1. */
static int
step(struct csv *c, int octet, struct error *e)
{
	if (octet == '\0')
		return error_set(e, ERROR_BAD, "a NUL octet");
	if (c->state == STATE_QUOTED)
		return step_quoted(c, octet, e);
	if (octet == '"' && c->state == STATE_BARE)
		return error_set(e, ERROR_BAD, "a quote inside a field");
	if (octet == '"') {
		/* Behind the second one it stands for a quote. */
		if (c->state == STATE_CLOSED && keep(c, '"', e) == -1)
			return -1;
		c->state = STATE_QUOTED;
		return STEP_ON;
	}
	if (octet == '\r' && (octet = read_line_end(c, e)) == -1)
		return -1;
	if (octet == EOF)
		return STEP_END;
	if (separates(c, octet))
		return STEP_FIELD;
	if (octet == '\n') {
		c->line++;
		return STEP_RECORD;
	}
	if (c->state == STATE_CLOSED)
		return error_set(e, ERROR_BAD, "text behind a quoted field");
	c->state = STATE_BARE;
	return keep(c, (char)octet, e) == -1 ? -1 : STEP_ON;
}

static int
end_field(struct csv *c, size_t start, struct error *e)
{
	if (c->count == CSV_FIELDS_MAX)
		return error_set(
			e, ERROR_LIMIT, "more than %d fields", CSV_FIELDS_MAX);
	c->fields[c->count++] = start;
	c->state = STATE_START;
	return keep(c, '\0', e);
}

/* Was there nothing at all on the line? */
static bool
blank(const struct csv *c)
{
	return c->count == 0 && c->length == 0 && c->state == STATE_START;
}

static int
read_record(struct csv *c, struct error *e)
{
	size_t start = 0;
	int what;

	for (;;) {
		what = step(c, read_octet(c), e);
		if (what == -1)
			return -1;
		if (what == STEP_ON)
			continue;
		if (what != STEP_FIELD && blank(c))
			return what;
		if (end_field(c, start, e) == -1)
			return -1;
		start = c->length;
		if (what != STEP_FIELD)
			return what;
	}
}

int
csv_next(struct csv *c, struct error *e)
{
	int what;

	do {
		c->first = c->line;
		c->count = 0;
		c->length = 0;
		c->state = STATE_START;
		what = read_record(c, e);
		if (what == -1)
			return -1;
		if (ferror(c->in))
			return error_set(
				e, ERROR_TROUBLE, "the file cannot be read");
	} while (c->count == 0 && what != STEP_END);
	return c->count > 0;
}

void
csv_skip(struct csv *c)
{
	if (c->at_end)
		return;
	while (read_octet(c) != EOF && !c->at_end)
		continue;
	c->line++;
}

size_t
csv_count(const struct csv *c)
{
	return c->count;
}

const char *
csv_field(const struct csv *c, size_t i)
{
	return c->text + c->fields[i];
}

unsigned long
csv_line(const struct csv *c)
{
	return c->first;
}

int64_t
csv_offset(const struct csv *c)
{
	return c->offset;
}

static void
write_field(FILE *out, const char *text)
{
	if (text[strcspn(text, ",\"\r\n")] == '\0') {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

void
csv_write(FILE *out, const char *const *fields, size_t count)
{
	/* An empty field alone would be a blank line. */
	if (count == 1 && fields[0][0] == '\0')
		fputs("\"\"", out);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			putc(',', out);
		write_field(out, fields[i]);
	}
	putc('\n', out);
}
