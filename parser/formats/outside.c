/*
 * A pattern is walked through once, and each part of its text looked for behind
 * the last: what lies between is the value. Nothing is tried again, so a long
 * subject costs its length.
 */
#include "parser/formats/outside.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/wipe.h"
#include "parser/formats/plain.h"

enum { TEXT_SIZE = 200 };

static const struct {
	const char *mark;
	enum pair_kind kind;
} marks[] = {
	{ "<serial>", PAIR_SERIAL }, { "<model>", PAIR_MODEL },
	{ "<date>", PAIR_DATE }, { "<time>", PAIR_TIME },
	{ "<>", PAIR_LABEL }, /* anything, and nothing is made of it */
};

/* The length of the mark that pattern begins with; 0: none. */
static size_t
mark_at(const char *pattern, enum pair_kind *kind_r)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strncmp(pattern, marks[i].mark, strlen(marks[i].mark)) ==
			0) {
			*kind_r = marks[i].kind;
			return strlen(marks[i].mark);
		}
	return 0;
}

bool
outside_valid(const char *pattern)
{
	enum pair_kind kind;
	bool value = false, before = false;
	size_t length;

	if (strlen(pattern) >= TEXT_SIZE)
		return false;
	for (; *pattern != '\0'; pattern += length) {
		length = mark_at(pattern, &kind);
		if (length > 0 && before)
			return false;
		before = length > 0;
		value = value || (before && kind != PAIR_LABEL);
		length += length == 0;
	}
	return value;
}

static bool
words_have(const struct words *words, enum pair_kind kind)
{
	enum pair_kind found;

	for (size_t i = 0; i < words->count; i++)
		for (const char *at = words->rows[i];
			(at = strchr(at, '<')) != NULL; at++)
			if (mark_at(at, &found) > 0 && found == kind)
				return true;
	return false;
}

bool
outside_may_have(const struct format *f, enum pair_kind kind)
{
	return words_have(&f->in_subject, kind) ||
		words_have(&f->in_name, kind);
}

/* The text of a pattern up to its next mark. */
static size_t
literal(const char *pattern, char out[TEXT_SIZE])
{
	enum pair_kind kind;
	size_t length = 0;

	while (pattern[length] != '\0' && mark_at(pattern + length, &kind) == 0)
		length++;
	memcpy(out, pattern, length);
	out[length] = '\0';
	return length;
}

static int
add(struct pairs *pairs, enum pair_kind kind, const char *where,
	const char *value, size_t length, struct error *e)
{
	char *copy = strndup(value, length);
	int rc;

	if (copy == NULL)
		return error_memory(e);
	rc = pairs_add(pairs, kind, 0, where, copy, e);
	wipe_free(copy);
	return rc;
}

/* A mark's value goes up to the text behind the mark, or to the end. 1: there
 * is one, and *text is behind it; 0; -1. */
static int
take_value(enum pair_kind kind, const char *behind, const char *where,
	const char **text, struct pairs *pairs, struct error *e)
{
	const char *end = behind[0] == '\0' ? *text + strlen(*text)
					    : strcasestr(*text, behind);
	const char *value = *text;

	if (end == NULL || (end == value && kind != PAIR_LABEL))
		return 0;
	*text = end;
	if (kind == PAIR_LABEL)
		return 1;
	return add(pairs, kind, where, value, (size_t)(end - value), e) == 0
		? 1
		: -1;
}

/* 1: all of the pattern fits all of text; 0; -1. */
static int
fit(const char *pattern, const char *where, const char *text,
	struct pairs *pairs, struct error *e)
{
	char part[TEXT_SIZE];
	enum pair_kind kind;
	size_t length = literal(pattern, part);
	int rc;

	if (strncasecmp(text, part, length) != 0)
		return 0;
	text += length;
	for (pattern += length; *pattern != '\0'; pattern += length) {
		pattern += mark_at(pattern, &kind);
		length = literal(pattern, part);
		rc = take_value(kind, part, where, &text, pairs, e);
		if (rc != 1)
			return rc;
		text += length;
	}
	return *text == '\0';
}

static int
read_text(const struct words *patterns, const char *where, const char *text,
	struct pairs *outside, struct error *e)
{
	struct pairs found = { 0 };
	char *plain = plain_copy(text);
	int rc = 0;

	if (plain == NULL)
		return error_memory(e);
	label_collapse(plain);
	for (size_t i = 0; rc == 0 && i < patterns->count; i++) {
		pairs_clear(&found);
		rc = fit(patterns->rows[i], where, plain, &found, e);
	}
	for (size_t i = 0; rc == 1 && i < found.count; i++)
		if (pairs_add(outside, found.rows[i].kind, 0, where,
			    found.rows[i].value, e))
			rc = -1;
	pairs_clear(&found);
	wipe_free(plain);
	return rc == -1 ? -1 : 0;
}

int
outside_read(const struct format *f, const char *subject, const char *name,
	struct pairs *outside, struct error *e)
{
	if (f->in_subject.count > 0 && subject != NULL &&
		read_text(&f->in_subject, "subject", subject, outside, e))
		return -1;
	return f->in_name.count > 0 && name != NULL
		? read_text(&f->in_name, "file name", name, outside, e)
		: 0;
}
