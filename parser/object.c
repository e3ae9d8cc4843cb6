/*
 * JSON by Jansson, which checks UTF-8, refuses NUL, doubled names and integers
 * beyond 64 bits. Two things are bounded before it starts: nesting, since it
 * recurses, and the number of values, since two octets of text ("{}") take more
 * than two hundred of memory.
 */
#include "parser/object.h"

#include <stdbool.h>

#include <jansson.h>

/* What is to be expected of a text, from its signs outside strings. */
struct extent {
	int64_t depth;
	size_t marks; /* opening brackets and commas */
};

/* A text that is no JSON may come to anything. */
static struct extent
measure(const char *text, size_t length)
{
	struct extent extent = { 0 };
	int64_t depth = 0;
	bool in_string = false;
	size_t i;

	for (i = 0; i < length; i++) {
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

int
object_read(const void *octets, size_t length, const struct limits *l,
	void **object_r, struct error *e)
{
	const struct extent extent = measure(octets, length);
	json_error_t failure;
	json_t *object;

	if (extent.depth > l->depth)
		return error_set(e, ERROR_LIMIT,
			"JSON nested deeper than %lld (max_depth)",
			(long long)l->depth);
	if (extent.marks > OBJECT_MARKS_MAX)
		return error_set(e, ERROR_LIMIT,
			"JSON of more than %d brackets and commas",
			OBJECT_MARKS_MAX);
	object = json_loadb(octets, length, JSON_REJECT_DUPLICATES, &failure);
	if (object == NULL)
		return bad_json(&failure, e);
	if (!json_is_object(object)) {
		json_decref(object);
		return error_set(e, ERROR_BAD, "no JSON object");
	}
	*object_r = object;
	return 0;
}

int
object_claims(const void *object, const char *document, struct claims *claims,
	struct error *e)
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
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
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
