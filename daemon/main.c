/*
 * csrc-milter: the command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/crypto.h"
#include "daemon/daemon.h"
#include "daemon/dump.h"

static const char usage[] =
	"usage: csrc-milter [-f] [-c FILE]    serve (-f: in the foreground)\n"
	"       csrc-milter -n [-c FILE]      check the configuration\n"
	"       csrc-milter --dump [-c FILE]  print every option, and whence\n"
	"       csrc-milter --defaults        print what is there without\n"
	"       csrc-milter -V | -h           print version or this help\n";

/* Options without a letter. */
enum { OPTION_DUMP = 256, OPTION_DEFAULTS };

static const struct option long_options[] = {
	{ "dump", no_argument, NULL, OPTION_DUMP },
	{ "defaults", no_argument, NULL, OPTION_DEFAULTS },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	const char *config;
	bool foreground, check, dump;
};

/* -1: serve; else the exit code. */
static int
read_arguments(int argc, char **argv, struct arguments *a)
{
	int option;

	while ((option = getopt_long(
			argc, argv, "c:fhnV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			a->config = optarg;
			break;
		case 'f':
			a->foreground = true;
			break;
		case 'n':
			a->check = true;
			break;
		case OPTION_DUMP:
			a->dump = true;
			break;
		case OPTION_DEFAULTS:
			return dump_defaults(stdout);
		case 'V':
			printf("csrc-milter (%s) %s\n", PACKAGE_NAME,
				PACKAGE_VERSION);
			crypto_describe(stdout);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return EX_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fputs(usage, stderr);
	return EX_USAGE;
}

int
main(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct error e = { 0 };
	int code = read_arguments(argc, argv, &a);

	if (code != -1)
		return code;
	if (a.dump)
		code = dump_settings(stdout, a.config, &e);
	else if (a.check)
		code = daemon_check(a.config, &e);
	else
		code = daemon_run(a.config, a.foreground, &e);
	if (code != 0 && e.text[0] != '\0')
		fprintf(stderr, "csrc-milter: %s\n", e.text);
	return code;
}
