/*
 * The configuration file, read into a snapshot. What each option means is
 * config/option_table.c's business, and what a line is, that of config/lines.c.
 */
#include "config/settings.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/regular.h"
#include "config/lines.h"
#include "config/option_table.h"

#define DEFAULT_PATH SYSCONFDIR "/csrc-milter/csrc-milter.conf"

/* One reading of one file. */
struct reading {
	struct settings *settings;
	int line; /* of what contradicts another line */
	struct error *error;
};

static int
take_option(void *arg, const char *name, const char *value, int line,
	struct error *e)
{
	struct settings *s = ((struct reading *)arg)->settings;

	return option_take(
		s, options, OPTIONS, s->lines, name, value, line, "", e);
}

static const struct option *
named(const char *name)
{
	return option_find(options, OPTIONS, name);
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
		a = named(orders[i].a);
		b = named(orders[i].b);
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
	return contradiction(r, named("max_message_size"),
		named("quarantine_size"), "three eighths of ");
}

/* Paths that must not be one and the same. */
static int
check_paths(struct reading *r)
{
	const char *milter = r->settings->milter_socket;

	if (strncmp(milter, "unix:", 5) == 0 &&
		strcmp(milter + 5, r->settings->control_socket) == 0) {
		r->line = line_of(r, named("control_socket"));
		return error_set(r->error, ERROR_BAD,
			"control_socket is the same as milter_socket");
	}
	if (strcmp(r->settings->state_directory,
		    r->settings->spool_directory) == 0) {
		r->line = line_of(r, named("spool_directory"));
		return error_set(r->error, ERROR_BAD,
			"spool_directory is the same as state_directory");
	}
	return 0;
}

static int
read_file(struct settings *s, FILE *file, struct error *e)
{
	static const struct lines_taker taker = { .option = take_option };
	struct reading r = { .settings = s, .error = e };

	if (lines_read(file, s->path, &taker, &r, e) == -1)
		return -1;
	if (check_orders(&r) == -1 || check_quarantine(&r) == -1 ||
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
	if (option_defaults(s, options, OPTIONS, e) == -1)
		settings_free(&s);
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
	const struct option *o = named(name);

	if (o == NULL)
		return -1;
	return option_print(s, o, out, size);
}

int
settings_line(const struct settings *s, size_t row)
{
	return s->lines[row];
}
