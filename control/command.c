/*
 * The table of commands and the little that all of them share: finding the
 * row, reading its arguments, saying what went wrong.
 */
#include "control/command.h"

#include <stdarg.h>
#include <string.h>

#include "control/commands/commands.h"
#include "control/output.h"

static const struct option_spec globals[] = {
	{ "config", "FILE", false, 'c' },
	{ "json", NULL, true, '\0' },
	{ "help", NULL, true, 'h' },
	{ "version", NULL, true, 'V' },
	{ NULL, NULL, false, '\0' },
};

static const struct option_spec center_add[] = {
	{ "address", "ADDRESS", true, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec device_fields[] = {
	{ "center", "ID", false, '\0' },
	{ "protection", "required|optional", false, '\0' },
	{ "from", "ADDRESS", false, '\0' },
	{ "network", "CIDR", false, '\0' },
	{ "address", "ADDRESS", false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec device_key[] = {
	{ "generate", NULL, false, '\0' },
	{ "bits", "128|256", false, '\0' },
	{ "import", "FILE", false, '\0' },
	{ "list", NULL, false, '\0' },
	{ "retire", "KEYID", false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec device_list[] = {
	{ "center", "ID", false, '\0' },
	{ "overdue", "TIME", false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec device_import[] = {
	{ "update", NULL, false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec device_export[] = {
	{ "center", "ID", false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec quarantine_release[] = {
	{ "accept-date", NULL, false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec request[] = {
	{ "all", NULL, false, '\0' },
	{ "center", "ID", false, '\0' },
	{ "overdue", "TIME", false, '\0' },
	{ "command", "NAME", false, '\0' },
	{ "param", "NAME=VALUE", true, '\0' },
	{ "lifetime", "TIME", false, '\0' },
	{ "send", NULL, false, '\0' },
	{ "sendmail", "PATH", false, '\0' },
	{ "output", "DIR", false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec request_list[] = {
	{ "open", NULL, false, '\0' },
	{ "answered", NULL, false, '\0' },
	{ "expired", NULL, false, '\0' },
	{ "cancelled", NULL, false, '\0' },
	{ "serial", "SERIAL", false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec sequence[] = {
	{ "next", "NUMBER", false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec spool_verify[] = {
	{ "from", "SEQUENCE", false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec explain[] = {
	{ "from", "ADDRESS", false, '\0' },
	{ "to", "ADDRESS", true, '\0' },
	{ "client", "IP", false, '\0' },
	{ NULL, NULL, false, '\0' },
};
static const struct option_spec stats[] = {
	{ "prometheus", NULL, false, '\0' },
	{ NULL, NULL, false, '\0' },
};

#define NO_FILE false, NULL, false
#define FILE_OPERAND true, NULL, false
#define FILE_OF(option) false, option, false
#define PATH_OPERAND false, NULL, true

static const struct command rows[] = {
	{ "init", NULL, "", "make the master key, the store and the spool",
		PLACE_LOCAL, NO_FILE, NULL, 0, 0, command_init },
	{ "center", "add", "ID [--address ADDRESS]…", "register a center",
		PLACE_STORE, NO_FILE, center_add, 1, 1, command_center_add },
	{ "center", "remove", "ID", "remove a center that has no devices",
		PLACE_STORE, NO_FILE, NULL, 1, 1, command_center_remove },
	{ "center", "list", "", "list the centers and their addresses",
		PLACE_STORE, NO_FILE, NULL, 0, 0, command_center_list },
	{ "center", "show", "ID", "show one center", PLACE_STORE, NO_FILE, NULL,
		1, 1, command_center_show },
	{ "center", "address", "add|remove ID ADDRESS…",
		"add or remove addresses of a center", PLACE_STORE, NO_FILE,
		NULL, 3, ARGUMENTS_MAX, command_center_address },
	{ "center", "import", "FILE.csv",
		"add the centers and addresses of a file", PLACE_STORE,
		FILE_OPERAND, NULL, 1, 1, command_center_import },
	{ "center", "export", "", "write all centers as CSV or JSON lines",
		PLACE_STORE, NO_FILE, NULL, 0, 0, command_center_export },
	{ "device", "add",
		"SERIAL --center ID [--protection required|optional] "
		"[--from ADDRESS] [--network CIDR] [--address ADDRESS]",
		"register a device", PLACE_STORE, NO_FILE, device_fields, 1, 1,
		command_device_add },
	{ "device", "set",
		"SERIAL [--center ID] [--protection required|optional] "
		"[--from ADDRESS] [--network CIDR] [--address ADDRESS]",
		"change what is registered of a device", PLACE_STORE, NO_FILE,
		device_fields, 1, 1, command_device_set },
	{ "device", "key",
		"SERIAL --generate [--bits 128|256] | --import FILE | --list | "
		"--retire KEYID",
		"make, take, list or retire keys of a device", PLACE_STORE,
		FILE_OF("import"), device_key, 1, 1, command_device_key },
	{ "device", "list", "[--center ID] [--overdue TIME]",
		"list devices, or those that stopped reporting", PLACE_STORE,
		NO_FILE, device_list, 0, 0, command_device_list },
	{ "device", "show", "SERIAL",
		"show one device, its keys and last report", PLACE_STORE,
		NO_FILE, NULL, 1, 1, command_device_show },
	{ "device", "enable", "SERIAL", "take reports of a device again",
		PLACE_STORE, NO_FILE, NULL, 1, 1, command_device_enable },
	{ "device", "disable", "SERIAL", "drop reports of a device from now on",
		PLACE_STORE, NO_FILE, NULL, 1, 1, command_device_disable },
	{ "device", "remove", "SERIAL", "remove a device with its keys",
		PLACE_STORE, NO_FILE, NULL, 1, 1, command_device_remove },
	{ "device", "import", "FILE.csv [--update]",
		"register the devices of a file", PLACE_STORE, FILE_OPERAND,
		device_import, 1, 1, command_device_import },
	{ "device", "export", "[--center ID]",
		"write all devices as CSV or JSON lines, without keys",
		PLACE_STORE, NO_FILE, device_export, 0, 0,
		command_device_export },
	{ "request", "list",
		"[--open] [--answered] [--expired] [--cancelled] "
		"[--serial SERIAL]",
		"list the requests that were sent", PLACE_STORE, NO_FILE,
		request_list, 0, 0, command_request_list },
	{ "request", "show", "EMAIL-ID", "show one request", PLACE_STORE,
		NO_FILE, NULL, 1, 1, command_request_show },
	{ "request", "cancel", "EMAIL-ID",
		"end a request: an answer from now on is late", PLACE_STORE,
		NO_FILE, NULL, 1, 1, command_request_cancel },
	{ "request", NULL,
		"SERIAL | --all | --center ID | --overdue TIME --command NAME "
		"[--param NAME=VALUE]… [--lifetime TIME] "
		"[--send [--sendmail PATH] | --output DIR]",
		"make or send a request to a device, or to many", PLACE_STORE,
		NO_FILE, request, 0, 1, command_request },
	{ "spool", "list", "", "list the segments in the spool", PLACE_LOCAL,
		NO_FILE, NULL, 0, 0, command_spool_list },
	{ "spool", "next", "", "claim the oldest segment and print its path",
		PLACE_LOCAL, NO_FILE, NULL, 0, 0, command_spool_next },
	{ "spool", "done", "NAME", "remove a claimed segment", PLACE_LOCAL,
		NO_FILE, NULL, 1, 1, command_spool_done },
	{ "spool", "verify", "[--from SEQUENCE]",
		"check every segment, and the sequence for gaps", PLACE_LOCAL,
		NO_FILE, spool_verify, 0, 0, command_spool_verify },
	{ "explain", NULL,
		"FILE.eml [--from ADDRESS] [--to ADDRESS]… [--client IP]",
		"judge a mail without an MTA, changing nothing", PLACE_STORE,
		FILE_OPERAND, explain, 1, 1, command_explain },
	{ "quarantine", "list", "", "list the mails in the quarantine",
		PLACE_STORE, NO_FILE, NULL, 0, 0, command_quarantine_list },
	{ "quarantine", "show", "NAME", "print one of them", PLACE_STORE,
		NO_FILE, NULL, 1, 1, command_quarantine_show },
	{ "quarantine", "release", "NAME… [--accept-date]",
		"judge mails again, admit those that pass now", PLACE_STORE,
		NO_FILE, quarantine_release, 1, ARGUMENTS_MAX,
		command_quarantine_release },
	{ "quarantine", "remove", "NAME…", "remove mails from the quarantine",
		PLACE_STORE, NO_FILE, NULL, 1, ARGUMENTS_MAX,
		command_quarantine_remove },
	{ "stats", NULL, "[--prometheus]", "print what was judged and stored",
		PLACE_STATE, NO_FILE, stats, 0, 0, command_stats },
	{ "clock", "accept", "", "say that the machine's clock is right",
		PLACE_STORE, NO_FILE, NULL, 0, 0, command_clock_accept },
	{ "clock", NULL, "", "print whether the machine's clock is believed",
		PLACE_STORE, NO_FILE, NULL, 0, 0, command_clock },
	{ "sequence", NULL, "[--next NUMBER]",
		"print, or after a restore raise, the next sequence number",
		PLACE_STORE, NO_FILE, sequence, 0, 0, command_sequence },
	{ "backup", NULL, "DIR",
		"copy the database, consistent, to a directory", PLACE_STORE,
		PATH_OPERAND, NULL, 1, 1, command_backup },
	{ "check", NULL, "", "verify the database", PLACE_STORE, NO_FILE, NULL,
		0, 0, command_check },
	{ "reload", NULL, "", "make the daemon read its configuration again",
		PLACE_DAEMON, NO_FILE, NULL, 0, 0, command_reload },
};

size_t
command_table(const struct command **rows_r)
{
	*rows_r = rows;
	return sizeof(rows) / sizeof(rows[0]);
}

const struct option_spec *
command_globals(void)
{
	return globals;
}

const struct command *
command_find(int argc, char **argv, int *used_r)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
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

int
command_arguments(const struct command *row, int argc, char **argv,
	struct arguments *arguments_r, struct error *e)
{
	const struct option_spec *const tables[OPTION_TABLES_MAX] = {
		row->options, globals
	};

	if (options_parse(tables, argc, argv, arguments_r, e) == -1)
		return -1;
	if (options_given(arguments_r, "help"))
		return 0;
	if (arguments_r->operand_count < row->operands_min ||
		arguments_r->operand_count > row->operands_max)
		return error_set(e, ERROR_USAGE, "usage: csrcadm %s%s%s%s%s",
			row->verb, row->noun != NULL ? " " : "",
			row->noun != NULL ? row->noun : "",
			row->synopsis[0] != '\0' ? " " : "", row->synopsis);
	return 0;
}

/* NULL, or why this cannot be run here. */
static const char *
misplaced(const struct command_context *c, const struct command *row)
{
	if (row->place == PLACE_DAEMON && c->reload == NULL)
		return "no daemon is running";
	if (row->place == PLACE_LOCAL && c->started != 0)
		return "the daemon does not run this command";
	return NULL;
}

static bool
needs_file(const struct command *row, const struct arguments *a)
{
	return row->takes_file ||
		(row->file_option != NULL &&
			options_given(a, row->file_option));
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
	if (c->in == NULL && needs_file(row, &arguments))
		return command_refused(c, ERROR_USAGE, "no input file");
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

enum exit_code
command_failed(struct command_context *c, const struct error *e)
{
	enum exit_code code = code_of(e->code);

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

bool
command_over(const struct command_context *c)
{
	return ferror(c->out) ||
		(c->cancelled != NULL && c->cancelled(c->cancelled_arg));
}
