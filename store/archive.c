/*
 * A link is made of a segment that is whole and synced, and never of another
 * one under the same name: so what stands in the archive is what was published.
 */
#include "store/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/regular.h"
#include "base/text.h"
#include "store/segment.h"

enum {
	MONTH_SIZE = sizeof("2026-11"),
	PATH_SIZE = MONTH_SIZE + SEGMENT_NAME_SIZE
};

int
archive_check(const char *directory, const char *spool, struct error *e)
{
	struct stat ours, theirs;

	if (directory[0] != '/' || stat(directory, &ours) == -1 ||
		!S_ISDIR(ours.st_mode) ||
		access(directory, R_OK | W_OK | X_OK) == -1)
		return error_set(e, ERROR_BAD,
			"archive_directory: %s is no directory that can be "
			"written to",
			directory);
	if (stat(spool, &theirs) == -1)
		return error_errno(e, "cannot see %s", spool);
	if (ours.st_dev != theirs.st_dev)
		return error_set(e, ERROR_BAD,
			"archive_directory: %s and %s are not on one file "
			"system",
			directory, spool);
	return 0;
}

static int
open_directory(int at, const char *name, int *fd_r, struct error *e)
{
	*fd_r = openat(
		at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd_r >= 0
		? 0
		: error_errno(e, "cannot open the archive's %s", name);
}

static bool
is_month(const char *name)
{
	return strlen(name) == MONTH_SIZE - 1 && name[4] == '-' &&
		strspn(name, "0123456789-") == MONTH_SIZE - 1;
}

/* "2026-11", of the first record of tmp/name: of one that says no time, as
 * tests make them, "0000-00". */
static int
find_month(const struct spool *s, const char *name, char month_r[MONTH_SIZE],
	struct error *e)
{
	static const char member[] = ",\"received\":\"";
	int fd = regular_open(s->tmp, name, O_RDONLY | O_NOFOLLOW, e);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *record = NULL;
	const char *at = NULL;
	size_t size = 0;

	if (file == NULL) {
		if (fd >= 0)
			close(fd);
		return error_prefix(e, "the spool's tmp");
	}
	if (getline(&record, &size, file) > 0)
		at = strstr(record, member);
	(void)text_format(month_r, MONTH_SIZE, "%.7s",
		at != NULL ? at + sizeof(member) - 1 : "");
	if (!is_month(month_r))
		(void)text_copy(month_r, MONTH_SIZE, "0000-00");
	free(record);
	fclose(file);
	return 0;
}

/* Was it linked before, by a publisher that was killed? */
static int
same_file(int month, const struct spool *s, const char *name, struct error *e)
{
	struct stat ours, theirs;

	if (fstatat(s->tmp, name, &ours, AT_SYMLINK_NOFOLLOW) == -1 ||
		fstatat(month, name, &theirs, AT_SYMLINK_NOFOLLOW) == -1)
		return error_errno(e, "cannot see %s in the archive", name);
	if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return 0;
	return error_set(e, ERROR_TROUBLE,
		"the archive has %s already, and it is another file", name);
}

static int
link_into(int top, const char *month, const struct spool *s, const char *name,
	struct error *e)
{
	int fd, rc = -1;

	if (mkdirat(top, month, 0750) == -1 && errno != EEXIST)
		return error_errno(e, "cannot make the archive's %s", month);
	if (open_directory(top, month, &fd, e) == -1)
		return -1;
	if (linkat(s->tmp, name, fd, name, 0) == -1 && errno != EEXIST)
		error_errno(e, "cannot link %s into the archive", name);
	else if (same_file(fd, s, name, e) == 0)
		rc = fsync(fd) == 0 && fsync(top) == 0
			? 0
			: error_errno(e, "cannot sync the archive");
	close(fd);
	return rc;
}

int
archive_keep(const char *directory, const struct spool *s, const char *name,
	struct error *e)
{
	char month[MONTH_SIZE];
	struct stat st;
	int top, rc;

	/* released before: then it was linked before, too */
	if (fstatat(s->tmp, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT
			? 0
			: error_errno(e, "cannot see tmp/%s", name);
	if (find_month(s, name, month, e) == -1 ||
		open_directory(AT_FDCWD, directory, &top, e) == -1)
		return -1;
	rc = link_into(top, month, s, name, e);
	close(top);
	return rc;
}

/* The archive's files, in order. */
struct files {
	struct archived {
		uint64_t first;
		char path[PATH_SIZE];
	} * rows;
	size_t count;
};

static int
by_first(const void *a, const void *b)
{
	const struct archived *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static int
add_file(struct files *files, const char *month, const char *name,
	uint64_t first, struct error *e)
{
	struct archived *more = files->rows;

	if ((files->count & (files->count - 1)) == 0)
		more = realloc(files->rows,
			(files->count == 0 ? 1 : 2 * files->count) *
				sizeof(*more));
	if (more == NULL)
		return error_memory(e);
	files->rows = more;
	more[files->count].first = first;
	(void)text_format(
		more[files->count].path, PATH_SIZE, "%s/%s", month, name);
	files->count++;
	return 0;
}

/* Calls each for every name in a directory below top. */
static int
each_name(int top, const char *name,
	int (*each)(const char *directory, const char *name, void *arg,
		struct error *e),
	void *arg, struct error *e)
{
	struct dirent *entry;
	int fd, rc = 0;
	DIR *dir;

	if (open_directory(top, name, &fd, e) == -1)
		return -1;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return error_memory(e);
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		rc = each(name, entry->d_name, arg, e);
	closedir(dir);
	return rc;
}

struct collecting {
	int top;
	uint64_t to;
	struct files files;
};

static int
collect_file(const char *month, const char *name, void *arg, struct error *e)
{
	struct collecting *c = arg;
	uint64_t first;

	return spool_named(name, &first) && first <= c->to
		? add_file(&c->files, month, name, first, e)
		: 0;
}

static int
collect_month(const char *top, const char *name, void *arg, struct error *e)
{
	struct collecting *c = arg;

	(void)top;
	return is_month(name) ? each_name(c->top, name, collect_file, c, e) : 0;
}

static int
read_file(int top, const struct archived *file,
	int (*each)(const struct archive_line *line, void *arg), void *arg,
	struct error *e)
{
	struct archive_line line = { .file = file->path, .first = file->first };
	int fd = regular_open(top, file->path, O_RDONLY | O_NOFOLLOW, e);
	FILE *lines = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *text = NULL;
	size_t size = 0;
	ssize_t got;
	int rc = 0;

	if (lines == NULL) {
		if (fd >= 0)
			close(fd);
		return error_prefix(e, "the archive");
	}
	while (rc == 0 && (got = getline(&text, &size, lines)) > 0) {
		line.number++;
		line.cut = text[got - 1] != '\n';
		line.text = text;
		line.length = (size_t)got - !line.cut;
		rc = each(&line, arg);
	}
	if (rc == 0 && ferror(lines))
		rc = error_errno(e, "cannot read the archive's %s", file->path);
	free(text);
	fclose(lines);
	return rc;
}

/* Opens the archive, and lists its files up to a number; close_files closes. */
static int
open_files(const char *directory, uint64_t to, struct collecting *c,
	struct error *e)
{
	*c = (struct collecting){ .to = to };
	c->top = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->top < 0)
		return error_errno(e, "cannot open the archive %s", directory);
	if (each_name(c->top, ".", collect_month, c, e) == -1)
		return -1;
	if (c->files.count > 0)
		qsort(c->files.rows, c->files.count, sizeof(*c->files.rows),
			by_first);
	return 0;
}

static void
close_files(struct collecting *c)
{
	free(c->files.rows);
	if (c->top >= 0)
		close(c->top);
}

int
archive_each(const char *directory, uint64_t to,
	int (*each)(const struct archive_line *line, void *arg), void *arg,
	struct error *e)
{
	struct collecting c;
	int rc = open_files(directory, to, &c, e);

	for (size_t i = 0; rc == 0 && i < c.files.count; i++)
		rc = read_file(c.top, &c.files.rows[i], each, arg, e);
	close_files(&c);
	return rc;
}

static int
note_number(const struct archive_line *line, void *arg)
{
	(void)sscanf(line->text, "{\"sequence\":%20" SCNu64, (uint64_t *)arg);
	return 0;
}

int
archive_last(const char *directory, uint64_t *last_r, struct error *e)
{
	struct collecting c;
	int rc = open_files(directory, UINT64_MAX, &c, e);

	*last_r = 0;
	if (rc == 0 && c.files.count > 0)
		rc = read_file(c.top, &c.files.rows[c.files.count - 1],
			note_number, last_r, e);
	close_files(&c);
	return rc;
}

/* A segment of today may stand under a month of long ago: what was kept in the
 * quarantine since has the time when it came. */
static bool
is_over(int top, const struct archived *file, int64_t before)
{
	char date[TEXT_TIME_SIZE], month[MONTH_SIZE];
	struct stat st;

	text_time((time_t)before, date);
	(void)text_format(month, sizeof(month), "%.7s", date);
	return strncmp(file->path, month, MONTH_SIZE - 1) < 0 &&
		fstatat(top, file->path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		st.st_mtime < before;
}

int
archive_over(const char *directory, int64_t before, uint64_t *first_r,
	struct error *e)
{
	struct collecting c;
	int rc = open_files(directory, UINT64_MAX, &c, e);
	size_t i = 0;

	*first_r = 0;
	while (rc == 0 && i + 1 < c.files.count &&
		is_over(c.top, &c.files.rows[i], before))
		i++;
	if (rc == 0 && c.files.count > 0)
		*first_r = c.files.rows[i].first;
	close_files(&c);
	return rc;
}

int
archive_forget(const char *directory, uint64_t first, struct error *e)
{
	struct collecting c;
	char *path;
	int rc = open_files(directory, first, &c, e);

	for (size_t i = 0; rc == 0 && i < c.files.count; i++) {
		path = c.files.rows[i].path;
		if (c.files.rows[i].first == first)
			break;
		if (unlinkat(c.top, path, 0) == -1)
			rc = error_errno(
				e, "cannot remove %s from the archive", path);
		/* what else somebody has put there stays, and its month */
		path[MONTH_SIZE - 1] = '\0';
		(void)unlinkat(c.top, path, AT_REMOVEDIR);
	}
	close_files(&c);
	return rc;
}
