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

static const struct option_spec center_add[] = {
	{ .name = "address",
		.value = "ADDRESS",
		.meaning = "a mail address of the center",
		.many = true },
	{ .name = NULL },
};
static const struct option_spec device_fields[] = {
	{ .name = "center",
		.value = "ID",
		.meaning = "the center that it belongs to" },
	{ .name = "protection",
		.value = "required|optional",
		.meaning = "must its mail be sealed?" },
	{ .name = "from",
		.value = "ADDRESS",
		.meaning = "the sender of its plain mail" },
	{ .name = "network",
		.value = "CIDR",
		.meaning = "the network that its plain mail comes from" },
	{ .name = "address",
		.value = "ADDRESS",
		.meaning = "where requests are mailed to" },
	{ .name = NULL },
};
static const struct option_spec device_key[] = {
	{ .name = "generate", .meaning = "make a key and print it" },
	{ .name = "bits", .value = "128|256", .meaning = "how long a key" },
	{ .name = "import",
		.value = "FILE",
		.meaning = "take the key in a file" },
	{ .name = "list", .meaning = "list its keys" },
	{ .name = "retire", .value = "KEYID", .meaning = "end a key" },
	{ .name = NULL },
};
static const struct option_spec device_list[] = {
	{ .name = "center",
		.value = "ID",
		.meaning = "only those of a center" },
	{ .name = "overdue",
		.value = "TIME",
		.meaning = "only those silent for longer" },
	{ .name = NULL },
};
static const struct option_spec device_import[] = {
	{ .name = "update", .meaning = "change devices that are there, too" },
	{ .name = NULL },
};
static const struct option_spec device_export[] = {
	{ .name = "center",
		.value = "ID",
		.meaning = "only those of a center" },
	{ .name = NULL },
};
static const struct option_spec quarantine_release[] = {
	{ .name = "accept-date",
		.meaning = "take a report that is only stale" },
	{ .name = NULL },
};
static const struct option_spec request[] = {
	{ .name = "all", .meaning = "to every device" },
	{ .name = "center",
		.value = "ID",
		.meaning = "to every device of a center" },
	{ .name = "overdue",
		.value = "TIME",
		.meaning = "to devices silent for longer" },
	{ .name = "command", .value = "NAME", .meaning = "what is asked for" },
	{ .name = "param",
		.value = "NAME=VALUE",
		.meaning = "a parameter of the command",
		.many = true },
	{ .name = "lifetime",
		.value = "TIME",
		.meaning = "how long an answer is good" },
	{ .name = "send", .meaning = "mail it" },
	{ .name = "sendmail",
		.value = "PATH",
		.meaning = "the program that mails it" },
	{ .name = "output",
		.value = "DIR",
		.meaning = "write the mails to a directory" },
	{ .name = NULL },
};
static const struct option_spec request_list[] = {
	{ .name = "open", .meaning = "those that wait for an answer" },
	{ .name = "answered", .meaning = "those that have one" },
	{ .name = "expired", .meaning = "those whose time is over" },
	{ .name = "cancelled", .meaning = "those that were ended" },
	{ .name = "serial",
		.value = "SERIAL",
		.meaning = "those of one device" },
	{ .name = NULL },
};
static const struct option_spec sequence[] = {
	{ .name = "next",
		.value = "NUMBER",
		.meaning = "raise the next number to this one" },
	{ .name = NULL },
};
static const struct option_spec spool_verify[] = {
	{ .name = "from",
		.value = "SEQUENCE",
		.meaning = "the number that ought to be the first" },
	{ .name = NULL },
};
static const struct option_spec explain[] = {
	{ .name = "from",
		.value = "ADDRESS",
		.meaning = "the envelope sender" },
	{ .name = "to",
		.value = "ADDRESS",
		.meaning = "an envelope recipient",
		.many = true },
	{ .name = "client",
		.value = "IP",
		.meaning = "the SMTP client's address" },
	{ .name = NULL },
};
static const struct option_spec submit[] = {
	{ .name = "center",
		.value = "ID",
		.meaning = "the center that it is addressed to" },
	{ .name = "principal",
		.value = "PRINCIPAL",
		.meaning = "whom the transport proved the peer to be" },
	{ .name = "how",
		.value = "login|certificate",
		.meaning = "by what it was proved" },
	{ .name = "client", .value = "IP", .meaning = "the peer's address" },
	{ .name = "trace",
		.value = "ID",
		.meaning = "what log and quarantine call it by" },
	{ .name = NULL },
};
static const struct option_spec identify[] = {
	{ .name = "center",
		.value = "ID",
		.meaning = "the center that it should belong to" },
	{ .name = NULL },
};
static const struct option_spec stats[] = {
	{ .name = "prometheus", .meaning = "as Prometheus reads it" },
	{ .name = NULL },
};

enum { OBSERVERS = 1 << ROLE_OBSERVER, CHANNELS = 1 << ROLE_CHANNEL };

