/*
 * The tree is bounded before it is made (parser/object); paths are, since each
 * member's is written out. A number is given as it would be written, so that
 * what reads numbers decides what is one.
 */
#include "parser/formats/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/wipe.h"
#include "parser/formats/plain.h"
#include "parser/object.h"

enum {
	DEPTH_MAX = 32,
	PATH_LENGTH_MAX = 400,
	VALUE_MAX = 4096,
	UNKNOWN_MAX = 500 /* labels that are kept though nobody asked */
};

/* In which a list stands that is all of the text. */
#define LIST "list"

struct json_reports {
	const struct format *format;
	json_t *root, **rows; /* rows: in root */
	size_t count, next;
};

/* A walk over members. */
struct walk {
	const struct format *f;
	struct pairs *pairs;
	size_t line;
	bool outside; /* what is not in a report: dates only */
	struct error *e;
};

static bool
is_wanted(const struct walk *w, const char *path)
{
	const struct label_rule *rule = format_rule(w->f, path);

	if (w->outside)
		return rule != NULL && rule->use == LABEL_DATE &&
			w->pairs->count < UNKNOWN_MAX;
	return rule != NULL || w->pairs->count < UNKNOWN_MAX;
}

/* A value as text; NULL: it is none. number: of octets for one. */
static const char *
text_of(const json_t *value, char number[64])
{
	const double real = json_real_value(value);

	switch (json_typeof(value)) {
	case JSON_STRING:
		return json_string_length(value) <= VALUE_MAX
			? json_string_value(value)
			: NULL;
	case JSON_INTEGER:
		snprintf(number, 64, "%lld",
			(long long)json_integer_value(value));
		return number;
	case JSON_REAL:
		/* "12.0" is a whole number to who allows fractions of 0 */
		snprintf(number, 64,
			real < 1e15 && real > -1e15 &&
					real == (double)(long long)real
				? "%.1f"
				: "%.17g",
			real);
		return number;
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		return "";
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return NULL;
}

static int
emit(const struct walk *w, const char *path, const json_t *value)
{
	char number[64], *plain;
	const char *text = text_of(value, number);
	int rc;

	if (text == NULL || !is_wanted(w, path))
		return 0;
	plain = plain_copy(text);
	if (plain == NULL)
		return error_memory(w->e);
	rc = pairs_add(w->pairs, PAIR_LABEL, w->line, path, plain, w->e);
	wipe_free(plain);
	return rc;
}

/* False: it is longer than a label can be. */
static bool
join(char out[PATH_LENGTH_MAX], const char *path, const char *name)
{
	return text_format(out, PATH_LENGTH_MAX, "%s%s%s", path,
		path[0] == '\0' ? "" : " > ", name);
}

/* A name and a value side by side are a label beside their parent. */
static int
emit_pair(const struct walk *w, const char *path, const json_t *object)
{
	const char *name =
		json_string_value(json_object_get(object, w->f->pair_name));
	const json_t *value = json_object_get(object, w->f->pair_value);
	char full[PATH_LENGTH_MAX];

	if (name == NULL || value == NULL || !join(full, path, name))
		return 0;
	return emit(w, full, value);
}

static bool
is_of_pair(const struct format *f, const char *name)
{
	return f->pair_name != NULL &&
		(strcmp(name, f->pair_name) == 0 ||
			strcmp(name, f->pair_value) == 0);
}

static int walk(const struct walk *w, const char *path, json_t *node);

static int
walk_object(const struct walk *w, const char *path, json_t *object)
{
	char full[PATH_LENGTH_MAX];
	const char *name;
	json_t *value;

	if (w->f->pair_name != NULL && emit_pair(w, path, object))
		return -1;
	json_object_foreach(object, name, value)
	{
		if (is_of_pair(w->f, name) ||
			(w->outside && strcmp(name, w->f->record) == 0) ||
			!join(full, path, name))
			continue;
		if (walk(w, full, value))
			return -1;
	}
	return 0;
}

/* As deep as the tree is, which is bounded. */
static int
walk(const struct walk *w, const char *path, json_t *node)
{
	if (json_is_object(node))
		return walk_object(w, path, node);
	if (!json_is_array(node))
		return emit(w, path, node);
	for (size_t i = 0; i < json_array_size(node); i++)
		if (walk(w, path, json_array_get(node, i)))
			return -1;
	return 0;
}

static int
add_row(struct json_reports *r, json_t *row, struct error *e)
{
	json_t **rows = r->rows;

	if (!json_is_object(row))
		return 0;
	if ((r->count & (r->count - 1)) == 0) {
		rows = reallocarray(r->rows, r->count == 0 ? 1 : 2 * r->count,
			sizeof(json_t *));
		if (rows == NULL)
			return error_memory(e);
		r->rows = rows;
	}
	rows[r->count++] = row;
	return 0;
}

/* One object, or those of a list. */
static int
add_rows(struct json_reports *r, json_t *node, struct error *e)
{
	if (!json_is_array(node))
		return add_row(r, node, e);
	for (size_t i = 0; i < json_array_size(node); i++)
		if (add_row(r, json_array_get(node, i), e))
			return -1;
	return 0;
}

/* Those in members of the record's name, wherever they stand; not in others of
 * their kind. */
static int
find_rows(struct json_reports *r, json_t *node, struct error *e)
{
	const char *name;
	json_t *value;

	json_object_foreach(node, name, value)
	{
		if (strcmp(name, r->format->record) == 0) {
			if (add_rows(r, value, e))
				return -1;
		} else if (find_rows(r, value, e)) {
			return -1;
		}
	}
	for (size_t i = 0; i < json_array_size(node); i++)
		if (find_rows(r, json_array_get(node, i), e))
			return -1;
	return 0;
}

/* A list becomes a member of an object, which is all that is read. */
static int
load(const char *text, json_t **root_r, struct error *e)
{
	static const struct limits limits = { .depth = DEPTH_MAX };
	struct buffer whole = { 0 };
	int rc = -1;

	if (text[strspn(text, " \t\r\n")] != '[')
		return object_read(text, strlen(text), &limits, root_r, e);
	if (buffer_text(&whole, "{\"" LIST "\":") != BUFFER_OK ||
		buffer_text(&whole, text) != BUFFER_OK ||
		buffer_text(&whole, "}") != BUFFER_OK)
		error_memory(e);
	else
		rc = object_read(whole.data, whole.length, &limits, root_r, e);
	buffer_clear(&whole);
	return rc;
}

static int
read_root(struct json_reports *r, const char *text, struct pairs *outside,
	struct error *e)
{
	const struct walk w = {
		.f = r->format, .pairs = outside, .outside = true, .e = e
	};
	json_t *list;

	if (load(text, &r->root, e))
		return -1;
	if (r->format->record != NULL)
		return find_rows(r, r->root, e) || walk(&w, "", r->root) ? -1
									 : 0;
	list = json_object_size(r->root) == 1 ? json_object_get(r->root, LIST)
					      : NULL;
	return add_rows(r, json_is_array(list) ? list : r->root, e);
}

int
json_open(const char *text, const struct format *f,
	struct json_reports **reports_r, struct pairs *outside, struct error *e)
{
	struct json_reports *r = calloc(1, sizeof(*r));

	*reports_r = NULL;
	if (r == NULL)
		return error_memory(e);
	r->format = f;
	if (read_root(r, text, outside, e)) {
		json_close(&r);
		return -1;
	}
	*reports_r = r;
	return 0;
}

size_t
json_count(const struct json_reports *reports)
{
	return reports->count;
}

int
json_next(struct json_reports *reports, struct pairs *pairs_r, struct error *e)
{
	const struct walk w = { .f = reports->format,
		.pairs = pairs_r,
		.line = reports->next + 1,
		.e = e };

	memset(pairs_r, 0, sizeof(*pairs_r));
	if (reports->next == reports->count)
		return 0;
	return walk(&w, "", reports->rows[reports->next++]) == 0 ? 1 : -1;
}

void
json_close(struct json_reports **reports)
{
	struct json_reports *old = *reports;

	*reports = NULL;
	if (old == NULL)
		return;
	json_decref(old->root);
	free(old->rows);
	free(old);
}
