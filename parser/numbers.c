/*
 * Jansson keeps what a number is worth and not how it was written, and it
 * writes 0.1 as 0.10000000000000001. So the numbers of the text, in their
 * order, are laid beside those of the tree, which has them in the same order;
 * and the writing is done here.
 */
#include "parser/numbers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/wipe.h"

struct number {
	const json_t *value;
	size_t at, length; /* in texts */
};

struct numbers {
	struct number *rows; /* in order of their values' addresses */
	size_t count, room;
	struct buffer texts;
};

/* --- noting --- */

/* What is not yet read of the text. */
struct noting {
	const char *at, *end;
	struct numbers *numbers;
};

/* The next number outside strings; false at the end. */
static bool
next_number(struct noting *n, const char **at_r, size_t *length_r)
{
	bool in_string = false;

	for (; n->at < n->end; n->at++) {
		if (in_string && *n->at == '\\')
			n->at++;
		else if (*n->at == '"')
			in_string = !in_string;
		else if (!in_string && strchr("-0123456789", *n->at) != NULL &&
			*n->at != '\0')
			break;
	}
	*at_r = n->at;
	while (n->at < n->end && *n->at != '\0' &&
		strchr("+-.0123456789Ee", *n->at) != NULL)
		n->at++;
	*length_r = (size_t)(n->at - *at_r);
	return *length_r > 0;
}

static int
add(struct numbers *n, const json_t *value, const char *text, size_t length)
{
	size_t room = n->room == 0 ? 16 : 2 * n->room;
	struct number *rows;

	if (n->count == n->room) {
		rows = reallocarray(n->rows, room, sizeof(*rows));
		if (rows == NULL)
			return -1;
		n->rows = rows;
		n->room = room;
	}
	n->rows[n->count].value = value;
	n->rows[n->count].at = n->texts.length;
	n->rows[n->count++].length = length;
	return buffer_append(&n->texts, text, length) == BUFFER_OK ? 0 : -1;
}

/* An integer but for "-0" is written as it was read. */
static bool
is_plain(const json_t *value, const char *text)
{
	return json_is_integer(value) &&
		(text[0] != '-' || json_integer_value(value) != 0);
}

/* Nested no deeper than object_read allows. */
static int
note(struct noting *n, const json_t *value)
{
	const char *name, *text;
	json_t *child;
	size_t i, length;

	if (json_is_number(value)) {
		if (!next_number(n, &text, &length) || is_plain(value, text))
			return 0;
		return add(n->numbers, value, text, length);
	}
	json_object_foreach((json_t *)value, name, child)
	{
		if (note(n, child))
			return -1;
	}
	json_array_foreach(value, i, child)
	{
		if (note(n, child))
			return -1;
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct number *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

int
numbers_note(const char *text, size_t length, const struct json_t *root,
	struct numbers **numbers_r, struct error *e)
{
	struct noting n = { .at = text, .end = text + length };

	*numbers_r = NULL;
	n.numbers = calloc(1, sizeof(*n.numbers));
	if (n.numbers == NULL || note(&n, root)) {
		numbers_free(&n.numbers);
		return error_memory(e);
	}
	if (n.numbers->count > 0)
		qsort(n.numbers->rows, n.numbers->count,
			sizeof(*n.numbers->rows), compare);
	*numbers_r = n.numbers;
	return 0;
}

void
numbers_free(struct numbers **numbers)
{
	struct numbers *old = *numbers;

	*numbers = NULL;
	if (old == NULL)
		return;
	wipe_free(old->rows);
	buffer_clear(&old->texts);
	wipe_free(old);
}

/* --- writing --- */

/* All of these: 0 or, for want of memory, 1. */
static int write_value(const json_t *, const struct numbers *, struct buffer *);

static int
append(struct buffer *out, const char *octets, size_t length)
{
	return buffer_append(out, octets, length) != BUFFER_OK;
}

/* Jansson's callback: 0 or -1. */
static int
take(const char *octets, size_t length, void *out)
{
	return append(out, octets, length) ? -1 : 0;
}

static int
write_scalar(const json_t *value, const struct numbers *n, struct buffer *out)
{
	const struct number key = { .value = value };
	const struct number *row = NULL;

	if (n != NULL && n->count > 0)
		row = bsearch(&key, n->rows, n->count, sizeof(*row), compare);
	if (row != NULL)
		return append(out, (const char *)n->texts.data + row->at,
			row->length);
	return json_dump_callback(value, take, out, JSON_ENCODE_ANY) != 0;
}

static int
write_name(const char *name, struct buffer *out)
{
	json_t *string = json_string(name);
	int bad = string == NULL || write_scalar(string, NULL, out) ||
		append(out, ":", 1);

	json_decref(string);
	return bad;
}

static int
write_object(const json_t *object, const struct numbers *n, struct buffer *out)
{
	const char *name, *before = "{";
	json_t *child;
	int bad = json_object_size(object) == 0 && append(out, before, 1);

	json_object_foreach((json_t *)object, name, child)
	{
		bad = bad || append(out, before, 1) || write_name(name, out) ||
			write_value(child, n, out);
		before = ",";
	}
	return bad || append(out, "}", 1);
}

static int
write_array(const json_t *array, const struct numbers *n, struct buffer *out)
{
	const json_t *child;
	size_t i;
	int bad = append(out, "[", 1);

	json_array_foreach(array, i, child) bad = bad ||
		(i > 0 && append(out, ",", 1)) || write_value(child, n, out);
	return bad || append(out, "]", 1);
}

static int
write_value(const json_t *value, const struct numbers *n, struct buffer *out)
{
	if (json_is_object(value))
		return write_object(value, n, out);
	if (json_is_array(value))
		return write_array(value, n, out);
	return write_scalar(value, n, out);
}

int
numbers_write(const struct json_t *root, const struct numbers *n,
	struct buffer *out, struct error *e)
{
	return write_value(root, n, out) ? error_memory(e) : 0;
}
