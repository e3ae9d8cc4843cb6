/*
 * Two forms, told apart line by line: "OID|TAG|VALUE", and "OID = TYPE: VALUE",
 * whose octets may go on in the next lines.
 */
#include "agent/recorded.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"

enum { RECORDED_OCTETS = 4 * 1024 * 1024 };

/* A file being read. */
struct reading {
	const char *at, *end;
	int line;
	struct answers *answers;
	struct buffer text; /* of the answer at hand */
};

struct form {
	const char *name;
	enum answer_kind kind;
	bool hex;
};

/* By snmpsim's tags: what ASN.1 calls them, "x" behind for hex. */
static const struct form tags[] = {
	{ "2", ANSWER_INTEGER, false },
	{ "4", ANSWER_TEXT, false },
	{ "4x", ANSWER_TEXT, true },
	{ "6", ANSWER_OID, false },
	{ "64", ANSWER_ADDRESS, false },
	{ "64x", ANSWER_ADDRESS, true },
	{ "65", ANSWER_COUNTER32, false },
	{ "66", ANSWER_GAUGE, false },
	{ "67", ANSWER_TICKS, false },
	{ "68", ANSWER_OTHER, false },
	{ "68x", ANSWER_OTHER, false },
	{ "70", ANSWER_COUNTER64, false },
	{ "5", ANSWER_ABSENT, false },
};

static const struct form types[] = {
	{ "INTEGER", ANSWER_INTEGER, false },
	{ "STRING", ANSWER_TEXT, false },
	{ "Hex-STRING", ANSWER_TEXT, true },
	{ "OID", ANSWER_OID, false },
	{ "IpAddress", ANSWER_ADDRESS, false },
	{ "Network Address", ANSWER_ADDRESS, true },
	{ "Counter32", ANSWER_COUNTER32, false },
	{ "Gauge32", ANSWER_GAUGE, false },
	{ "Unsigned32", ANSWER_GAUGE, false },
	{ "Timeticks", ANSWER_TICKS, false },
	{ "Counter64", ANSWER_COUNTER64, false },
	{ "Opaque", ANSWER_OTHER, false },
	{ "BITS", ANSWER_OTHER, false },
};

static const struct form *
find(const struct form *rows, size_t count, const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(rows[i].name) == length &&
			memcmp(rows[i].name, name, length) == 0)
			return &rows[i];
	return NULL;
}

/* The line at hand, without its end; the next call gives the next one. */
static bool
next_line(struct reading *r, const char **line_r, size_t *length_r)
{
	const char *end;

	if (r->at >= r->end)
		return false;
	end = memchr(r->at, '\n', (size_t)(r->end - r->at));
	*line_r = r->at;
	*length_r = (size_t)((end != NULL ? end : r->end) - r->at);
	r->at = end != NULL ? end + 1 : r->end;
	r->line++;
	if (*length_r > 0 && (*line_r)[*length_r - 1] == '\r')
		--*length_r;
	return true;
}

static bool
hex(const char *value, size_t length, struct buffer *out)
{
	char digits[3] = "";
	unsigned char octet;
	size_t filled = 0;

	for (size_t i = 0; i < length; i++) {
		if (strchr(" :\r\n", value[i]) != NULL && value[i] != '\0')
			continue;
		digits[filled++] = value[i];
		if (filled < 2)
			continue;
		if (text_unhex(digits, &octet, 1) != 1 ||
			buffer_append(out, &octet, 1) != BUFFER_OK)
			return false;
		filled = 0;
	}
	return filled == 0;
}

/* "192.0.2.1" */
static bool
address(const char *value, struct buffer *out)
{
	struct oid four;
	unsigned char octet;

	if (!oid_read(value, &four) || four.count != 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		octet = (unsigned char)four.ids[i];
		if (four.ids[i] > 255 ||
			buffer_append(out, &octet, 1) != BUFFER_OK)
			return false;
	}
	return true;
}

/* "5", "name(5)" and "(5) 0:00:00.05", also with a unit behind. */
static bool
number(const char *value, struct answer *one)
{
	const char *open = strchr(value, '(');
	char *end;

	if (open != NULL)
		value = open + 1;
	value += strspn(value, " ");
	errno = 0;
	if (one->kind == ANSWER_INTEGER)
		one->integer = strtoll(value, &end, 10);
	else
		one->number = strtoull(value, &end, 10);
	return errno == 0 && end != value &&
		(one->kind == ANSWER_INTEGER || value[0] != '-');
}

/* Does a line begin an answer? */
static bool
begins(const char *line, size_t length)
{
	const size_t digits = strspn(line, ".0123456789");

	return digits > 1 && digits < length &&
		(line[digits] == '|' || strncmp(line + digits, " = ", 3) == 0);
}

/* What net-snmp prints in quotes may have lines of its own, and hex goes on. */
static void
go_on(struct reading *r, const struct form *form, const char **value,
	size_t *length)
{
	const bool quoted = *length > 0 && **value == '"' && !form->hex;
	const char *line, *start = *value;
	size_t got;

	while (form->kind == ANSWER_TEXT && r->at < r->end &&
		!begins(r->at, (size_t)(r->end - r->at)) &&
		next_line(r, &line, &got))
		*length = (size_t)(line + got - start);
	if (quoted && *length > 1 && start[*length - 1] == '"') {
		++*value;
		*length -= 2;
	}
}

