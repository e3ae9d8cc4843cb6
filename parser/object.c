/*
 * JSON by Jansson, which checks UTF-8, refuses NUL, doubled names and integers
 * beyond 64 bits. Two things are bounded before it starts: nesting, since it
 * recurses, and the number of values, since two octets of text ("{}") take more
 * than two hundred of memory.
 */
#include "parser/object.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buffer.h"

/* Of the longest integer that Jansson's signed 64 bits surely hold. */
enum { DIGITS_SURE = 18 };

/* What is to be expected of a text, from its signs outside strings. */
struct extent {
	int64_t depth;
	size_t marks;  /* opening brackets and commas */
	size_t digits; /* of the longest row of them */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A text that is no JSON may come to anything. */
static struct extent
measure(const char *text, size_t length)
{
	struct extent extent = { 0 };
	int64_t depth = 0;
	bool in_string = false;
	size_t digits = 0;

	for (size_t i = 0; i < length; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (text[i] == '{' || text[i] == '[')
			depth++;
		else if (text[i] == '}' || text[i] == ']')
			depth--;
		if (in_string)
			continue;
		extent.marks +=
			text[i] == '{' || text[i] == '[' || text[i] == ',';
		if (depth > extent.depth)
			extent.depth = depth;
		digits = is_digit(text[i]) ? digits + 1 : 0;
		if (digits > extent.digits)
			extent.digits = digits;
	}
	return extent;
}

/* Jansson's own text quotes the mail, whose content is not for the log. */
static int
bad_json(const json_error_t *failure, struct error *e)
{
	const char *what = "syntax error";

	switch (json_error_code(failure)) {
	case json_error_out_of_memory:
		return error_memory(e);
	case json_error_duplicate_key:
		what = "duplicate name";
		break;
	case json_error_invalid_utf8:
		what = "invalid UTF-8";
		break;
	case json_error_numeric_overflow:
		what = "number too large";
		break;
	default:
		break;
	}
	return error_set(e, ERROR_BAD, "JSON, line %d, column %d: %s",
		failure->line, failure->column, what);
}

static bool
fits_unsigned(const char *digits)
{
	errno = 0;
	return strtoull(digits, NULL, 10) > INT64_MAX && errno == 0;
}

/* Integers from 2^63 to 2^64 - 1, which Jansson refuses, become reals of as
 * many octets. text: ended by NUL. */
static void
hide_unsigned(char *text, size_t length)
{
	bool in_string = false;
	size_t digits;

	for (size_t i = 0; i < length; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		if (in_string || !is_digit(text[i]))
			continue;
		digits = strspn(text + i, "0123456789");
		if (digits > DIGITS_SURE && text[i] != '0' && i > 0 &&
			strchr("-+.eE", text[i - 1]) == NULL &&
			strchr(".eE", text[i + digits]) == NULL &&
			fits_unsigned(text + i)) {
			memset(text + i, ' ', digits);
			memcpy(text + i, "0.0", 3);
		}
		i += digits - 1;
	}
}

/* The tree; NULL: as e says. */
static json_t *
load(const void *octets, size_t length, size_t digits, struct error *e)
{
	struct buffer copy = { 0 };
	json_error_t failure;
	json_t *object;

	if (digits > DIGITS_SURE) {
		if (buffer_append(&copy, octets, length) != BUFFER_OK) {
			error_memory(e);
			return NULL;
		}
		hide_unsigned((char *)copy.data, length);
		octets = copy.data;
	}
	object = json_loadb(octets, length, JSON_REJECT_DUPLICATES, &failure);
	buffer_clear(&copy);
	if (object == NULL) {
		bad_json(&failure, e);
	} else if (!json_is_object(object)) {
		json_decref(object);
		object = NULL;
		error_set(e, ERROR_BAD, "no JSON object");
	}
	return object;
}

int
object_read(const void *octets, size_t length, const struct limits *l,
	struct json_t **object_r, struct error *e)
{
	const struct extent extent = measure(octets, length);
	json_t *object;

	if (extent.depth > l->depth)
		return error_set(e, ERROR_LIMIT,
			"JSON nested deeper than %lld (max_depth)",
			(long long)l->depth);
	if (extent.marks > OBJECT_MARKS_MAX)
		return error_set(e, ERROR_LIMIT,
			"JSON of more than %d brackets and commas",
			OBJECT_MARKS_MAX);
	object = load(octets, length, extent.digits, e);
	if (object == NULL)
		return -1;
	*object_r = object;
	return 0;
}

int
object_read_exact(const void *octets, size_t length, const struct limits *l,
	struct json_t **object_r, struct numbers **numbers_r, struct error *e)
{
	struct json_t *object;

	if (object_read(octets, length, l, &object, e))
		return -1;
	if (numbers_note(octets, length, object, numbers_r, e)) {
		json_decref(object);
		return -1;
	}
	*object_r = object;
	return 0;
}

int
object_claims(const struct json_t *object, const char *document,
	struct claims *claims, struct error *e)
{
	static const struct {
		const char *name;
		void (*take)(struct claims *c, const char *text, size_t length);
	} rows[] = {
		{ "center", claims_take_center },
		{ "serial", claims_take_serial },
		{ "email_id", claims_take_email_id },
	};
	const json_t *value;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		value = json_object_get(object, rows[i].name);
		if (value == NULL)
			continue;
		if (!json_is_string(value))
			return error_set(e, ERROR_BAD,
				"the %s's \"%s\" is no string", document,
				rows[i].name);
		rows[i].take(claims, json_string_value(value),
			json_string_length(value));
	}
	return 0;
}
