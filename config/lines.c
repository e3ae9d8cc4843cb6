/*
 * inih splits lines into name and value; the reader in front of it counts
 * lines, and refuses what inih would cut or join in silence.
 */
#include "config/lines.h"

#include <ini.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/regular.h"

/* One reading of one file. */
struct reading {
	const struct lines_taker *taker;
	void *arg;
	FILE *file;
	int line;
	bool failed;
	struct error *error;
};

static int
reading_failed(struct reading *r, const char *text)
{
	r->failed = true;
	if (text != NULL)
		error_set(r->error, ERROR_BAD, "%s", text);
	return 0;
}

/* Why this line, stripped of leading space, must not reach inih; or NULL. */
static const char *
refusal(const char *line)
{
	if (strchr("#;", line[0]) != NULL)
		return NULL; /* a comment, or nothing */
	if (line[0] == '[')
		return "this file has no sections";
	if (line[0] == '=' || line[strcspn(line, "=:")] != '=')
		return "not of the form name = value";
	/* "#" is no comment to inih; it would end up in the value. */
	for (const char *p = line; (p = strpbrk(p, ";#")) != NULL; p++)
		if (p[-1] == ' ' || p[-1] == '\t')
			return "a comment needs a line of its own";
	return NULL;
}

/* "[name]" goes to who has sections; inih, which would cut long names, sees an
 * empty line. */
static bool
take_section(struct reading *r, char *line)
{
	size_t length = strlen(line);

	while (length > 0 && strchr(" \t", line[length - 1]) != NULL)
		length--;
	if (length < 3 || line[length - 1] != ']') {
		reading_failed(r, "not of the form [name]");
		return false;
	}
	line[length - 1] = '\0';
	if (r->taker->section(r->arg, line + 1, r->line, r->error) == -1) {
		reading_failed(r, NULL);
		return false;
	}
	line[0] = '\0';
	return true;
}

/*
 * inih's reader. Leading space goes, since inih takes an indented line as more
 * of the one before; " ;" is refused, since inih would cut the value there.
 */
static char *
read_line(char *line, int size, void *arg)
{
	struct reading *r = arg;
	const char *why;
	size_t length, space;

	if (r->failed || fgets(line, size, r->file) == NULL)
		return NULL;
	r->line++;
	length = strlen(line);
	if (length > 0 && line[length - 1] == '\n')
		line[--length] = '\0';
	else if (!feof(r->file))
		return reading_failed(r, "the line is too long"), NULL;
	if (length > 0 && line[length - 1] == '\r')
		line[--length] = '\0';
	space = strspn(line, " \t");
	memmove(line, line + space, length - space + 1);
	if (line[0] == '[' && r->taker->section != NULL)
		return take_section(r, line) ? line : NULL;
	why = refusal(line);
	if (why != NULL)
		return reading_failed(r, why), NULL;
	return line;
}

/* inih's handler; 1 is success there. */
static int
take_option(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;

	(void)section;
	if (r->taker->option(r->arg, name, value, r->line, r->error) == -1)
		return reading_failed(r, NULL);
	return 1;
}

/* Whoever can write the configuration can direct a root process. */
static int
check_file(FILE *file, struct error *e)
{
	struct stat st;

	if (fstat(fileno(file), &st) == -1)
		return error_errno(e, "stat");
	if (!S_ISREG(st.st_mode))
		return error_set(e, ERROR_DENIED, "not a regular file");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return error_set(
			e, ERROR_DENIED, "writable by group or others");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(e, ERROR_DENIED,
			"owned by neither root nor the user running this");
	return 0;
}

int
lines_read(FILE *file, const char *path, const struct lines_taker *taker,
	void *arg, struct error *e)
{
	struct reading r = {
		.taker = taker, .arg = arg, .file = file, .error = e
	};

	if (check_file(file, e) == -1)
		return error_prefix(e, "%s", path);
	if (ini_parse_stream(read_line, &r, take_option, &r) != 0 && !r.failed)
		reading_failed(&r, "not of the form name = value");
	if (!r.failed && ferror(file))
		return error_errno(e, "%s", path);
	if (r.failed)
		return error_prefix(e, "%s:%d", path, r.line);
	return 0;
}

int
lines_read_path(const char *path, const struct lines_taker *taker, void *arg,
	struct error *e)
{
	FILE *file = regular_stream(path, e);
	int rc;

	if (file == NULL)
		return -1;
	rc = lines_read(file, path, taker, arg, e);
	fclose(file);
	return rc;
}
