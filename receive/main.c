/*
 * csrc-receive: the command line.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "control/protocol.h"
#include "receive/receiver.h"

static const char usage[] =
	"usage: csrc-receive [-c FILE]     serve, in the foreground\n"
	"       csrc-receive -n            check the configuration\n"
	"       csrc-receive --help | --version\n"
	"\n"
	"  -c, --config FILE  instead of /etc/csrc-receive/csrc-receive.conf\n"
	"  -n, --check        read it and look at what it names, no more\n"
	"  -h, --help         print this\n"
	"  -V, --version      print the version\n";

static const struct option long_options[] = {
	{ "check", no_argument, NULL, 'n' },
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int
misused(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

/* -1: go on; else the exit code. */
static int
read_arguments(int argc, char **argv, const char **config_r, bool *check_r)
{
	int option;

	while ((option = getopt_long(
			argc, argv, "c:hnV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			*config_r = optarg;
			break;
		case 'n':
			*check_r = true;
			break;
		case 'V':
			printf("csrc-receive (%s) %s\n", PACKAGE_NAME,
				PACKAGE_VERSION);
			return EXIT_DONE;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			return misused();
		}
	}
	return optind == argc ? -1 : misused();
}

int
main(int argc, char **argv)
{
	const char *config = NULL;
	struct error e = { 0 };
	bool check = false;
	int code = read_arguments(argc, argv, &config, &check);

	if (code != -1)
		return code;
	if ((check ? receiver_check(config, &e) : receiver_run(config, &e)) ==
		0)
		return EXIT_DONE;
	fprintf(stderr, "csrc-receive: %s\n", e.text);
	return e.code == ERROR_TROUBLE ? EXIT_TROUBLE : EXIT_REFUSED;
}
