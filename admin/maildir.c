/*
 * A Maildir's file names begin with when they came. What is removed meanwhile
 * is not there; what is no regular file is none of ours.
 */
#include "admin/maildir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/regular.h"
#include "base/text.h"

enum { PATH_SIZE = 4096 };

struct name {
	char *file;
	const char *directory;
};

struct names {
	struct name *rows;
	size_t count, room;
};

static bool
add_name(struct names *n, const char *file, const char *directory)
{
	struct name *grown;

	if (n->count == n->room) {
		n->room = n->room != 0 ? 2 * n->room : 256;
		grown = reallocarray(n->rows, n->room, sizeof(*n->rows));
		if (grown == NULL)
			return false;
		n->rows = grown;
	}
	n->rows[n->count].file = strdup(file);
	n->rows[n->count].directory = directory;
	return n->rows[n->count++].file != NULL;
}

static int
by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	return order != 0 ? order : strcmp(x->directory, y->directory);
}

static int
list(struct names *n, const char *path, const char *directory)
{
	char whole[PATH_SIZE];
	struct dirent *entry;
	DIR *dir;
	int rc = 0;

	if (!text_format(whole, sizeof(whole), "%s/%s", path, directory) ||
		(dir = opendir(whole)) == NULL)
		return -1;
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' &&
			!add_name(n, entry->d_name, directory))
			rc = -1;
	closedir(dir);
	return rc;
}

/* One line; what looks like the begin of a mail gets a sign before it. */
static void
write_line(const char *line, size_t length, FILE *out)
{
	const size_t signs = strspn(line, ">");

	if (signs < length && strncmp(line + signs, "From ", 5) == 0)
		putc('>', out);
	fwrite(line, 1, length, out);
}

static void
write_mail(FILE *in, FILE *out)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length, last = 0;

	fputs("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n", out);
	while ((length = getline(&line, &room, in)) > 0) {
		write_line(line, (size_t)length, out);
		last = line[length - 1] == '\n';
	}
	fputs(last ? "\n" : "\n\n", out);
	free(line);
}

static enum exit_code
write_mails(const char *path, const struct names *n)
{
	char whole[PATH_SIZE];
	struct error ignored;
	FILE *in;
	int fd;

	for (size_t i = 0; i < n->count && !ferror(stdout); i++) {
		if (!text_format(whole, sizeof(whole), "%s/%s/%s", path,
			    n->rows[i].directory, n->rows[i].file))
			continue;
		fd = regular_open(
			AT_FDCWD, whole, O_RDONLY | O_NOFOLLOW, &ignored);
		in = fd != -1 ? fdopen(fd, "r") : NULL;
		if (in != NULL)
			write_mail(in, stdout);
		else if (fd != -1)
			close(fd);
		if (in != NULL)
			fclose(in);
	}
	return ferror(stdout) ? EXIT_TROUBLE : EXIT_DONE;
}

static enum exit_code
make(void *arg)
{
	const struct maildir *m = arg;
	struct names names = { .rows = NULL };
	enum exit_code code = EXIT_TROUBLE;

	if (list(&names, m->path, "cur") == 0 &&
		list(&names, m->path, "new") == 0) {
		if (names.count > 0)
			qsort(names.rows, names.count, sizeof(*names.rows),
				by_name);
		code = write_mails(m->path, &names);
	}
	for (size_t i = 0; i < names.count; i++)
		free(names.rows[i].file);
	free(names.rows);
	return code;
}

static bool
is_directory(const char *path, const char *name)
{
	char whole[PATH_SIZE];
	DIR *dir = text_format(whole, sizeof(whole), "%s/%s", path, name)
		? opendir(whole)
		: NULL;

	if (dir != NULL)
		closedir(dir);
	return dir != NULL;
}

int
maildir_open(struct maildir *m, const char *path, struct error *e)
{
	if (!is_directory(path, "cur") || !is_directory(path, "new"))
		return error_set(e, ERROR_BAD,
			"%s: no Maildir: it has no cur and new that can be "
			"read",
			path);
	m->path = path;
	return maker_start(&m->maker, make, m, e);
}
