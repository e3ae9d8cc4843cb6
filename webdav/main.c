/*
 * csrc-webdav: the command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "webdav/service.h"

static const char usage[] =
	"usage: csrc-webdav [-c FILE]          serve, in the foreground\n"
	"       csrc-webdav --once [--json]    collect what is there, and end\n"
	"       csrc-webdav -n                 check the configuration\n"
	"       csrc-webdav --help | --version\n"
	"\n"
	"  -c, --config FILE  instead of /etc/csrc-webdav/csrc-webdav.conf\n"
	"  -n, --check        read it and the files that it names, no more\n"
	"  --once             for a timer: end when nothing more is to be "
	"done\n"
	"  --json             with --once: a line of JSON a server\n"
	"  -h, --help         print this\n"
	"  -V, --version      print the version\n";

enum { OPTION_ONCE = 256, OPTION_JSON };

static const struct option long_options[] = {
	{ "check", no_argument, NULL, 'n' },
	{ "config", required_argument, NULL, 'c' },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	struct service_options service;
	bool check;
};

static int
misused(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
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
			a->service.config = optarg;
			break;
		case 'n':
			a->check = true;
			break;
		case OPTION_ONCE:
			a->service.once = true;
			break;
		case OPTION_JSON:
			a->service.json = true;
			break;
		case 'V':
			printf("csrc-webdav (%s) %s\n", PACKAGE_NAME,
				PACKAGE_VERSION);
			return EXIT_DONE;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			return misused();
		}
	}
	if (optind != argc || (a->check && a->service.once) ||
		(a->service.json && !a->service.once))
		return misused();
	return -1;
}

int
main(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct error e = { 0 };
	int code = read_arguments(argc, argv, &a);

	if (code != -1)
		return code;
	code = a.check ? (int)service_check(&a.service, &e)
		       : (int)service_run(&a.service, &e);
	if (e.text[0] != '\0')
		fprintf(stderr, "csrc-webdav: %s\n", e.text);
	return code;
}
