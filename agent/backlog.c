/*
 * The directory, what is in it, and lines put at its end. Its files' names say
 * all; there is no index that could say something else.
 */
#include "agent/backlog_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/text.h"

enum { DIGITS = 16, PIECE = 1 << 14 };

void
backlog_name(uint64_t number, const char *kind, char out[BACKLOG_NAME_SIZE])
{
	text_format(out, BACKLOG_NAME_SIZE, "%0*" PRIu64 ".%s", DIGITS, number,
		kind);
}

/* Its inverse; *kind_r is behind the point. */
static bool
read_name(const char *name, uint64_t *number_r, const char **kind_r)
{
	if (strspn(name, "0123456789") != DIGITS || name[DIGITS] != '.')
		return false;
	*number_r = strtoull(name, NULL, 10);
	*kind_r = name + DIGITS + 1;
	return true;
}

int
backlog_sync_directory(int fd, struct error *e)
{
	return fsync(fd) == 0 ? 0 : error_errno(e, "sync the queue");
}

off_t
backlog_settled(const struct backlog *b, const struct backlog_file *file)
{
	bool last = file == &b->files[b->count - 1];

	return b->current != -1 && last ? b->synced : file->size;
}

/* Lines that nobody can vouch for any more are remembered: whoever put them
 * asks only with the next backlog_sync. */
void
backlog_end_file(struct backlog *b)
{
	if (b->current == -1)
		return;
	if (b->lines > 0 && b->files[b->count - 1].size > b->synced)
		b->dropped = true;
	close(b->current);
	b->current = -1;
}

void
backlog_drop(struct backlog *b, struct backlog_file *file)
{
	size_t place = (size_t)(file - b->files);

	if (place + 1 == b->count)
		backlog_end_file(b);
	b->count--;
	memmove(file, file + 1, (b->count - place) * sizeof(*file));
}

static struct backlog_file *
add_file(struct backlog *b, uint64_t number, struct error *e)
{
	size_t room = b->room == 0 ? 64 : 2 * b->room;
	struct backlog_file *files;

	if (b->count == b->room) {
		files = reallocarray(b->files, room, sizeof(*files));
		if (files == NULL) {
			error_memory(e);
			return NULL;
		}
		b->files = files;
		b->room = room;
	}
	files = &b->files[b->count++];
	*files = (struct backlog_file){ .number = number };
	return files;
}

/* --- what is there when it is opened --- */

/* How many octets of a file of that size are whole lines: looked for from its
 * end. */
static int
whole_lines(int fd, off_t size, off_t *whole_r, struct error *e)
{
	char piece[PIECE];
	const char *newline = NULL;
	off_t at = size;
	ssize_t n = 0;

	while (newline == NULL && at > 0) {
		at = at > PIECE ? at - PIECE : 0;
		n = pread(fd, piece, sizeof(piece), at);
		if (n <= 0)
			return backlog_file_error(e, "read");
		newline = memrchr(piece, '\n', (size_t)n);
	}
	*whole_r = newline == NULL ? 0 : at + (newline - piece) + 1;
	return 0;
}

static int
cut(int fd, struct backlog_file *file, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return backlog_file_error(e, "stat");
	if (whole_lines(fd, st.st_size, &file->size, e) == -1)
		return -1;
	if (file->size == st.st_size)
		return 0;
	return ftruncate(fd, file->size) == 0 && fsync(fd) == 0
		? 0
		: error_errno(e, "cut");
}

/* What was being written when somebody was stopped was promised to nobody. It
 * has fewer lines than octets. */
