/*
 * csrc-ca: the command line.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/init.h"
#include "authority/process.h"
#include "base/crypto.h"
#include "control/protocol.h"

static const char usage[] =
	"usage: csrc-ca [-c FILE]          serve, in the foreground\n"
	"       csrc-ca -n                 check the configuration\n"
	"       csrc-ca init [-c FILE] [--organization TEXT] [--days N]\n"
	"               [--key-type P-256|P-384]\n"
	"       csrc-ca --help | --version\n"
	"\n"
	"  init               make the authority's key and certificate\n"
	"  -c, --config FILE  instead of /etc/csrc-ca/csrc-ca.conf\n"
	"  -n, --check        read it and the files that it names, no more\n"
	"  --organization TEXT  whose certificates they are\n"
	"  --days N           how long the authority lasts; 7300\n"
	"  --key-type TYPE    P-256 or P-384; P-256\n"
	"  -h, --help         print this\n"
	"  -V, --version      print the version\n";

enum { OPTION_DAYS = 256, OPTION_ORGANIZATION, OPTION_KEY_TYPE };

static const struct option long_options[] = {
	{ "check", no_argument, NULL, 'n' },
	{ "config", required_argument, NULL, 'c' },
	{ "days", required_argument, NULL, OPTION_DAYS },
	{ "organization", required_argument, NULL, OPTION_ORGANIZATION },
	{ "key-type", required_argument, NULL, OPTION_KEY_TYPE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	const char *config;
	bool check, init;
	bool made_of; /* an option of init's was given */
	struct init_options options;
};

static int
misused(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

static void
print_version(void)
{
	printf("csrc-ca (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
	crypto_describe(stdout);
}

/* False: it is none of init's. */
static bool
take_init(struct arguments *a, int option)
{
	char *end;

	a->made_of = true;
	switch (option) {
	case OPTION_DAYS:
		a->options.days = strtoll(optarg, &end, 10);
		/* refused with the others that are out of range */
		if (*end != '\0')
			a->options.days = 0;
		return true;
	case OPTION_ORGANIZATION:
		a->options.organization = optarg;
		return true;
	case OPTION_KEY_TYPE:
		a->options.curve = optarg;
		return true;
	default:
		return false;
	}
}

/* -1: go on; else the exit code. */
static int
read_arguments(int argc, char **argv, struct arguments *a)
{
	int option;

	while ((option = getopt_long(
			argc, argv, "c:hnV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			a->config = optarg;
			break;
		case 'n':
			a->check = true;
			break;
		case 'V':
			print_version();
			return EXIT_DONE;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			if (!take_init(a, option))
				return misused();
		}
	}
	if (optind < argc && strcmp(argv[optind], "init") == 0) {
		a->init = true;
		optind++;
	}
	if (optind != argc || (a->made_of && !a->init) || (a->check && a->init))
		return misused();
	return -1;
}

int
main(int argc, char **argv)
{
	struct arguments a = {
		.options = { .days = 7300,
			.organization = "",
			.curve = "P-256" },
	};
	struct error e = { 0 };
	int code = read_arguments(argc, argv, &a), rc;

	if (code != -1)
		return code;
	rc = crypto_init(&e);
	if (rc == 0 && a.init)
		rc = init_authority(a.config, &a.options, &e);
	else if (rc == 0)
		rc = a.check ? process_check(a.config, &e)
			     : process_run(a.config, &e);
	if (rc == 0)
		return EXIT_DONE;
	fprintf(stderr, "csrc-ca: %s\n", e.text);
	return e.code == ERROR_TROUBLE ? EXIT_TROUBLE : EXIT_REFUSED;
}
