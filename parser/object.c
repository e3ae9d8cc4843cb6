/*
 * JSON by Jansson, which checks UTF-8, refuses NUL, doubled names and integers
 * beyond 64 bits; nesting is bounded before it starts, since it recurses.
 */
#include "parser/object.h"

#include <stdbool.h>

#include <jansson.h>

/* Brackets outside strings; a text that is no JSON may get any depth. */
static int64_t
depth_of(const char *text, size_t length)
{
	int64_t depth = 0, deepest = 0;
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
		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}

static int
bad_json(const json_error_t *failure, struct error *e)
{
	if (json_error_code(failure) == json_error_out_of_memory)
		return error_memory(e);
	return error_set(e, ERROR_BAD, "JSON, line %d, column %d: %s",
		failure->line, failure->column, failure->text);
}

int
object_read(const void *octets, size_t length, const struct limits *l,
	void **object_r, struct error *e)
{
	json_error_t failure;
	json_t *object;

	if (depth_of(octets, length) > l->depth)
		return error_set(e, ERROR_LIMIT,
			"JSON nested deeper than %lld (max_depth)",
			(long long)l->depth);
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
