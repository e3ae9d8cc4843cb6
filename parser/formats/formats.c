/*
 * The set of format files: found in directories, ordered by name.
 */
#include "parser/formats/formats.h"

#include <stdlib.h>
#include <string.h>

#include "base/directory.h"
#include "parser/formats/format.h"
#include "parser/formats/vocabulary.h"

struct formats {
	size_t count;
	struct format **rows; /* in order of name */
	struct vocabulary *vocabulary;
	struct words faults;
};

/* Puts a format in its place by name; one of the same name goes. */
static int
insert(struct formats *f, struct format *format, struct error *e)
{
	struct format **rows;
	size_t i = 0;

	while (i < f->count && strcmp(f->rows[i]->name, format->name) < 0)
		i++;
	if (i < f->count && strcmp(f->rows[i]->name, format->name) == 0) {
		format_free(f->rows[i]);
		f->rows[i] = format;
		return 0;
	}
	rows = reallocarray(f->rows, f->count + 1, sizeof(struct format *));
	if (rows == NULL) {
		format_free(format);
		return error_memory(e);
	}
	memmove(rows + i + 1, rows + i, (f->count - i) * sizeof(*rows));
	rows[i] = format;
	f->rows = rows;
	f->count++;
	return 0;
}

/* The file is left out, and so is another of its name. */
static int
note_fault(struct formats *f, const char *called, const char *text)
{
	char **rows = reallocarray(
		f->faults.rows, f->faults.count + 1, sizeof(*rows));

	if (rows == NULL)
		return -1;
	f->faults.rows = rows;
	rows[f->faults.count] = strdup(text);
	if (rows[f->faults.count] == NULL)
		return -1;
	f->faults.count++;
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->rows[i]->name, called) == 0) {
			format_free(f->rows[i]);
			f->count--;
			memmove(f->rows + i, f->rows + i + 1,
				(f->count - i) * sizeof(*f->rows));
			break;
		}
	return 0;
}

/* For directory_each. */
static int
load_one(void *arg, const char *path, const char *called, struct error *e)
{
	struct formats *f = arg;
	struct format *format;
	struct error fault;

	if (format_read(path, called, &format, &fault) == 0)
		return insert(f, format, e);
	if (fault.code != ERROR_TROUBLE)
		return note_fault(f, called, fault.text) ? error_memory(e) : 0;
	return error_set(e, fault.code, "%s", fault.text);
}

int
formats_load_sound(const char *const *directories, size_t count,
	struct formats **formats_r, struct error *e)
{
	struct formats *f = calloc(1, sizeof(*f));

	*formats_r = NULL;
	if (f == NULL)
		return error_memory(e);
	for (size_t i = 0; i < count; i++)
		if (directory_each(directories[i], ".format", load_one, f, e) !=
			0) {
			formats_free(&f);
			return -1;
		}
	f->vocabulary = vocabulary_make(f->rows, f->count);
	if (f->vocabulary == NULL) {
		formats_free(&f);
		return error_memory(e);
	}
	*formats_r = f;
	return 0;
}

int
formats_load(const char *const *directories, size_t count,
	struct formats **formats_r, struct error *e)
{
	if (formats_load_sound(directories, count, formats_r, e))
		return -1;
	if (formats_fault(*formats_r, 0) == NULL)
		return 0;
	error_set(e, ERROR_BAD, "%s", formats_fault(*formats_r, 0));
	formats_free(formats_r);
	return -1;
}

const char *
formats_fault(const struct formats *f, size_t index)
{
	return index < f->faults.count ? f->faults.rows[index] : NULL;
}

/* Has one all labels of the other, and as many? */
static bool
same_labels(const struct format *a, const struct format *b)
{
	if (a->rule_count != b->rule_count)
		return false;
	for (size_t i = 0; i < a->rule_count; i++)
		if (format_rule(b, a->rules[i].label) == NULL)
			return false;
	return true;
}

static bool
same_words(const struct words *a, const struct words *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (words_equal(b, a->rows[i]) == NULL)
			return false;
	return true;
}

static bool
is_tie(const struct format *a, const struct format *b)
{
	if (a->layout != b->layout || a->brackets != b->brackets ||
		a->columns != b->columns ||
		strcmp(a->separators, b->separators) != 0 || !same_labels(a, b))
		return false;
	for (enum match_where i = MATCH_BODY; i <= MATCH_NAME; i++)
		if (!same_words(&a->match.words[i], &b->match.words[i]))
			return false;
	return true;
}

size_t
formats_ties(const struct formats *f,
	void (*tie)(const char *one, const char *other, void *arg), void *arg)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		for (size_t j = i + 1; j < f->count; j++) {
			if (!is_tie(f->rows[i], f->rows[j]))
				continue;
			tie(f->rows[i]->name, f->rows[j]->name, arg);
			count++;
		}
	return count;
}

void
formats_free(struct formats **f)
{
	struct formats *old = *f;

	*f = NULL;
	if (old == NULL)
		return;
	for (size_t i = 0; i < old->count; i++)
		format_free(old->rows[i]);
	vocabulary_free(&old->vocabulary);
	words_free(&old->faults);
	free(old->rows);
	free(old);
}

size_t
formats_count(const struct formats *f)
{
	return f->count;
}

const struct format *
formats_get(const struct formats *f, size_t index)
{
	return f->rows[index];
}

const struct vocabulary *
formats_vocabulary(const struct formats *f)
{
	return f->vocabulary;
}
