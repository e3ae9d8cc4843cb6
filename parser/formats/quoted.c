/*
 * Only what is quoted in one piece is: between question and answer nobody can
 * say whose a number is. A line of a header is known by its name, so that none
 * of the report's is lost.
 */
#include "parser/formats/quoted.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { LINES_MIN = 2, FORWARDED_MAX = 8 };

enum field { FIELD_NONE, FIELD_FROM, FIELD_SUBJECT, FIELD_OTHER };

static const struct {
	const char *name;
	enum field field;
} fields[] = {
	{ "from", FIELD_FROM },
	{ "von", FIELD_FROM },
	{ "de", FIELD_FROM },
	{ "da", FIELD_FROM },
	{ "van", FIELD_FROM },
	{ "od", FIELD_FROM },
	{ "kimden", FIELD_FROM },
	{ "gönderen", FIELD_FROM },
	{ "subject", FIELD_SUBJECT },
	{ "betreff", FIELD_SUBJECT },
	{ "objet", FIELD_SUBJECT },
	{ "asunto", FIELD_SUBJECT },
	{ "oggetto", FIELD_SUBJECT },
	{ "assunto", FIELD_SUBJECT },
	{ "onderwerp", FIELD_SUBJECT },
	{ "temat", FIELD_SUBJECT },
	{ "konu", FIELD_SUBJECT },
	{ "date", FIELD_OTHER },
	{ "sent", FIELD_OTHER },
	{ "to", FIELD_OTHER },
	{ "cc", FIELD_OTHER },
	{ "reply-to", FIELD_OTHER },
	{ "datum", FIELD_OTHER },
	{ "gesendet", FIELD_OTHER },
	{ "an", FIELD_OTHER },
	{ "kopie", FIELD_OTHER },
	{ "envoyé", FIELD_OTHER },
	{ "à", FIELD_OTHER },
	{ "fecha", FIELD_OTHER },
	{ "enviado", FIELD_OTHER },
	{ "enviado el", FIELD_OTHER },
	{ "para", FIELD_OTHER },
	{ "data", FIELD_OTHER },
	{ "inviato", FIELD_OTHER },
	{ "a", FIELD_OTHER },
	{ "verzonden", FIELD_OTHER },
	{ "aan", FIELD_OTHER },
	{ "wysłano", FIELD_OTHER },
	{ "do", FIELD_OTHER },
	{ "dw", FIELD_OTHER },
	{ "tarih", FIELD_OTHER },
	{ "gönderildi", FIELD_OTHER },
	{ "kime", FIELD_OTHER },
};

/* How many of the marks "> " a line has, at most max, and their octets. */
static size_t
marks(const char *line, size_t max, size_t *octets_r)
{
	size_t count = 0, at = 0;

	while (count < max && line[at] == '>') {
		at += line[at + 1] == ' ' ? 2 : 1;
		count++;
	}
	*octets_r = at;
	return count;
}

static bool
is_empty(const char *line)
{
	line += strspn(line, " \t\r");
	return *line == '\n' || *line == '\0';
}

static const char *
next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

/* The marks that every quoted line has; 0: nothing is quoted, or not in one
 * piece. */
static size_t
common_marks(const char *text)
{
	size_t least = SIZE_MAX, lines = 0, count, octets;
	bool behind = false;

	for (; *text != '\0'; text = next_line(text)) {
		count = marks(text, SIZE_MAX, &octets);
		if (count == 0) {
			behind = lines > 0 && (behind || !is_empty(text));
			continue;
		}
		if (behind)
			return 0;
		lines++;
		if (!is_empty(text + octets) && count < least)
			least = count;
	}
	return lines >= LINES_MIN && least != SIZE_MAX ? least : 0;
}

static void
take_marks(char *text, size_t max)
{
	const char *in = text;
	char *out = text;
	size_t length;

	for (; *in != '\0'; in += length, out += length) {
		marks(in, max, &length);
		in += length;
		length = (size_t)(next_line(in) - in);
		memmove(out, in, length);
	}
	*out = '\0';
}

/* Which field of a header the line is: "From: ", "*From:* ", "Objet : ". */
static enum field
field_of(const char *line)
{
	size_t length;
	char first;

	line += strspn(line, "*");
	first = (char)tolower((unsigned char)*line);
	length = strcspn(line, ":\n");
	if (line[length] != ':')
		return FIELD_NONE;
	while (length > 0 && strchr(" *", line[length - 1]) != NULL)
		length--;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].name[0] == first &&
			strlen(fields[i].name) == length &&
			strncasecmp(fields[i].name, line, length) == 0)
			return fields[i].field;
	return FIELD_NONE;
}

/* "-----Original Message-----", "________" */
static bool
is_rule(const char *line)
{
	return strncmp(line, "-----", 5) == 0 || strncmp(line, "_____", 5) == 0;
}

/* Behind the lines from here on that may be of a header; are they one? */
static const char *
header_end(const char *line, bool *header_r)
{
	bool from = false, subject = false;
	enum field field;

	if (is_rule(line))
		line = next_line(line);
	for (; *line != '\0'; line = next_line(line)) {
		field = field_of(line);
		if (field == FIELD_NONE)
			break;
		from = from || field == FIELD_FROM;
		subject = subject || field == FIELD_SUBJECT;
	}
	*header_r = from && subject;
	return line;
}

static void
empty_headers(char *text)
{
	const char *in = text, *end = text, *next;
	bool header = false;
	char *out = text;
	size_t length;

	for (; *in != '\0'; in = next) {
		if (in >= end)
			end = header_end(in, &header);
		next = next_line(in);
		length = (size_t)(next - in);
		if (header && in < end) { /* nothing of it but its end */
			length = next[-1] == '\n';
			in = next - length;
		}
		memmove(out, in, length);
		out += length;
	}
	*out = '\0';
}

void
quoted_strip(char *text)
{
	size_t common;

	for (int i = 0; i < FORWARDED_MAX && strchr(text, '>') != NULL; i++) {
		common = common_marks(text);
		if (common == 0)
			break;
		take_marks(text, common);
	}
	empty_headers(text);
}
