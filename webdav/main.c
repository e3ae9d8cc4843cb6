/*
 * csrc-webdav: the command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "webdav/certificates.h"
#include "webdav/service.h"

static const char usage[] =
	"usage: csrc-webdav [-c FILE]          serve, in the foreground\n"
	"       csrc-webdav --once [--json]    collect what is there, and end\n"
	"       csrc-webdav -n                 check the configuration\n"
	"       csrc-webdav enrol SERVER [--licence ID] [--code-file FILE]\n"
	"                         [--ca-out FILE]\n"
	"       csrc-webdav enrol --renew [--before TIME] [SERVER ...]\n"
	"       csrc-webdav --help | --version\n"
	"\n"
	"  -c, --config FILE  instead of /etc/csrc-webdav/csrc-webdav.conf\n"
	"  -n, --check        read it and the files that it names, no more\n"
	"  --once             for a timer: end when nothing more is to be "
	"done\n"
	"  --json             with --once: a line of JSON a server\n"
	"  enrol              get a certificate, or another one\n"
	"  --licence ID       enrol: which licence buys the certificate\n"
	"  --code-file FILE   enrol: a file with its code, which else is "
	"typed\n"
	"  --ca-out FILE      enrol: where the authority's certificate goes\n"
	"  --renew            enrol: another certificate, where it is due\n"
	"  --before TIME      enrol: which it is so long before its end; 60d\n"
	"  -h, --help         print this\n"
	"  -V, --version      print the version\n";

enum {
	OPTION_ONCE = 256,
	OPTION_JSON,
	OPTION_LICENCE,
	OPTION_CODE_FILE,
	OPTION_CA_OUT,
	OPTION_RENEW,
	OPTION_BEFORE
};

static const struct option long_options[] = {
	{ "check", no_argument, NULL, 'n' },
	{ "config", required_argument, NULL, 'c' },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const struct option enrol_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "licence", required_argument, NULL, OPTION_LICENCE },
	{ "code-file", required_argument, NULL, OPTION_CODE_FILE },
	{ "ca-out", required_argument, NULL, OPTION_CA_OUT },
	{ "renew", no_argument, NULL, OPTION_RENEW },
	{ "before", required_argument, NULL, OPTION_BEFORE },
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

/* -1: it is none of ours. */
static int
take_enrol(int option, struct certificates_options *o)
{
	switch (option) {
	case 'c':
		o->config = optarg;
		return 0;
	case OPTION_LICENCE:
		o->licence = optarg;
		return 0;
	case OPTION_CODE_FILE:
		o->code_file = optarg;
		return 0;
	case OPTION_CA_OUT:
		o->ca_out = optarg;
		return 0;
	case OPTION_RENEW:
		o->renew = true;
		return 0;
	case OPTION_BEFORE:
		return text_duration(optarg, &o->before);
	default:
		return -1;
	}
}

/* -1: go on; else the exit code. */
static int
read_enrol(int argc, char **argv, struct certificates_options *o)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:", enrol_options, NULL)) !=
		-1)
		if (take_enrol(option, o) == -1)
			return misused();
	o->servers = argv + optind;
	o->count = argc - optind;
	if (o->renew ? o->licence != NULL || o->code_file != NULL
		     : o->count != 1 || o->before != -1 ||
				(o->licence == NULL && o->code_file == NULL))
		return misused();
	return -1;
}

static int
enrol(int argc, char **argv)
{
	struct certificates_options o = { .before = -1 };
	struct error e = { 0 };
	int code = read_enrol(argc, argv, &o);

	if (code != -1)
		return code;
	code = (int)certificates_run(&o, &e);
	if (e.text[0] != '\0')
		fprintf(stderr, "csrc-webdav: %s\n", e.text);
	return code;
}

int
main(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct error e = { 0 };
	int code;

	if (argc > 1 && strcmp(argv[1], "enrol") == 0)
		return enrol(argc - 1, argv + 1);
	code = read_arguments(argc, argv, &a);
	if (code != -1)
		return code;
	code = a.check ? (int)service_check(&a.service, &e)
		       : (int)service_run(&a.service, &e);
	if (e.text[0] != '\0')
		fprintf(stderr, "csrc-webdav: %s\n", e.text);
	return code;
}
