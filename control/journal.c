/*
 * The exit code's place is in the line from the first, wide enough for any: so
 * a line is written once, and its end is one short write that changes nothing
 * else. Whoever appends holds a lock on the file, and begins on a new line if
 * the power failed in the middle of one.
 */
#include "control/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/durable.h"
#include "base/regular.h"
#include "base/text.h"

enum {
	PATH_SIZE = 4096,
	USER_SIZE = 128,
	JOURNAL_MAX = 4 << 20, /* octets; then it becomes the one before */
	EXIT_ENDS = sizeof("null}\n") - 1 /* a line's last octets */
};

static int
name_file(const char *directory, const char *name, char path_r[PATH_SIZE],
	struct error *e)
{
	return text_format(path_r, PATH_SIZE, "%s/%s", directory, name)
		? 0
		: error_set(e, ERROR_BAD, "the path is too long");
}

/* What root makes is the state's owner's, as all that is there. */
static int
give(int fd, const char *directory, struct error *e)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(directory, &st) == -1 ||
		fchown(fd, st.st_uid, st.st_gid) == -1)
		return error_errno(e, "owner");
	return 0;
}

/* The directory is the daemon's user's, and root may open it: nothing that is
 * led elsewhere. */
static int
open_file(const char *directory, const char *path, struct error *e)
{
	const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	struct stat st;
	int fd = open(path, flags);
	const bool made = fd == -1 && errno == ENOENT;

	if (made)
		fd = open(path, flags | O_CREAT | O_EXCL, 0600);
	if (fd == -1) {
		error_errno(e, "open");
		if (errno == ENOENT)
			e->code = ERROR_NOT_FOUND;
		return -1;
	}
	if (fstat(fd, &st) == -1)
		error_errno(e, "stat");
	else if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		error_set(e, ERROR_DENIED, "no regular file of one name");
	else if (!made ||
		(give(fd, directory, e) == 0 && durable_entry(path, e) == 0))
		return fd;
	close(fd);
	return -1;
}

/* With the lock held: is it, while we waited, not the journal any more? */
static bool
is_gone(int fd, const char *path)
{
	struct stat ours, now;

	return fstat(fd, &ours) == -1 || stat(path, &now) == -1 ||
		ours.st_ino != now.st_ino || ours.st_dev != now.st_dev;
}

/* With the lock held: 1, it was full and is the one before now. */
static int
rotate(int fd, const char *directory, const char *path, struct error *e)
{
	char before[PATH_SIZE];
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(e, "stat");
	if (st.st_size < JOURNAL_MAX)
		return 0;
	if (name_file(directory, "journal.1", before, e) == -1)
		return -1;
	if (rename(path, before) == -1)
		return error_errno(e, "rename");
	return durable_directory(directory, e) == 0 ? 1 : -1;
}

/* The journal of this moment, locked. */
static int
open_locked(const char *directory, struct error *e)
{
	char path[PATH_SIZE];
	int fd, full;

	if (name_file(directory, "journal", path, e) == -1)
		return -1;
	for (;;) {
		fd = open_file(directory, path, e);
		if (fd == -1)
			return -1;
		while (flock(fd, LOCK_EX) == -1 && errno == EINTR)
			continue;
		full = is_gone(fd, path) ? 1 : rotate(fd, directory, path, e);
		if (full == 0)
			return fd;
		close(fd);
		if (full == -1)
			return -1;
	}
}

static void
name_user(uid_t uid, char out[USER_SIZE])
{
	char space[4096];
	struct passwd user, *found = NULL;

	if (getpwuid_r(uid, &user, space, sizeof(space), &found) != 0 ||
		found == NULL || !text_copy(out, USER_SIZE, user.pw_name))
		out[0] = '\0';
}