static const struct command rows[] = {
	{
		.verb = "init",
		.synopsis = "",
		.summary = "make the master key, the store and the spool",
		.place = PLACE_LOCAL,
		.run = command_init,
	},
	{
		.verb = "center",
		.noun = "add",
		.synopsis = "ID [--address ADDRESS]…",
		.summary = "register a center",
		.place = PLACE_STORE,
		.options = center_add,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_center_add,
	},
	{
		.verb = "center",
		.noun = "remove",
		.synopsis = "ID",
		.summary = "remove a center that has no devices",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_center_remove,
	},
	{
		.verb = "center",
		.noun = "list",
		.synopsis = "",
		.summary = "list the centers and their addresses",
		.place = PLACE_STORE,
		.run = command_center_list,
	},
	{
		.verb = "center",
		.noun = "show",
		.synopsis = "ID",
		.summary = "show one center",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_center_show,
	},
	{
		.verb = "center",
		.noun = "address",
		.synopsis = "add|remove ID ADDRESS…",
		.summary = "add or remove addresses of a center",
		.place = PLACE_STORE,
		.operands_min = 3,
		.operands_max = ARGUMENTS_MAX,
		.run = command_center_address,
	},
	{
		.verb = "center",
		.noun = "import",
		.synopsis = "FILE.csv",
		.summary = "add the centers and addresses of a file",
		.place = PLACE_STORE,
		.takes_file = true,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_center_import,
	},
	{
		.verb = "center",
		.noun = "export",
		.synopsis = "",
		.summary = "write all centers as CSV or JSON lines",
		.place = PLACE_STORE,
		.run = command_center_export,
	},
	{
		.verb = "device",
		.noun = "add",
		.synopsis =
			"SERIAL --center ID [--protection required|optional] "
			"[--from ADDRESS] [--network CIDR] [--address ADDRESS]",
		.summary = "register a device",
		.place = PLACE_STORE,
		.options = device_fields,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_device_add,
	},
	{
		.verb = "device",
		.noun = "set",
		.synopsis =
			"SERIAL [--center ID] [--protection required|optional] "
			"[--from ADDRESS] [--network CIDR] [--address ADDRESS]",
		.summary = "change what is registered of a device",
		.place = PLACE_STORE,
		.options = device_fields,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_device_set,
	},
	{
		.verb = "device",
		.noun = "key",
		.synopsis = "SERIAL --generate [--bits 128|256] | --import "
			    "FILE | --list | "
			    "--retire KEYID",
		.summary = "make, take, list or retire keys of a device",
		.place = PLACE_STORE,
		.file_option = "import",
		.options = device_key,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_device_key,
	},
	{
		.verb = "device",
		.noun = "list",
		.synopsis = "[--center ID] [--overdue TIME]",
		.summary = "list devices, or those that stopped reporting",
		.place = PLACE_STORE,
		.options = device_list,
		.run = command_device_list,
	},
	{
		.verb = "device",
		.noun = "show",
		.synopsis = "SERIAL",
		.summary = "show one device, its keys and last report",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_device_show,
	},
	{
		.verb = "device",
		.noun = "enable",
		.synopsis = "SERIAL",
		.summary = "take reports of a device again",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_device_enable,
	},
	{
		.verb = "device",
		.noun = "disable",
		.synopsis = "SERIAL",
		.summary = "drop reports of a device from now on",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_device_disable,
	},
	{
		.verb = "device",
		.noun = "remove",
		.synopsis = "SERIAL",
		.summary = "remove a device with its keys",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_device_remove,
	},
	{
		.verb = "device",
		.noun = "import",
		.synopsis = "FILE.csv [--update]",
		.summary = "register the devices of a file",
		.place = PLACE_STORE,
		.takes_file = true,
		.options = device_import,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_device_import,
	},
	{
		.verb = "device",
		.noun = "export",
		.synopsis = "[--center ID]",
		.summary =
			"write all devices as CSV or JSON lines, without keys",
		.place = PLACE_STORE,
		.options = device_export,
		.run = command_device_export,
	},
	{
		.verb = "request",
		.noun = "list",
		.synopsis = "[--open] [--answered] [--expired] [--cancelled] "
			    "[--serial SERIAL]",
		.summary = "list the requests that were sent",
		.place = PLACE_STORE,
		.options = request_list,
		.run = command_request_list,
	},
	{
		.verb = "request",
		.noun = "show",
		.synopsis = "EMAIL-ID",
		.summary = "show one request",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_request_show,
	},
	{
		.verb = "request",
		.noun = "cancel",
		.synopsis = "EMAIL-ID",
		.summary = "end a request: an answer from now on is late",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_request_cancel,
	},
	{
		.verb = "request",
		.synopsis = "SERIAL | --all | --center ID | --overdue TIME "
			    "--command NAME "
			    "[--param NAME=VALUE]… [--lifetime TIME] "
			    "[--send [--sendmail PATH] | --output DIR]",
		.summary = "make or send a request to a device, or to many",
		.place = PLACE_STORE,
		.options = request,
		.operands_max = 1,
		.run = command_request,
	},
	{
		.verb = "spool",
		.noun = "list",
		.synopsis = "",
		.summary = "list the segments in the spool",
		.place = PLACE_LOCAL,
		.run = command_spool_list,
	},
	{
		.verb = "spool",
		.noun = "next",
		.synopsis = "",
		.summary = "claim the oldest segment and print its path",
		.place = PLACE_LOCAL,
		.run = command_spool_next,
	},
	{
		.verb = "spool",
		.noun = "done",
		.synopsis = "NAME",
		.summary = "remove a claimed segment",
		.place = PLACE_LOCAL,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_spool_done,
	},
	{
		.verb = "spool",
		.noun = "verify",
		.synopsis = "[--from SEQUENCE]",
		.summary = "check every segment, and the sequence for gaps",
		.place = PLACE_LOCAL,
		.options = spool_verify,
		.run = command_spool_verify,
	},
	{
		.verb = "explain",
		.synopsis = "FILE.eml [--from ADDRESS] [--to ADDRESS]… "
			    "[--client IP]",
		.summary = "judge a mail without an MTA, changing nothing",
		.place = PLACE_STORE,
		.takes_file = true,
		.options = explain,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_explain,
	},
	{
		.verb = "submit",
		.synopsis = "FILE.eml --center ID [--trace ID] [--client IP] "
			    "[--principal PRINCIPAL --how login|certificate]",
		.summary = "hand a message in, as a channel does",
		.place = PLACE_STORE,
		.takes_file = true,
		.roles = CHANNELS,
		.options = submit,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_submit,
	},
	{
		.verb = "identify",
		.synopsis = "PRINCIPAL --center ID",
		.summary = "print whether a device or agent is registered",
		.place = PLACE_STORE,
		.roles = CHANNELS,
		.options = identify,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_identify,
	},
	{
		.verb = "quarantine",
		.noun = "list",
		.synopsis = "",
		.summary = "list the mails in the quarantine",
		.place = PLACE_STORE,
		.run = command_quarantine_list,
	},
	{
		.verb = "quarantine",
		.noun = "show",
		.synopsis = "NAME",
		.summary = "print one of them",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_quarantine_show,
	},
	{
		.verb = "quarantine",
		.noun = "release",
		.synopsis = "NAME… [--accept-date]",
		.summary = "judge mails again, admit those that pass now",
		.place = PLACE_STORE,
		.options = quarantine_release,
		.operands_min = 1,
		.operands_max = ARGUMENTS_MAX,
		.run = command_quarantine_release,
	},
	{
		.verb = "quarantine",
		.noun = "remove",
		.synopsis = "NAME…",
		.summary = "remove mails from the quarantine",
		.place = PLACE_STORE,
		.operands_min = 1,
		.operands_max = ARGUMENTS_MAX,
		.run = command_quarantine_remove,
	},
	{
		.verb = "stats",
		.synopsis = "[--prometheus]",
		.summary = "print what was judged and stored",
		.place = PLACE_STATE,
		.roles = OBSERVERS,
		.options = stats,
		.run = command_stats,
	},
	{
		.verb = "clock",
		.noun = "accept",
		.synopsis = "",
		.summary = "say that the machine's clock is right",
		.place = PLACE_STORE,
		.run = command_clock_accept,
	},
	{
		.verb = "clock",
		.synopsis = "",
		.summary = "print whether the machine's clock is believed",
		.place = PLACE_STORE,
		.roles = OBSERVERS,
		.run = command_clock,
	},
	{
		.verb = "sequence",
		.synopsis = "[--next NUMBER]",
		.summary = "print, or after a restore raise, the next sequence "
			   "number",
		.place = PLACE_STORE,
		.options = sequence,
		.run = command_sequence,
	},
	{
		.verb = "backup",
		.synopsis = "DIR",
		.summary = "copy the database, consistent, to a directory",
		.place = PLACE_STORE,
		.takes_path = true,
		.operands_min = 1,
		.operands_max = 1,
		.run = command_backup,
	},
	{
		.verb = "check",
		.synopsis = "",
		.summary = "verify the database",
		.place = PLACE_STORE,
		.run = command_check,
	},
	{
		.verb = "reload",
		.synopsis = "",
		.summary = "make the daemon read its configuration again",
		.place = PLACE_DAEMON,
		.run = command_reload,
	},
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

bool
command_allowed(int argc, char **argv, enum role role)
{
	int used;
	const struct command *row = command_find(argc, argv, &used);

	return role == ROLE_OPERATOR ||
		(role != ROLE_NONE && row != NULL &&
			(row->roles & 1u << role) != 0);
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
