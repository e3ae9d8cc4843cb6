/*
 * The little that all commands share: finding the row, reading its arguments,
 * saying what went wrong.
 */
#include "control/command.h"

#include <poll.h>
#include <stdarg.h>
#include <string.h>

#include "control/journal.h"
#include "control/output.h"
#include "control/usage.h"
#include "base/log.h"
#include "base/text.h"
#include "config/rules.h"

static const struct argument_spec globals[] = {
	{ .name = "config",
		.value = "FILE",
		.meaning = "the configuration file",
		.letter = 'c' },
	{ .name = "json", .meaning = "answer in JSON lines", .many = true },
	{ .name = "help",
		.meaning = "print this, or how one verb is called",
		.many = true,
		.letter = 'h' },
	{ .name = "version",
		.meaning = "print the version",
		.many = true,
		.letter = 'V' },
	{ .name = NULL },
};

const struct argument_spec *
command_globals(void)
{
	return globals;
}

const struct command *
command_find(int argc, char **argv, int *used_r)
{
	const struct command *rows;
	size_t count = command_table(&rows);

	for (size_t i = 0; i < count; i++) {
		int words = rows[i].noun != NULL ? 2 : 1;

		if (argc < words || strcmp(argv[0], rows[i].verb) != 0 ||
			(words == 2 && strcmp(argv[1], rows[i].noun) != 0))
			continue;
		*used_r = words;
		return &rows[i];
	}
	return NULL;
}

bool
command_urgent(int argc, char **argv)
{
	int used;
	const struct command *row = command_find(argc, argv, &used);

	return row != NULL && row->place == PLACE_STATE;
}

bool
command_allowed(int argc, char **argv, enum role role)
{
	int used;
	const struct command *row = command_find(argc, argv, &used);

	return role == ROLE_OPERATOR ||
		(role != ROLE_NONE && row != NULL &&
			(row->roles & 1u << role) != 0);
}

const char *
command_synopsis(const struct command *row, char call_r[COMMAND_CALL_SIZE])
{
	char rest[USAGE_SIZE];

	usage_synopsis(row->takes, rest);
	(void)text_format(call_r, COMMAND_CALL_SIZE, "%s%s%s%s%s", row->verb,
		row->noun != NULL ? " " : "",
		row->noun != NULL ? row->noun : "", rest[0] != '\0' ? " " : "",
		rest);
	return call_r;
}

const char *
command_argument(const struct command *row, enum argument_kind kind,
	const struct arguments *a)
{
	for (const struct argument_spec *s = row->takes; !argument_last(s);
		s++) {
		if (s->kind == kind)
			return options_of(row->takes, s, a);
	}
	return NULL;
}

int
command_arguments(const struct command *row, int argc, char **argv,
	struct arguments *arguments_r, struct error *e)
{
	const struct argument_spec *const tables[OPTION_TABLES_MAX] = {
		row->takes, globals
	};
	char call[COMMAND_CALL_SIZE];

	if (options_parse(tables, argc, argv, arguments_r, e) == -1)
		return -1;
	if (options_given(arguments_r, "help"))
		return 0;
	if (!usage_operands(row->takes, arguments_r))
		return error_set(e, ERROR_USAGE, "usage: csrcadm %s",
			command_synopsis(row, call));
	return usage_check(row->takes, arguments_r, e);
}

/* NULL, or why this cannot be run here. */
static const char *
misplaced(const struct command_context *c, const struct command *row)
{
	if (row->place == PLACE_DAEMON && c->reload == NULL)
		return "no daemon is running";
	if ((row->place == PLACE_LOCAL || row->place == PLACE_LOOK) &&
		c->started != 0)
		return "the daemon does not run this command";
	return NULL;
}

static bool
changes(const struct command *row, const struct arguments *a)
{
	bool changes = row->changes;

	for (size_t i = 0; i < a->option_count; i++) {
		if (a->options[i].spec->effect != EFFECT_NONE)
			changes = a->options[i].spec->effect == EFFECT_CHANGES;
	}
	return changes;
}

/* At the latest when it is done: before init there is no place for a line. */
static enum exit_code
end_line(struct command_context *c, const struct journal_entry *entry,
	struct journal_line *line, enum exit_code code)
{
	const char *directory = c->rules->settings->state_directory;
	struct error e;

	if ((line->fd == -1 &&
		    journal_begin(directory, entry, line, &e) == -1) ||
		journal_end(line, code, &e) == -1) {
		if (e.code == ERROR_NOT_FOUND)
			return code;
		log_error("%s: what was done is not in it", e.text);
		fprintf(c->err, "csrcadm: done, but %s\n", e.text);
	}
	return code;
}

