/*
 * The set of format files: found in directories, ordered by name.
 */
#include "parser/formats/formats.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parser/formats/format.h"
#include "parser/formats/vocabulary.h"

struct formats {
	size_t count;
	struct format **rows; /* in order of name */
	struct vocabulary *vocabulary;
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

static int
is_format(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 7 &&
		strcmp(entry->d_name + length - 7, ".format") == 0;
}

static int
load_one(struct formats *f, const char *directory, const char *name,
	struct error *e)
{
	char *called = strndup(name, strlen(name) - strlen(".format"));
	struct format *format;
	char *path;
	int rc;

	if (called == NULL || asprintf(&path, "%s/%s", directory, name) == -1) {
		free(called);
		return error_memory(e);
	}
	rc = format_read(path, called, &format, e);
	free(path);
	free(called);
	return rc == 0 ? insert(f, format, e) : -1;
}

static int
load_directory(struct formats *f, const char *directory, struct error *e)
{
	struct dirent **entries;
	int count, rc = 0;

	count = scandir(directory, &entries, is_format, alphasort);
	if (count == -1)
		return errno == ENOENT ? 0 : error_errno(e, "%s", directory);
	for (int i = 0; i < count; i++) {
		if (rc == 0)
			rc = load_one(f, directory, entries[i]->d_name, e);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int
formats_load(const char *const *directories, size_t count,
	struct formats **formats_r, struct error *e)
{
	struct formats *f = calloc(1, sizeof(*f));

	*formats_r = NULL;
	if (f == NULL)
		return error_memory(e);
	for (size_t i = 0; i < count; i++)
		if (load_directory(f, directories[i], e)) {
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