static bool
value_of(struct reading *r, const struct form *form, const char *value,
	size_t length, struct answer *one)
{
	char text[OID_TEXT_SIZE];
	bool good;

	one->kind = form->kind;
	if (form->kind == ANSWER_ABSENT || form->kind == ANSWER_OTHER)
		return true;
	if (form->hex) {
		good = hex(value, length, &r->text);
	} else if (form->kind == ANSWER_TEXT) {
		good = buffer_append(&r->text, value, length) == BUFFER_OK;
	} else {
		if (!text_format(
			    text, sizeof(text), "%.*s", (int)length, value))
			return false;
		if (form->kind == ANSWER_OID)
			return oid_read(text, &one->value);
		if (form->kind != ANSWER_ADDRESS)
			return number(text, one);
		good = address(text, &r->text);
	}
	one->text = r->text.data;
	one->length = r->text.length;
	return good;
}

/* "TAG|VALUE" */
static bool
take_tagged(
	struct reading *r, const char *rest, size_t length, struct answer *one)
{
	const char *bar = memchr(rest, '|', length);
	const struct form *form = bar == NULL
		? NULL
		: find(tags, sizeof(tags) / sizeof(tags[0]), rest,
			  (size_t)(bar - rest));

	return form != NULL &&
		value_of(r, form, bar + 1, length - (size_t)(bar + 1 - rest),
			one);
}

/* "TYPE: VALUE", "\"\"" or "No Such Object …" */
static bool
take_printed(
	struct reading *r, const char *rest, size_t length, struct answer *one)
{
	static const struct form absent = { "", ANSWER_ABSENT, false };
	static const struct form text = { "", ANSWER_TEXT, false };
	const char *colon = memchr(rest, ':', length), *value;
	const struct form *form = colon == NULL
		? NULL
		: find(types, sizeof(types) / sizeof(types[0]), rest,
			  (size_t)(colon - rest));

	if (form == NULL) {
		form = length == 2 && memcmp(rest, "\"\"", 2) == 0 ? &text
								   : &absent;
		value = rest;
		length = 0;
		return (form == &text || (rest[0] == 'N' && rest[1] == 'o')) &&
			value_of(r, form, value, length, one);
	}
	value = colon + 1;
	if (value < rest + length && *value == ' ')
		value++;
	length -= (size_t)(value - rest);
	go_on(r, form, &value, &length);
	return value_of(r, form, value, length, one);
}

static bool
take_line(
	struct reading *r, const char *line, size_t length, struct answer *one)
{
	const size_t digits = strspn(line, ".0123456789");
	char oid[OID_TEXT_SIZE];

	if (!begins(line, length) ||
		!text_format(oid, sizeof(oid), "%.*s", (int)digits, line) ||
		!oid_read(oid, &one->oid))
		return false;
	return line[digits] == '|'
		? take_tagged(r, line + digits + 1, length - digits - 1, one)
		: take_printed(r, line + digits + 3, length - digits - 3, one);
}

static int
take_all(struct reading *r, const char *name, struct error *e)
{
	const char *line;
	size_t length;
	struct answer one;
	int rc = 0, number;

	while (rc == 0 && next_line(r, &line, &length)) {
		number = r->line;
		if (length == 0 || line[0] == '#')
			continue;
		one = (struct answer){ .integer = 0 };
		buffer_clear(&r->text);
		if (!take_line(r, line, length, &one))
			rc = error_set(e, ERROR_BAD,
				"%s:%d: neither OID|TAG|VALUE nor OID = TYPE: "
				"VALUE",
				name, number);
		else if (answers_add(r->answers, &one, e) != 0)
			rc = error_prefix(e, "%s:%d", name, number);
	}
	buffer_clear(&r->text);
	return rc;
}

int
recorded_parse(const char *octets, size_t length, const char *name,
	struct answers **answers_r, struct error *e)
{
	struct buffer copy = { .limit = RECORDED_OCTETS };
	struct reading r = { .text = { .limit = ANSWERS_OCTETS } };
	int rc = -1;

	*answers_r = NULL;
	/* a copy, so that a NUL ends what is read word by word */
	if (buffer_append(&copy, octets, length) != BUFFER_OK)
		return error_set(e, ERROR_LIMIT, "%s: too large", name);
	r.answers = answers_make();
	if (r.answers == NULL) {
		error_memory(e);
	} else if (copy.length > 0) {
		r.at = (const char *)copy.data;
		r.end = r.at + copy.length;
		rc = take_all(&r, name, e);
	} else {
		rc = 0;
	}
	buffer_clear(&copy);
	if (rc == 0)
		*answers_r = r.answers;
	else
		answers_free(&r.answers);
	return rc;
}

int
recorded_read(const char *path, struct answers **answers_r, struct error *e)
{
	struct buffer octets = { .limit = RECORDED_OCTETS };
	int rc = file_read(path, &octets, e);

	*answers_r = NULL;
	if (rc == 0)
		rc = recorded_parse((const char *)octets.data, octets.length,
			path, answers_r, e);
	buffer_clear(&octets);
	return rc;
}
