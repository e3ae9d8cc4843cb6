/*
 * libzip reads from memory and as a stream, and is what distributions keep up;
 * minizip 1.1 wants callbacks for memory, and is what zlib left. It knows
 * packings and ciphers that nobody needs here: they are refused first. How many
 * files there are is counted before it makes a list of them.
 */
#include "parser/formats/zip.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

#include "base/wipe.h"

enum {
	END_SIZE = 22, /* of the record at the end, without its comment */
	COMMENT_MAX = 65535,
	SMALL = 4096 /* what is so small may be packed at any ratio */
};

struct walk {
	zip_t *zip;
	size_t limit, total;
	int (*take)(const char *name, const unsigned char *octets,
		size_t length, void *arg, struct error *e);
	void *arg;
	struct error *e;
};

/* No record that may be the one at the end says that there are many files. */
static bool
has_few(const unsigned char *octets, size_t length)
{
	const size_t reach = END_SIZE + COMMENT_MAX;
	size_t at = length > reach ? length - reach : 0;

	for (; at + END_SIZE <= length; at++)
		if (memcmp(octets + at, "PK\5\6", 4) == 0 &&
			(octets[at + 10] | octets[at + 11] << 8) >
				ZIP_MEMBERS_MAX)
			return false;
	return true;
}

static int
check_member(const struct walk *w, const zip_stat_t *s)
{
	const zip_uint64_t all = ZIP_STAT_NAME | ZIP_STAT_SIZE |
		ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
		ZIP_STAT_ENCRYPTION_METHOD;

	if ((s->valid & all) != all)
		return error_set(w->e, ERROR_BAD, "a file in the ZIP is odd");
	if (s->encryption_method != ZIP_EM_NONE ||
		(s->comp_method != ZIP_CM_STORE &&
			s->comp_method != ZIP_CM_DEFLATE))
		return error_set(w->e, ERROR_BAD,
			"a file in the ZIP is encrypted, or not packed by "
			"deflate");
	if (s->size > w->limit || s->size > 4 * w->limit - w->total ||
		(s->size > SMALL && s->size / ZIP_RATIO_MAX > s->comp_size))
		return error_set(w->e, ERROR_LIMIT,
			"a file in the ZIP is too large or packed too well");
	return 0;
}

static int
read_member(const struct walk *w, zip_uint64_t index, unsigned char *octets,
	size_t size)
{
	zip_file_t *file = zip_fopen_index(w->zip, index, 0);
	zip_int64_t got = -1;
	char more;

	if (file != NULL) {
		got = zip_fread(file, octets, size);
		if (got == (zip_int64_t)size && zip_fread(file, &more, 1) != 0)
			got = -1; /* longer than it said, or a wrong sum */
		zip_fclose(file);
	}
	if (got == (zip_int64_t)size)
		return 0;
	return error_set(w->e, ERROR_BAD, "a file in the ZIP is damaged");
}

static int
take_member(struct walk *w, zip_uint64_t index)
{
	unsigned char *octets;
	zip_stat_t s;
	size_t length;
	int rc;

	if (zip_stat_index(w->zip, index, 0, &s))
		return error_set(w->e, ERROR_BAD, "a file in the ZIP is odd");
	if (check_member(w, &s))
		return -1;
	length = strlen(s.name);
	if (length == 0 || s.name[length - 1] == '/')
		return 0;
	octets = malloc((size_t)s.size + 1);
	if (octets == NULL)
		return error_memory(w->e);
	octets[s.size] = '\0';
	w->total += (size_t)s.size;
	rc = read_member(w, index, octets, (size_t)s.size);
	if (rc == 0)
		rc = w->take(s.name, octets, (size_t)s.size, w->arg, w->e);
	wipe_free(octets);
	return rc;
}

static zip_t *
open_zip(const void *octets, size_t length)
{
	zip_source_t *source =
		zip_source_buffer_create(octets, length, 0, NULL);
	zip_t *zip;

	if (source == NULL)
		return NULL;
	zip = zip_open_from_source(source, ZIP_RDONLY, NULL);
	if (zip == NULL)
		zip_source_free(source);
	return zip;
}

int
zip_each(const void *octets, size_t length, size_t limit,
	int (*take)(const char *name, const unsigned char *octets,
		size_t length, void *arg, struct error *e),
	void *arg, struct error *e)
{
	struct walk w = { .limit = limit, .take = take, .arg = arg, .e = e };
	zip_int64_t count;
	int rc = 0;

	if (!has_few(octets, length))
		return error_set(e, ERROR_LIMIT, "more than %d files in a ZIP",
			ZIP_MEMBERS_MAX);
	w.zip = open_zip(octets, length);
	if (w.zip == NULL)
		return error_set(e, ERROR_BAD, "it is no ZIP");
	count = zip_get_num_entries(w.zip, 0);
	if (count > ZIP_MEMBERS_MAX)
		rc = error_set(e, ERROR_LIMIT, "more than %d files in a ZIP",
			ZIP_MEMBERS_MAX);
	for (zip_int64_t i = 0; rc == 0 && i < count; i++)
		rc = take_member(&w, (zip_uint64_t)i);
	zip_discard(w.zip);
	return rc;
}
