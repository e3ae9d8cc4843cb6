/*
 * The configuration file, read into a snapshot. inih splits lines into name and
 * value; the reader in front of it counts lines, and refuses what inih would
 * cut or join in silence. What each option means is config/option.c's business.
 */
#include "config/settings.h"

#include <errno.h>
#include <ini.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/option.h"
#include "base/regular.h"

#define DEFAULT_PATH SYSCONFDIR "/csrc-milter/csrc-milter.conf"

/* One reading of one file. */
struct reading {
	struct settings *settings;
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
	const struct option *o = option_find(name);

	(void)section;
	if (o == NULL) {
		error_set(r->error, ERROR_BAD, "%s: no such option", name);
		return reading_failed(r, NULL);
	}
	if (r->settings->lines[o - options] != 0) {
		error_set(r->error, ERROR_BAD, "%s: given before in line %d",
			name, r->settings->lines[o - options]);
		return reading_failed(r, NULL);
	}
	r->settings->lines[o - options] = r->line;
	if (option_set(r->settings, o, value, r->error) == -1)
		return reading_failed(r, NULL);
	return 1;
}

/* a may not exceed b: limits that contradict one another. */
static const struct {
	const char *a, *b;
} orders[] = {
	{ "max_header_size", "max_message_size" },
	{ "max_line_length", "max_message_size" },
	{ "max_report_size", "max_message_size" },
	{ "max_message_size", "max_buffered" },
};

static int
line_of(const struct reading *r, const struct option *o)
{
	return r->settings->lines[o - options];
}

/* a is more than (part of) b; r->line becomes that of the later one. */
static int
contradiction(struct reading *r, const struct option *a, const struct option *b,
	const char *part)
{
	r->line = line_of(r, a) > line_of(r, b) ? line_of(r, a) : line_of(r, b);
	return error_set(r->error, ERROR_BAD, "%s is more than %s%s", a->name,
		part, b->name);
}

static int
check_orders(struct reading *r)
{
	const struct option *a, *b;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		a = option_find(orders[i].a);
		b = option_find(orders[i].b);
		if (option_number(r->settings, a) <=
			option_number(r->settings, b))
			continue;
		return contradiction(r, a, b, "");
	}
	return 0;
}

/*
 * A mail that must be kept has to fit into its share of the quarantine, or it
 * would be refused for ever. Three eighths is the smallest share, less what
 * stands before a mail.
 */
static int
check_quarantine(struct reading *r)
{
	enum { PROLOGUE = 16 << 10 };
	const struct settings *s = r->settings;

	if (s->limits.message_size + PROLOGUE <= s->quarantine_size / 8 * 3)
		return 0;
	return contradiction(r, option_find("max_message_size"),
		option_find("quarantine_size"), "three eighths of ");
}

/* Paths that must not be one and the same. */
static int
check_paths(struct reading *r)
{
	const char *milter = r->settings->milter_socket;

	if (strncmp(milter, "unix:", 5) == 0 &&
		strcmp(milter + 5, r->settings->control_socket) == 0) {
		r->line = line_of(r, option_find("control_socket"));
		return error_set(r->error, ERROR_BAD,
			"control_socket is the same as milter_socket");
	}
	if (strcmp(r->settings->state_directory,
		    r->settings->spool_directory) == 0) {
		r->line = line_of(r, option_find("spool_directory"));
		return error_set(r->error, ERROR_BAD,
			"spool_directory is the same as state_directory");
	}
	return 0;
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

static int
read_file(struct settings *s, FILE *file, struct error *e)
{
	struct reading r = { .settings = s, .file = file, .error = e };

	if (check_file(file, e) == -1)
		return error_prefix(e, "%s", s->path);
	if (ini_parse_stream(read_line, &r, take_option, &r) != 0 && !r.failed)
		reading_failed(&r, "not of the form name = value");
	if (!r.failed && ferror(file))
		return error_errno(e, "%s", s->path);
	if (r.failed || check_orders(&r) == -1 || check_quarantine(&r) == -1 ||
		check_paths(&r) == -1)
		return error_prefix(e, "%s:%d", s->path, r.line);
	return 0;
}

static struct settings *
settings_new(const char *path, struct error *e)
{
	struct settings *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		error_memory(e);
		return NULL;
	}
	s->path = strdup(path);
	s->lines = calloc(OPTIONS, sizeof(*s->lines));
	if (s->path == NULL || s->lines == NULL) {
		error_memory(e);
		settings_free(&s);
		return NULL;
	}
	for (size_t i = 0; i < OPTIONS; i++) {
		if (option_set(s, &options[i], options[i].fallback, e) == -1) {
			settings_free(&s);
			return NULL;
		}
	}
	return s;
}

int
settings_load(const char *path, struct settings **settings_r, struct error *e)
{
	const char *name = path != NULL ? path : DEFAULT_PATH;
	struct settings *s = settings_new(name, e);
	FILE *file = NULL;
	int rc = -1;

	if (s == NULL)
		goto out;
	file = regular_stream(name, e);
	if (file != NULL)
		rc = read_file(s, file, e);
	else if (errno == ENOENT && path == NULL)
		rc = 0;
out:
	if (file != NULL)
		fclose(file);
	if (rc == -1)
		settings_free(&s);
	*settings_r = s;
	return rc;
}

void
settings_free(struct settings **settings)
{
	struct settings *s = *settings;

	*settings = NULL;
	if (s == NULL)
		return;
	for (size_t i = 0; i < OPTIONS; i++)
		option_free(s, &options[i]);
	free(s->path);
	free(s->lines);
	free(s);
}

const char *
settings_needs_restart(const struct settings *a, const struct settings *b)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].restart && !option_same(a, b, &options[i]))
			return options[i].name;
	return NULL;
}

/* Written once, before anyone can read it. */
static struct option_info infos[OPTIONS];
static pthread_once_t infos_once = PTHREAD_ONCE_INIT;

static void
fill_infos(void)
{
	for (size_t i = 0; i < OPTIONS; i++)
		infos[i] = (struct option_info){
			.name = options[i].name,
			.fallback = options[i].fallback,
			.values = option_values(&options[i]),
			.restart = options[i].restart,
		};
}

size_t
settings_options(const struct option_info **rows_r)
{
	pthread_once(&infos_once, fill_infos);
	*rows_r = infos;
	return OPTIONS;
}

int
settings_value(
	const struct settings *s, const char *name, char *out, size_t size)
{
	const struct option *o = option_find(name);

	if (o == NULL)
		return -1;
	return option_print(s, o, out, size);
}

int
settings_line(const struct settings *s, size_t row)
{
	return s->lines[row];
}