static int
settle_file(struct backlog *b, struct backlog_file *file, const char *name,
	struct error *e)
{
	int fd = openat(b->directory, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int rc;

	if (fd == -1)
		return backlog_file_error(e, name);
	rc = cut(fd, file, e);
	close(fd);
	if (rc == -1)
		return error_prefix(e, "%s", name);
	if (file->number + (uint64_t)file->size >= b->next)
		b->next = file->number + (uint64_t)file->size + 1;
	return 0;
}

static int
read_number(
	struct backlog *b, const char *name, off_t *number_r, struct error *e)
{
	int fd = openat(b->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[32] = "";
	ssize_t n;

	if (fd == -1)
		return errno == ENOENT ? 0 : backlog_file_error(e, name);
	n = read(fd, text, sizeof(text) - 1);
	if (n == -1)
		backlog_file_error(e, name);
	close(fd);
	*number_r = (off_t)strtoll(text, NULL, 10);
	return n == -1 ? -1 : 0;
}

/* Sent again from the start it is a duplicate. */
static int
read_done(struct backlog *b, struct backlog_file *file, struct error *e)
{
	char name[BACKLOG_NAME_SIZE];
	int rc;

	backlog_name(file->number, "done", name);
	rc = read_number(b, name, &file->done, e);
	if (rc == -1 && e->code == ERROR_BAD)
		rc = backlog_rename_bad(b, file->number, "done", e);
	if (file->done < 0 || file->done > file->size)
		file->done = 0;
	return rc;
}

static int
remove_file(struct backlog *b, uint64_t number, const char *kind)
{
	char name[BACKLOG_NAME_SIZE];

	backlog_name(number, kind, name);
	return unlinkat(b->directory, name, 0);
}

/* A file of lines, found by name. */
static int
take_lines(struct backlog *b, uint64_t number, const char *name, bool undated,
	struct error *e)
{
	struct backlog_file *file = add_file(b, number, e);

	if (file == NULL)
		return -1;
	file->undated = undated;
	if (settle_file(b, file, name, e) == -1)
		return e->code == ERROR_BAD ? backlog_set_aside(b, file, e)
					    : -1;
	if (read_done(b, file, e) == -1)
		return -1;
	if (file->size > file->done)
		return 0;
	b->count--;
	unlinkat(b->directory, name, 0);
	return 0;
}

static bool
has(const struct backlog *b, uint64_t number, const char *kind)
{
	char name[BACKLOG_NAME_SIZE];

	backlog_name(number, kind, name);
	return faccessat(b->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Steps that were cut off are ended: what has its dates is no longer undated,
 * and how far nothing was sent is nothing. */
static int
take_name(struct backlog *b, const char *name, struct error *e)
{
	const char *kind;
	uint64_t number;

	if (!read_name(name, &number, &kind)) {
		if (strstr(name, ".tmp") != NULL)
			unlinkat(b->directory, name, 0);
		return 0;
	}
	if (number >= b->next)
		b->next = number + 1;
	if (strcmp(kind, "jsonl") == 0)
		return take_lines(b, number, name, false, e);
	if (strcmp(kind, "undated") == 0 && !has(b, number, "jsonl"))
		return take_lines(b, number, name, true, e);
	if (strcmp(kind, "undated") == 0 ||
		(strcmp(kind, "done") == 0 && !has(b, number, "jsonl")))
		unlinkat(b->directory, name, 0);
	return 0;
}

/* What an earlier process has put aside. */
static int
take_bad(struct backlog *b, const char *name, struct error *e)
{
	const char *kind;
	uint64_t number;

	(void)e;
	if (read_name(name, &number, &kind))
		b->bad_files += strcmp(kind, "jsonl" BACKLOG_BAD) == 0 ||
			strcmp(kind, "undated" BACKLOG_BAD) == 0;
	return 0;
}

static int
take_refused(struct backlog *b, const char *name, struct error *e)
{
	uint64_t number = strtoull(name, NULL, 10);

	(void)e;
	if (strspn(name, "0123456789") != DIGITS)
		return 0;
	if (number >= b->next)
		b->next = number + 1;
	b->refused_files++;
	return 0;
}

static int
each_name(struct backlog *b, int directory,
	int (*take)(struct backlog *, const char *, struct error *),
	struct error *e)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *found;
	int rc = 0;

	if (dir == NULL) {
		error_errno(e, "read");
		if (fd != -1)
			close(fd);
		return -1;
	}
	for (errno = 0; rc == 0 && (found = readdir(dir)) != NULL; errno = 0)
		rc = take(b, found->d_name, e);
	if (rc == 0 && errno != 0)
		rc = error_errno(e, "read");
	closedir(dir);
	return rc;
}

static int
compare(const void *a, const void *b)
{
	const struct backlog_file *one = a, *other = b;

	return one->number < other->number ? -1 : one->number > other->number;
}

/* --- its life --- */

static int
open_directory(const char *path, int *fd_r, struct error *e)
{
	bool made = mkdir(path, 0700) == 0;
	struct stat st;

	if (!made && errno != EEXIST)
		return error_errno(e, "make it");
	if (durable_made(path, made, e) == -1)
		return -1;
	*fd_r = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd_r == -1 || fstat(*fd_r, &st) == -1)
		return error_errno(e, "open");
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return error_set(e, ERROR_BAD,
			"it must be ours, and writable for nobody else");
	return 0;
}

static int
open_all(struct backlog *b, const char *path, struct error *e)
{
	char refused[4096];

	if (!text_format(refused, sizeof(refused), "%s/refused", path))
		return error_set(e, ERROR_BAD, "too long");
	if (open_directory(path, &b->directory, e) == -1 ||
		open_directory(refused, &b->refused, e) == -1 ||
		each_name(b, b->refused, take_refused, e) == -1 ||
		each_name(b, b->directory, take_bad, e) == -1 ||
		each_name(b, b->directory, take_name, e) == -1)
		return -1;
	if (b->count > 1)
		qsort(b->files, b->count, sizeof(*b->files), compare);
	return 0;
}

int
backlog_open(const char *path, int64_t limit, struct backlog **backlog_r,
	struct error *e)
{
	struct backlog *b = calloc(1, sizeof(*b));
	int rc;

