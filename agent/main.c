/*
 * csrc-dca: the command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/duty.h"
#include "base/log.h"
#include "base/text.h"
#include "control/protocol.h"

static const char usage[] =
	"usage: csrc-dca [-c FILE | -d DIR]        serve, in the foreground\n"
	"       csrc-dca COMMAND [OPTION ...]      see below\n"
	"       csrc-dca -n                        read the configuration\n"
	"       csrc-dca --help | --version\n"
	"\n"
	"  discover             look for printers\n"
	"  poll                 [ADDRESS ...]: ask printers once, and report\n"
	"  show                 ADDRESS: what a printer answers\n"
	"  status               how it goes\n"
	"  check                what keeps it from working\n"
	"  accept               ADDRESS: another SNMPv3 engine there is right\n"
	"  profile              test ADDRESS|FILE: what profiles make of it\n"
	"  enrol                get a certificate, or another one\n"
	"\n"
	"  -c, --config FILE    instead of /etc/csrc-dca/csrc-dca.conf\n"
	"  -d, --directory DIR  all files are there, its state as well\n"
	"  -n, --check          change nothing\n"
	"  --json               lines of JSON\n"
	"  --licence ID         enrol: which licence buys the certificate\n"
	"  --code-file FILE     enrol: a file with its code, which else is "
	"typed\n"
	"  --ca-out FILE        enrol: where the authority's certificate goes\n"
	"  --renew              enrol: another certificate, where it is due\n"
	"  --before TIME        enrol: which it is so long before its end; "
	"60d\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n";

enum {
	OPTION_JSON = 256,
	OPTION_LICENCE,
	OPTION_CODE_FILE,
	OPTION_CA_OUT,
	OPTION_RENEW,
	OPTION_BEFORE
};

static const struct command_row {
	const char *name;
	dca_command *run;
	int least, most; /* operands */
	bool enrols;
} commands[] = {
	{ "accept", dca_accept, 1, 1, false },
	{ "check", dca_check, 0, 0, false },
	{ "discover", dca_discover, 0, 0, false },
	{ "enrol", dca_enrol, 0, 0, true },
	{ "poll", dca_poll, 0, 1 << 16, false },
	{ "profile", dca_profile, 2, 2, false },
	{ "show", dca_show, 1, 1, false },
	{ "status", dca_status, 0, 0, false },
};

static const struct option long_options[] = {
	{ "before", required_argument, NULL, OPTION_BEFORE },
	{ "ca-out", required_argument, NULL, OPTION_CA_OUT },
	{ "check", no_argument, NULL, 'n' },
	{ "code-file", required_argument, NULL, OPTION_CODE_FILE },
	{ "config", required_argument, NULL, 'c' },
	{ "directory", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "licence", required_argument, NULL, OPTION_LICENCE },
	{ "renew", no_argument, NULL, OPTION_RENEW },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int
misused(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

/* false: it is none of enrol's. */
static bool
take_enrol(struct commands_call *call, int option)
{
	switch (option) {
	case OPTION_LICENCE:
		call->licence = optarg;
		return true;
	case OPTION_CODE_FILE:
		call->code_file = optarg;
		return true;
	case OPTION_CA_OUT:
		call->ca_out = optarg;
		return true;
	case OPTION_RENEW:
		call->renew = true;
		return true;
	case OPTION_BEFORE:
		return text_duration(optarg, &call->before) == 0;
	default:
		return false;
	}
}

/* -1: go on; else the exit code. */
static int
take(struct commands_call *call, int option)
{
	switch (option) {
	case 'c':
		call->place.path = optarg;
		return -1;
	case 'd':
		call->place.directory = optarg;
		return -1;
	case 'n':
		call->look = true;
		return -1;
	case OPTION_JSON:
		call->json = true;
		return -1;
	case 'V':
		printf("csrc-dca (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
		return EXIT_DONE;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return take_enrol(call, option) ? -1 : misused();
	}
}

/* The directory's whole path, since a service may work elsewhere. */
static int
find_directory(struct commands_call *call, char **path_r)
{
	*path_r = NULL;
	if (call->place.directory == NULL)
		return 0;
	*path_r = realpath(call->place.directory, NULL);
	if (*path_r == NULL) {
		fprintf(stderr, "csrc-dca: %s: there is no such directory\n",
			call->place.directory);
		return -1;
	}
	call->place.directory = *path_r;
	return 0;
}

static bool
fits(const struct command_row *row, const struct commands_call *call)
{
	const bool names = call->licence != NULL || call->code_file != NULL;

	if (call->count < row->least || call->count > row->most)
		return false;
	if (!row->enrols)
		return !names && !call->renew && call->before == -1 &&
			call->ca_out == NULL;
	return call->renew ? !names : names && call->before == -1;
}

static int
run_command(struct commands_call *call, struct error *e)
{
	const char *name = call->operands[0];

	call->operands++;
	call->count--;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return fits(&commands[i], call)
				? commands[i].run(call, e)
				: misused();
	fprintf(stderr, "csrc-dca: there is no command %s\n", name);
	return misused();
}

static int
run(struct commands_call *call, struct error *e)
{
	log_program("csrc-dca");
	if (call->count > 0) {
		(void)log_open("stderr", LEVEL_WARN, e);
		return run_command(call, e);
	}
	if (call->json || call->licence != NULL || call->renew)
		return misused();
	return call->look ? dca_read(call, e) : duty_run(&call->place, e);
}

int
main(int argc, char **argv)
{
	struct commands_call call = { .before = -1 };
	struct error e = { 0 };
	char *directory;
	int option, code;

	while ((option = getopt_long(
			argc, argv, "c:d:hnV", long_options, NULL)) != -1) {
		code = take(&call, option);
		if (code != -1)
			return code;
	}
	call.operands = argv + optind;
	call.count = argc - optind;
	if (find_directory(&call, &directory) == -1)
		return EXIT_REFUSED;
	code = run(&call, &e);
	if (code != EXIT_DONE && e.text[0] != '\0')
		fprintf(stderr, "csrc-dca: %s\n", e.text);
	free(directory);
	return code;
}
