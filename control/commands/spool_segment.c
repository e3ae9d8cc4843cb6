/*
 * A check of the spool that shares nothing with the code that writes it, save
 * the names: what it finds right, a consumer can read.
 */
#include "control/commands/spool_segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <jansson.h>

#include "base/text.h"

void
segment_path(const char *spool, const char *place, const char *name,
	char out[SEGMENT_PATH_SIZE])
{
	text_format(out, SEGMENT_PATH_SIZE, "%s/%s/%s", spool, place, name);
}

const char *
segment_name(const char *spool, const char *text)
{
	size_t length = strlen(spool);

	if (strncmp(text, spool, length) == 0 &&
		strncmp(text + length, "/cur/", 5) == 0)
		text += length + 5;
	return text;
}

struct list {
	struct segment *rows;
	size_t count, room, others;
};

/* Or gone meanwhile: whoever opens it will see. */
static bool
is_regular(int directory, const char *name)
{
	struct stat st;

	return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		S_ISREG(st.st_mode);
}

static int
add(struct list *l, int directory, const char *name, bool claimed,
	struct error *e)
{
	uint64_t first;

	if (name[0] == '.')
		return 0;
	if (!spool_named(name, &first) || !is_regular(directory, name)) {
		l->others++;
		return 0;
	}
	if (l->count == l->room) {
		size_t room = l->room > 0 ? 2 * l->room : 64;
		void *rows = reallocarray(l->rows, room, sizeof(*l->rows));

		if (rows == NULL)
			return error_memory(e);
		l->rows = rows;
		l->room = room;
	}
	l->rows[l->count].first = first;
	l->rows[l->count].claimed = claimed;
	text_copy(l->rows[l->count++].name, SEGMENT_NAME_SIZE, name);
	return 0;
}

static int
read_directory(struct list *l, const char *spool, bool claimed, struct error *e)
{
	char path[SEGMENT_PATH_SIZE];
	const struct dirent *entry;
	DIR *directory;
	int rc = -1;

	if (!text_format(path, sizeof(path), "%s/%s", spool,
		    claimed ? "cur" : "new"))
		return error_set(e, ERROR_BAD, "%s: too long", spool);
	directory = opendir(path);
	if (directory == NULL && errno == EACCES)
		return error_set(e, ERROR_DENIED,
			"spool %s: only for root, the daemon's user and the "
			"members of spool_group",
			path);
	if (directory == NULL)
		return error_errno(e, "spool %s", path);
	while (errno = 0, (entry = readdir(directory)) != NULL) {
		if (add(l, dirfd(directory), entry->d_name, claimed, e) == -1)
			goto out;
	}
	rc = errno == 0 ? 0 : error_errno(e, "spool %s", path);
out:
	closedir(directory);
	return rc;
}

static int
compare(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (int)x->claimed - (int)y->claimed;
}

int
segment_list(const char *spool, bool claimed, struct segment **segments_r,
	size_t *count_r, size_t *others_r, struct error *e)
{
	struct list l = { 0 };

	if (read_directory(&l, spool, false, e) == -1 ||
		(claimed && read_directory(&l, spool, true, e) == -1)) {
		free(l.rows);
		return -1;
	}
	if (l.count > 0)
		qsort(l.rows, l.count, sizeof(*l.rows), compare);
	*segments_r = l.rows;
	*count_r = l.count;
	if (others_r != NULL)
		*others_r = l.others;
	return 0;
}

/*
 * An integer of 64 bits without sign, which a device may write, is too large
 * for Jansson; then all of them become reals but the ones that are looked at.
 */
static json_t *
load(const char *text, size_t length, struct error *e)
{
	json_error_t why;
	json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
	json_t *sequence;

	if (object == NULL &&
		json_error_code(&why) == json_error_numeric_overflow) {
		object = json_loadb(text, length,
			JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &why);
		sequence = json_object_get(object, "sequence");
		if (json_is_real(sequence))
			json_object_set_new(object, "sequence",
				json_integer(
					(json_int_t)json_real_value(sequence)));
	}
	/* Not Jansson's own text, which quotes the line. */
	if (object == NULL && json_error_code(&why) == json_error_out_of_memory)
		error_memory(e);
	else if (object == NULL)
		error_set(e, ERROR_BAD, "no JSON object, see column %d",
			why.column);
	return object;
}

static int
check_line(const char *text, size_t length, uint64_t expected, struct error *e)
{
	json_t *object, *sequence;
	int rc = -1;

	if (length == 0 || text[length - 1] != '\n')
		return error_set(e, ERROR_BAD, "the line does not end");
	object = load(text, length - 1, e);
	if (object == NULL)
		return -1;
	sequence = json_object_get(object, "sequence");
	if (!json_is_integer(sequence))
		error_set(e, ERROR_BAD, "no sequence number");
	else if ((uint64_t)json_integer_value(sequence) != expected)
		error_set(e, ERROR_BAD, "sequence %lld where %llu belongs",
			(long long)json_integer_value(sequence),
			(unsigned long long)expected);
	else
		rc = 0;
	json_decref(object);
	return rc;
}

int
segment_check(FILE *in, uint64_t first, uint64_t *last_r, struct error *e)
{
	uint64_t expected = first;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	int rc = -1;

	while ((length = getline(&line, &room, in)) != -1) {
		if (check_line(line, (size_t)length, expected, e) == -1) {
			error_prefix(e, "line %llu",
				(unsigned long long)(expected - first + 1));
			goto out;
		}
		expected++;
	}
	if (!feof(in)) /* no memory for a line is no end either */
		error_errno(e, "read");
	else if (expected == first)
		error_set(e, ERROR_BAD, "empty");
	else
		rc = 0;
out:
	*last_r = expected - 1;
	free(line);
	return rc;
}