	*backlog_r = NULL;
	if (b == NULL)
		return error_memory(e);
	b->directory = b->refused = b->current = -1;
	b->limit = limit;
	b->next = 1;
	rc = open_all(b, path, e);
	if (rc == -1) {
		error_prefix(e, "queue %s", path);
		backlog_close(&b);
	}
	*backlog_r = b;
	return rc;
}

void
backlog_close(struct backlog **backlog)
{
	struct backlog *b = *backlog;

	*backlog = NULL;
	if (b == NULL)
		return;
	backlog_end_file(b);
	if (b->refused != -1)
		close(b->refused);
	if (b->directory != -1)
		close(b->directory);
	free(b->files);
	free(b);
}

void
backlog_count(const struct backlog *b, struct backlog_count *count_r)
{
	*count_r = (struct backlog_count){ .files = b->count,
		.refused_files = b->refused_files,
		.bad_files = b->bad_files,
		.limit = b->limit };
	for (size_t i = 0; i < b->count; i++) {
		count_r->undated += b->files[i].undated;
		count_r->octets += b->files[i].size - b->files[i].done;
	}
}

/* --- lines put at its end --- */

static int
write_all(int fd, const struct buffer *octets, struct error *e)
{
	size_t at = 0;
	ssize_t n;

	while (at < octets->length) {
		n = write(fd, octets->data + at, octets->length - at);
		if (n == -1 && errno != EINTR)
			return error_errno(e, "write to the queue");
		if (n > 0)
			at += (size_t)n;
	}
	return 0;
}

/* All of it, or nothing. */
static int
append(struct backlog *b, const struct buffer *octets, struct error *e)
{
	struct backlog_file *file = &b->files[b->count - 1];

	if (write_all(b->current, octets, e) == -1) {
		if (ftruncate(b->current, file->size) == -1)
			backlog_end_file(b);
		return -1;
	}
	file->size += (off_t)octets->length;
	return 0;
}

/* The last file was begun, and has nothing that anybody was promised. */
static void
undo_file(struct backlog *b)
{
	struct backlog_file *file = &b->files[b->count - 1];

	(void)remove_file(b, file->number, file->undated ? "undated" : "jsonl");
	backlog_end_file(b);
	backlog_drop(b, file);
}

static int
begin_file(struct backlog *b, bool undated, struct error *e)
{
	char name[BACKLOG_NAME_SIZE];
	struct backlog_file *file = add_file(b, b->next, e);

	if (file == NULL)
		return -1;
	file->undated = undated;
	backlog_name(file->number, undated ? "undated" : "jsonl", name);
	b->current = openat(b->directory, name,
		O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	b->synced = 0;
	b->lines = 0;
	if (b->current != -1 && backlog_sync_directory(b->directory, e) == 0)
		return 0;
	if (b->current == -1)
		error_errno(e, "%s", name);
	undo_file(b);
	return -1;
}

/* The file that the next line goes to is open; head: what an undated one begins
 * with. */
static int
prepare(struct backlog *b, bool undated, const char *boot_id, struct error *e)
{
	struct buffer head = { 0 };
	int rc;

	if (b->current != -1 &&
		(b->files[b->count - 1].undated != undated ||
			b->lines == BACKLOG_LINES_MAX)) {
		if (backlog_flush(b, e) == -1)
			return -1;
		backlog_end_file(b);
	}
	if (b->current != -1)
		return 0;
	if (begin_file(b, undated, e) == -1)
		return -1;
	if (!undated)
		return 0;
	rc = buffer_format(&head, "boot %s\n", boot_id) == BUFFER_OK
		? append(b, &head, e)
		: error_memory(e);
	buffer_clear(&head);
	if (rc == -1)
		undo_file(b);
	return rc;
}

static int
check_report(const struct backlog *b, const char *report, size_t length,
	struct error *e)
{
	struct backlog_count count;

	if (length < 2 || report[0] != '{' || report[length - 1] != '}' ||
		memchr(report, '\n', length) != NULL)
		return error_set(e, ERROR_BAD, "no report on one line");
	if (length > BACKLOG_LINE_MAX)
		return error_set(e, ERROR_LIMIT,
			"a report of more than %d octets", BACKLOG_LINE_MAX);
	backlog_count(b, &count);
	if (count.octets + (int64_t)length > b->limit)
		return error_set(e, ERROR_LIMIT,
			"the queue has its %lld octets (queue_size)",
			(long long)b->limit);
	return 0;
}

int
backlog_put(struct backlog *b, const void *report, size_t length,
	const struct dating *undated, int64_t boot, struct error *e)
{
	struct buffer line = { 0 };
	int rc = -1;

	if (check_report(b, report, length, e) == -1 ||
		prepare(b, undated != NULL,
			undated != NULL ? undated->boot_id : "", e) == -1)
		return -1;
	if ((undated != NULL &&
		    buffer_format(&line, "%" PRId64 " ", boot) != BUFFER_OK) ||
		buffer_append(&line, report, length) != BUFFER_OK ||
		buffer_text(&line, "\n") != BUFFER_OK)
		error_memory(e);
	else
		rc = append(b, &line, e);
	buffer_clear(&line);
	if (rc == 0) {
		b->lines++;
		b->next = b->files[b->count - 1].number + b->lines + 1;
	} else if (b->lines == 0) {
		undo_file(b);
	}
	return rc;
}

/* What a failed sync leaves in the page cache is not on the disk: so the file
 * ends where the last one that went well was. */
int
backlog_flush(struct backlog *b, struct error *e)
{
	struct backlog_file *file;
	bool cut;

	if (b->current == -1)
		return 0;
	file = &b->files[b->count - 1];
	if (file->size == b->synced)
		return 0;
	if (fdatasync(b->current) == 0) {
		b->synced = file->size;
		return 0;
	}
	error_errno(e, "sync the queue");
	cut = ftruncate(b->current, b->synced) == 0;
	backlog_end_file(b);
	if (cut)
		file->size = b->synced;
	if (file->size == 0)
		undo_file(b);
	return -1;
}

int
backlog_sync(struct backlog *b, struct error *e)
{
	int rc = backlog_flush(b, e);

	if (rc == 0 && b->dropped)
		rc = error_set(e, ERROR_TROUBLE,
			"lines that were put into the queue were lost");
	b->dropped = false;
	return rc;
}