static json_t *
words_of(const struct journal_entry *entry)
{
	json_t *words = json_array();
	char word[PATH_SIZE];

	for (int i = 0; i < entry->argc; i++) {
		json_t *text = json_string(entry->argv[i]);

		if (text == NULL) { /* no UTF-8 */
			text_printable(entry->argv[i], strlen(entry->argv[i]),
				word, sizeof(word));
			text = json_string(word);
		}
		json_array_append_new(words, text);
	}
	return words;
}

/* {…,"exit":null} and a newline; the caller frees. NULL: no memory. */
static char *
make_line(const struct journal_entry *entry, size_t *length_r)
{
	char now[TEXT_TIME_SIZE], user[USER_SIZE];
	struct clock_reading r;
	json_t *object;
	char *text;

	clock_read(&r);
	text_time((time_t)r.real, now);
	name_user(entry->uid, user);
	object = json_pack("{s:s,s:I,s:s,s:s,s:o,s:n}", "time", now, "uid",
		(json_int_t)entry->uid, "user", user, "role", entry->role,
		"command", words_of(entry), "exit");
	text = object != NULL
		? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII)
		: NULL;
	json_decref(object);
	if (text == NULL)
		return NULL;
	*length_r = strlen(text) + 1;
	text[*length_r - 1] = '\n';
	return text;
}

/* Behind what is there; *at_r is behind its last octet. What was half written
 * gets its newline. */
static int
append(int fd, const char *text, size_t length, off_t *at_r, struct error *e)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last = '\n';

	if (end == -1 || (end > 0 && pread(fd, &last, 1, end - 1) != 1))
		return error_errno(e, "read");
	errno = ENOSPC; /* if less was written */
	if (last != '\n' && pwrite(fd, "\n", 1, end++) != 1)
		return error_errno(e, "write");
	if (pwrite(fd, text, length, end) != (ssize_t)length) {
		error_errno(e, "write");
		/* half a line would stay for ever */
		(void)!ftruncate(fd, end);
		return -1;
	}
	if (fdatasync(fd) == -1)
		return error_errno(e, "sync");
	*at_r = end + (off_t)length;
	return 0;
}

int
journal_begin(const char *directory, const struct journal_entry *entry,
	struct journal_line *line_r, struct error *e)
{
	size_t length = 0;
	char *text = make_line(entry, &length);
	off_t end = 0;
	int rc = -1;

	line_r->fd = -1;
	if (text == NULL)
		return error_memory(e);
	line_r->fd = open_locked(directory, e);
	if (line_r->fd != -1)
		rc = append(line_r->fd, text, length, &end, e);
	free(text);
	if (rc == 0) {
		line_r->exit = end - (off_t)EXIT_ENDS;
		(void)flock(line_r->fd, LOCK_UN);
		return 0;
	}
	if (line_r->fd != -1)
		close(line_r->fd);
	line_r->fd = -1;
	return error_prefix(e, "the journal in %s", directory);
}

int
journal_end(struct journal_line *line, enum exit_code code, struct error *e)
{
	char text[EXIT_ENDS];
	int rc = 0;

	(void)text_format(text, sizeof(text), "%4d", (int)code);
	if (pwrite(line->fd, text, 4, line->exit) != 4 ||
		fdatasync(line->fd) == -1)
		rc = error_errno(e, "the journal");
	close(line->fd);
	line->fd = -1;
	return rc;
}

FILE *
journal_open(const char *directory, bool before, struct error *e)
{
	char path[PATH_SIZE];
	FILE *file = NULL;
	int fd;

	*e = (struct error){ ERROR_NONE, "" };
	if (name_file(directory, before ? "journal.1" : "journal", path, e) ==
		-1)
		return NULL;
	fd = regular_open(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW, e);
	if (fd == -1) {
		if (errno == ENOENT)
			e->code = ERROR_NONE;
		return NULL;
	}
	file = fdopen(fd, "r");
	if (file == NULL) {
		error_memory(e);
		close(fd);
	}
	return file;
}
