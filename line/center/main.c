/*
 * csrc-line: the command line.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "line/center/process.h"

static const char usage[] =
	"usage: csrc-line [-c FILE]                 answer the call on "
	"standard "
	"input\n"
	"       csrc-line [-c FILE] --line NAME     answer calls on a terminal "
	"line\n"
	"       csrc-line [-c FILE] --dial SERIAL   call a device\n"
	"       csrc-line [-c FILE] -n              check the configuration\n"
	"       csrc-line --help | --version\n"
	"\n"
	"  -c, --config FILE  the configuration\n"
	"  -d, --dial SERIAL  call the device, as its section says\n"
	"  -l, --line NAME    answer on the line, as its section says\n"
	"  -n, --check        read the configuration, no more\n"
	"  -h, --help         print this\n"
	"  -V, --version      print the version\n";

static const struct option long_options[] = {
	{ "check", no_argument, NULL, 'n' },
	{ "config", required_argument, NULL, 'c' },
	{ "dial", required_argument, NULL, 'd' },
	{ "line", required_argument, NULL, 'l' },
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
take(struct process_options *a, int option)
{
	switch (option) {
	case 'c':
		a->config = optarg;
		return -1;
	case 'd':
		a->dial = optarg;
		return -1;
	case 'l':
		a->line = optarg;
		return -1;
	case 'n':
		a->check = true;
		return -1;
	case 'V':
		printf("csrc-line (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
		return EXIT_DONE;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return misused();
	}
}

static int
read_arguments(int argc, char **argv, struct process_options *a)
{
	int option, code = -1;

	while (code == -1 &&
		(option = getopt_long(
			 argc, argv, "c:d:hl:nV", long_options, NULL)) != -1)
		code = take(a, option);
	if (code == -1 &&
		(optind != argc ||
			a->check + (a->dial != NULL) + (a->line != NULL) > 1))
		code = misused();
	return code;
}

int
main(int argc, char **argv)
{
	struct process_options a = { .config = NULL };
	struct error e = { 0 };
	int code = read_arguments(argc, argv, &a);

	if (code != -1)
		return code;
	log_program("csrc-line");
	code = (int)line_process_run(&a, &e);
	if (e.text[0] != '\0')
		fprintf(stderr, "csrc-line: %s\n", e.text);
	return code;
}
