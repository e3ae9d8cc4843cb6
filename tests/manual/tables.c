/*
 * Prints the tables of the programs, a row a line and its cells separated by
 * tabs, for tests/manual/tables.sh to hold against the manual pages. Takes the
 * tables from the programs' own libraries, so that nothing is listed twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/configuration.h"
#include "authority/configuration.h"
#include "control/command.h"
#include "control/commands/mta.h"
#include "control/usage.h"
#include "config/option_table.h"
#include "gate/gate.h"
#include "gate/verdict.h"
#include "line/center/configuration.h"
#include "receive/configuration.h"
#include "webdav/configuration.h"

/* The manual has the paths of a package; this build may have others. */
static const struct {
	const char *built, *manual;
} prefixes[] = {
	{ PKGDATADIR, "/usr/share/csrc-gateway" },
	{ SYSCONFDIR, "/etc" },
	{ RUNSTATEDIR, "/run" },
	{ LOCALSTATEDIR, "/var" },
};

/* The words that the manual has for what may be written. */
static const char *const kind_words[] = {
	[KIND_PATH] = "path",
	[KIND_SOCKET_PATH] = "path",
	[KIND_SOCKET] = "socket",
	[KIND_NAME] = "name",
	[KIND_LOG] = "syslog|stderr|path",
	[KIND_WORDS] = "words",
	[KIND_NETWORKS] = "networks",
	[KIND_ROLES] = "users",
	[KIND_DELIMITERS] = "delimiters",
	[KIND_FILE] = "file",
	[KIND_TEXT] = "text",
	[KIND_MODE] = "mode",
	[KIND_SECONDS] = "duration",
	[KIND_OCTETS] = "size",
	[KIND_COUNT] = "number",
};

static void
print_default(const char *fallback)
{
	const char *path = strchr(fallback, '/');
	size_t i, length;

	if (path == NULL) {
		printf("%s", fallback[0] == '\0' ? "none" : fallback);
		return;
	}
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		length = strlen(prefixes[i].built);
		if (strncmp(path, prefixes[i].built, length) != 0)
			continue;
		printf("%.*s%s%s", (int)(path - fallback), fallback,
			prefixes[i].manual, path + length);
		return;
	}
	printf("%s", fallback);
}

/* A number's bound, written as the program writes it. */
static void
print_bound(const struct option *o, int64_t bound)
{
	union {
		struct settings settings;
		struct configuration configuration;
		struct server server;
		struct dca_configuration dca;
		struct dca_printers printers;
		char octets[1];
	} any;
	char text[64];

	memcpy(any.octets + o->offset, &bound, sizeof(bound));
	if (option_print(&any, o, text, sizeof(text)) == -1)
		exit(1);
	printf("%s", text);
}

static void
print_option(const char *table, const struct option *o)
{
	printf("%s\t%s\t%s\t", table, o->name,
		o->values ? o->values : kind_words[o->kind]);
	print_default(o->fallback);
	printf("\t");
	if (o->min != o->max) {
		print_bound(o, o->min);
		printf(" to ");
		print_bound(o, o->max);
	} else {
		printf("-");
	}
	printf("\t%s\n", o->restart ? "restart" : "reload");
}

static void
print_verbs(void)
{
	const struct argument_spec *s = command_globals();
	const struct command *rows;
	size_t i, count = command_table(&rows);
	char call[COMMAND_CALL_SIZE], name[USAGE_CALL_SIZE];

	for (i = 0; i < count; i++)
		printf("verb\t%s\n", command_synopsis(&rows[i], call));
	for (; !argument_last(s); s++) {
		usage_call(s, name);
		printf("global\t%.*s\n", (int)strcspn(name, " "), name);
	}
}

static void
print_reasons(void)
{
	int i;

	for (i = REASON_NONE + 1; i < REASON_COUNT; i++)
		printf("reason\t%s\t%s\n", reason_name((enum reason)i),
			verdict_kind_name(reason_kind((enum reason)i)));
	for (i = VERDICT_GENUINE; i <= VERDICT_TROUBLE; i++)
		printf("verdict\t%s\n",
			verdict_kind_name((enum verdict_kind)i));
}

/* An equate of a Sendmail filter, as it is written in it. */
static void
print_mta(void)
{
	const struct mta_setting *rows;
	size_t i, count = mta_postfix(&rows);

	for (i = 0; i < count; i++)
		printf("postfix\t%s = %s\n", rows[i].name, rows[i].value);
	count = mta_sendmail(&rows);
	for (i = 0; i < count; i++)
		printf("sendmail\t%s%c%s\n",
			rows[i].name + (rows[i].name[1] == ' ' ? 2 : 0),
			rows[i].name[1] == ' ' ? ':' : '=', rows[i].value);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < OPTIONS; i++)
		print_option("option", &options[i]);
	for (i = 0; i < GENERAL_OPTIONS; i++)
		print_option("webdav", &general_options[i]);
	for (i = 0; i < SERVER_OPTIONS; i++)
		print_option("webdav", &server_options[i]);
	for (i = 0; i < CA_OPTIONS; i++)
		print_option("ca", &ca_options[i]);
	for (i = 0; i < DCA_OPTIONS; i++)
		print_option("dca", &dca_options[i]);
	for (i = 0; i < DCA_PRINTERS_OPTIONS; i++)
		print_option("dca", &dca_printers_options[i]);
	for (i = 0; i < DCA_CREDENTIALS_OPTIONS; i++)
		print_option("credentials", &dca_credentials_options[i]);
	for (i = 0; i < LINE_GENERAL_OPTIONS; i++)
		print_option("line", &line_general_options[i]);
	for (i = 0; i < LINE_LINE_OPTIONS; i++)
		print_option("line", &line_line_options[i]);
	for (i = 0; i < LINE_DEVICE_OPTIONS; i++)
		print_option("line", &line_device_options[i]);
	for (i = 0; i < RECEIVE_OPTIONS; i++)
		print_option("receive", &receive_options[i]);
	print_verbs();
	print_reasons();
	print_mta();
	return 0;
}
