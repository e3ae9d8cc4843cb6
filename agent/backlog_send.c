/*
 * What leaves the queue: lines taken to be sent, and forgotten, or put aside,
 * when the center has answered for them.
 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/backlog_inside.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

int
backlog_file_error(struct error *e, const char *name)
{
	const bool own =
		errno == EIO || (errno != EROFS && !error_passes(errno));

	error_errno(e, "%s", name);
	if (own)
		e->code = ERROR_BAD;
	return -1;
}

int
backlog_rename_bad(
	struct backlog *b, uint64_t number, const char *kind, struct error *e)
{
	char name[BACKLOG_NAME_SIZE], bad[BACKLOG_NAME_SIZE];

	backlog_name(number, kind, name);
	text_format(bad, sizeof(bad), "%s" BACKLOG_BAD, name);
	log_error("a file of the queue is put aside as %s: %s", bad, e->text);
	if (renameat(b->directory, name, b->directory, bad) == -1)
		return error_errno(e, "rename %s", name);
	return backlog_sync_directory(b->directory, e);
}

int
backlog_set_aside(struct backlog *b, struct backlog_file *file, struct error *e)
{
	const uint64_t number = file->number;
	const char *kind = file->undated ? "undated" : "jsonl";

	backlog_drop(b, file);
	b->bad_files++;
	return backlog_rename_bad(b, number, kind, e);
}

static int
open_lines(const struct backlog *b, uint64_t number, struct error *e)
{
	char name[BACKLOG_NAME_SIZE];
	int fd;

	backlog_name(number, "jsonl", name);
	fd = openat(b->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd != -1 ? fd : backlog_file_error(e, name);
}

/* Appends so many octets that stand there. */
static int
read_at(int fd, off_t at, size_t length, struct buffer *out, struct error *e)
{
	char piece[1 << 14];
	ssize_t n;

	while (length > 0) {
		n = pread(fd, piece,
			length < sizeof(piece) ? length : sizeof(piece), at);
		if (n <= 0)
			return n == 0 ? error_set(e, ERROR_BAD,
						"a file of the queue was cut")
				      : backlog_file_error(e, "read");
		if (buffer_append(out, piece, (size_t)n) != BUFFER_OK)
			return error_memory(e);
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Keeps whole lines, as many as may go together. */
static void
cut_lines(struct buffer *out, size_t start, size_t lines,
	struct backlog_slice *slice)
{
	const unsigned char *at = out->data + start, *end;
	const unsigned char *last = out->data + out->length;

	while (slice->lines < lines && at < last &&
		(end = memchr(at, '\n', (size_t)(last - at))) != NULL) {
		slice->lines++;
		at = end + 1;
	}
	out->length = (size_t)(at - out->data);
	out->data[out->length] = '\0';
	slice->to = slice->from + (off_t)(out->length - start);
}

static int
take_from(struct backlog *b, const struct backlog_file *file, size_t octets,
	size_t lines, struct buffer *out, struct backlog_slice *slice,
	struct error *e)
{
	off_t left = backlog_settled(b, file) - file->done;
	size_t start = out->length;
	int fd = open_lines(b, file->number, e);
	int rc;

	if (fd == -1)
		return -1;
	slice->file = file->number;
	slice->from = file->done;
	rc = read_at(fd, file->done,
		(uint64_t)left < octets ? (size_t)left : octets, out, e);
	close(fd);
	if (rc == -1)
		return -1;
	if (out->length > start)
		cut_lines(out, start, lines, slice);
	if (slice->lines == 0)
		return error_set(e, ERROR_LIMIT,
			"a report in the queue is longer than what may be "
			"sent at once");
	return 0;
}

/* That has lines to be sent; NULL: none. */
static struct backlog_file *
oldest(struct backlog *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (!b->files[i].undated &&
			backlog_settled(b, &b->files[i]) > b->files[i].done)
			return &b->files[i];
	return NULL;
}

int
backlog_take(struct backlog *b, size_t octets, size_t lines, struct buffer *out,
	struct backlog_slice *slice_r, struct error *e)
{
	const size_t start = out->length;
	struct backlog_file *file;

	memset(slice_r, 0, sizeof(*slice_r));
	while ((file = oldest(b)) != NULL) {
		if (take_from(b, file, octets, lines, out, slice_r, e) == 0)
			return 0;
		if (e->code != ERROR_BAD)
			return -1;
		/* where it cannot be renamed it is left, until the next start
		 */
		if (backlog_set_aside(b, file, e) == -1)
			log_error("%s", e->text);
		out->length = start;
		memset(slice_r, 0, sizeof(*slice_r));
	}
	return 0;
}

/* --- what the center will not have --- */

static int
collect_refused(const struct buffer *lines, const unsigned char *refused,
	struct buffer *out, struct error *e)
{
	const unsigned char *at = lines->data, *end;
	const unsigned char *last = lines->data + lines->length;

	for (size_t i = 0; at < last; i++, at = end + 1) {
		end = memchr(at, '\n', (size_t)(last - at));
		if (end == NULL)
			break;
		if (refused[i] != 0 &&
			buffer_append(out, at, (size_t)(end + 1 - at)) !=
				BUFFER_OK)
			return error_memory(e);
	}
	return 0;
}

/* The oldest file's name; false: there is none. */
static bool
oldest_refused(const struct backlog *b, char out[BACKLOG_NAME_SIZE])
{
	int fd = openat(b->refused, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *found;

	out[0] = '\0';
	if (dir == NULL && fd != -1)
		close(fd);
	while (dir != NULL && (found = readdir(dir)) != NULL)
		if (found->d_name[0] != '.' &&
			(out[0] == '\0' || strcmp(found->d_name, out) < 0))
			(void)text_copy(out, BACKLOG_NAME_SIZE, found->d_name);
	if (dir != NULL)
		closedir(dir);
	return out[0] != '\0';
}

/* Under a name that follows from where the lines stood: who was cut off behind
 * this writes the same file again. */
static int
put_aside(struct backlog *b, const struct backlog_slice *slice,
	const struct buffer *lines, struct error *e)
{
	char name[BACKLOG_NAME_SIZE];
	bool there;

	text_format(name, sizeof(name), "%016" PRIu64 "-%lld.jsonl",
		slice->file, (long long)slice->from);
	there = faccessat(b->refused, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (file_replace(b->refused, "new.tmp", name, 0600, lines, e) == -1 ||
		backlog_sync_directory(b->refused, e) == -1)
		return error_prefix(e, "refused");
	b->refused_files += !there;
	while (b->refused_files > BACKLOG_REFUSED_MAX &&
		oldest_refused(b, name) && unlinkat(b->refused, name, 0) == 0)
		b->refused_files--;
	return 0;
}

static int
keep_refused(struct backlog *b, const struct backlog_slice *slice,
	const unsigned char *refused, struct error *e)
{
	struct buffer all = { 0 }, some = { 0 };
	int fd, rc = -1;

	if (memchr(refused, 1, slice->lines) == NULL)
		return 0;
	fd = open_lines(b, slice->file, e);
	if (fd == -1)
		return -1;
	if (read_at(fd, slice->from, (size_t)(slice->to - slice->from), &all,
		    e) == 0 &&
		collect_refused(&all, refused, &some, e) == 0)
		rc = put_aside(b, slice, &some, e);
	close(fd);
	buffer_clear(&some);
	buffer_clear(&all);
	return rc;
}

/* --- what it has --- */

static struct backlog_file *
find_file(struct backlog *b, uint64_t number)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->files[i].number == number)
			return &b->files[i];
	return NULL;
}

static int
note_done(
	struct backlog *b, struct backlog_file *file, off_t to, struct error *e)
{
	struct buffer text = { 0 };
	char name[BACKLOG_NAME_SIZE];
	int rc = -1;

	backlog_name(file->number, "done", name);
	if (buffer_format(&text, "%lld\n", (long long)to) != BUFFER_OK)
		error_memory(e);
	else if (file_replace(b->directory, "done.tmp", name, 0600, &text, e) ==
		0)
		rc = backlog_sync_directory(b->directory, e);
	buffer_clear(&text);
	if (rc == 0)
		file->done = to;
	return rc;
}

/* All of the file is at the center. How far it was goes behind it. */
int
backlog_remove(struct backlog *b, struct backlog_file *file, struct error *e)
{
	char name[BACKLOG_NAME_SIZE];

	backlog_name(file->number, "jsonl", name);
	if (unlinkat(b->directory, name, 0) == -1 && errno != ENOENT)
		return error_errno(e, "%s", name);
	backlog_name(file->number, "done", name);
	(void)unlinkat(b->directory, name, 0);
	backlog_drop(b, file);
	return backlog_sync_directory(b->directory, e);
}

int
backlog_answered(struct backlog *b, const struct backlog_slice *slice,
	const unsigned char *refused, struct error *e)
{
	struct backlog_file *file = find_file(b, slice->file);

	if (file == NULL || slice->from != file->done ||
		slice->to > backlog_settled(b, file))
		return error_set(
			e, ERROR_TROUBLE, "the queue has changed meanwhile");
	if (keep_refused(b, slice, refused, e) == -1)
		return -1;
	return slice->to == file->size ? backlog_remove(b, file, e)
				       : note_done(b, file, slice->to, e);
}