/* What cannot be put on record is not done. */
static enum exit_code
run_on_record(struct command_context *c, const struct command *row,
	const struct arguments *a, int argc, char **argv)
{
	const struct journal_entry entry = { .uid = c->uid,
		.role = c->role != NULL ? c->role : "operator",
		.argc = argc,
		.argv = argv };
	struct journal_line line;
	struct error e;

	if (journal_begin(c->rules->settings->state_directory, &entry, &line,
		    &e) == -1 &&
		e.code != ERROR_NOT_FOUND)
		return command_failed(c, &e);
	return end_line(c, &entry, &line, row->run(c, a));
}

static enum exit_code
find_and_run(struct command_context *c, int argc, char **argv)
{
	const struct command *row;
	struct arguments arguments;
	struct error e = { ERROR_NONE, "" };
	int used;

	row = command_find(argc, argv, &used);
	if (row == NULL)
		return command_refused(c, ERROR_USAGE, "no such command");
	if (command_arguments(row, argc - used, argv + used, &arguments, &e) ==
		-1)
		return command_failed(c, &e);
	if (options_given(&arguments, "json"))
		c->json = true;
	if (misplaced(c, row) != NULL)
		return command_refused(
			c, ERROR_DENIED, "%s", misplaced(c, row));
	if (c->in == NULL &&
		command_argument(row, ARGUMENT_INPUT, &arguments) != NULL)
		return command_refused(c, ERROR_USAGE, "no input file");
	c->row = row;
	/* without a configuration there is nothing that it could change */
	if (c->rules != NULL && changes(row, &arguments))
		return run_on_record(c, row, &arguments, argc, argv);
	return row->run(c, &arguments);
}

enum exit_code
command_run(struct command_context *c, int argc, char **argv)
{
	enum exit_code code = find_and_run(c, argc, argv);

	/* A command that saw it by itself has said so. */
	if ((fflush(c->out) == EOF || ferror(c->out)) && code != EXIT_TROUBLE)
		code = command_refused(
			c, ERROR_TROUBLE, "the output could not be written");
	fflush(c->err);
	return code;
}

static enum exit_code
code_of(enum error_code code)
{
	switch (code) {
	case ERROR_USAGE:
		return EXIT_USAGE;
	case ERROR_BAD:
	case ERROR_LIMIT:
	case ERROR_NOT_FOUND:
	case ERROR_EXISTS:
	case ERROR_DENIED:
		return EXIT_REFUSED;
	case ERROR_NONE:
	case ERROR_TROUBLE:
		break;
	}
	return EXIT_TROUBLE;
}

/* Nobody reads the answer any more, which is why it failed. */
static bool
reader_gone(const struct command_context *c)
{
	struct pollfd out = { c->out_fd, POLLOUT, 0 };

	return c->out != NULL && ferror(c->out) && poll(&out, 1, 0) == 1 &&
		(out.revents & (POLLERR | POLLHUP)) != 0;
}

enum exit_code
command_failed(struct command_context *c, const struct error *e)
{
	enum exit_code code = code_of(e->code);

	if (reader_gone(c))
		return EXIT_TROUBLE;
	if (!c->json ||
		output_json(c->err, NULL, "{s:s,s:i}", "error", e->text,
			"exit_code", (int)code) == -1)
		fprintf(c->err, "csrcadm: %s\n", e->text);
	return code;
}

enum exit_code
command_refused(
	struct command_context *c, enum error_code code, const char *fmt, ...)
{
	struct error e;
	va_list values;

	va_start(values, fmt);
	error_setv(&e, code, fmt, values);
	va_end(values);
	return command_failed(c, &e);
}

enum exit_code
command_done(struct command_context *c, const char *member, const char *name)
{
	char call[COMMAND_CALL_SIZE];
	struct error e;
	int rc;

	if (!c->json)
		return EXIT_DONE;
	(void)text_format(call, sizeof(call), "%s%s%s", c->row->verb,
		c->row->noun != NULL ? " " : "",
		c->row->noun != NULL ? c->row->noun : "");
	rc = member != NULL ? output_json(c->out, &e, "{s:s,s:s}", "done", call,
				      member, name)
			    : output_json(c->out, &e, "{s:s}", "done", call);
	return rc == 0 ? EXIT_DONE : command_failed(c, &e);
}

bool
command_over(const struct command_context *c)
{
	return ferror(c->out) ||
		(c->cancelled != NULL && c->cancelled(c->cancelled_arg));
}
