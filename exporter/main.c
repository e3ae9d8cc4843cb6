/*
 * csrc-exporter: the command line, and the process from its start to its end.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/manager.h"
#include "base/privileges.h"
#include "base/signals.h"
#include "control/protocol.h"
#include "exporter/http.h"
#include "exporter/metrics.h"

#define DEFAULT_SOCKET RUNSTATEDIR "/csrc-milter/control.sock"

static const char usage[] =
	"usage: csrc-exporter [-p PORT] [-s SOCKET]   serve, in the "
	"foreground\n"
	"       csrc-exporter --once [-s SOCKET]      print the metrics, and "
	"end\n"
	"       csrc-exporter -n                      check the options\n"
	"       csrc-exporter --help | --version\n"
	"\n"
	"  -p, --port PORT      of 127.0.0.1, where /metrics is; 9817\n"
	"  -s, --socket SOCKET  the gateway's control socket\n"
	"  -t, --timeout TIME   how many seconds it may take to answer; 8\n"
	"  -n, --check          read the options, ask the gateway, no more\n"
	"  --once               print what a scrape would get\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n";

enum { OPTION_ONCE = 256, PORT = 9817, TIMEOUT = 8, TIMEOUT_MAX = 300 };

static const struct option long_options[] = {
	{ "check", no_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "port", required_argument, NULL, 'p' },
	{ "socket", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	const char *socket;
	long port, timeout;
	bool check, once;
};

static int
misused(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

/* 0: it is no number from 1 to most. */
static long
read_number(const char *text, long most)
{
	char *end;
	const long number = strtol(text, &end, 10);

	return text[0] >= '0' && text[0] <= '9' && *end == '\0' &&
			number <= most
		? number
		: 0;
}

/* -1: go on; else the exit code. */
static int
take(struct arguments *a, int option)
{
	switch (option) {
	case 'p':
		a->port = read_number(optarg, UINT16_MAX);
		return a->port > 0 ? -1 : misused();
	case 't':
		a->timeout = read_number(optarg, TIMEOUT_MAX);
		return a->timeout > 0 ? -1 : misused();
	case 's':
		a->socket = optarg;
		return -1;
	case 'n':
		a->check = true;
		return -1;
	case OPTION_ONCE:
		a->once = true;
		return -1;
	case 'V':
		printf("csrc-exporter (%s) %s\n", PACKAGE_NAME,
			PACKAGE_VERSION);
		return EXIT_DONE;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return misused();
	}
}

static int
read_arguments(int argc, char **argv, struct arguments *a)
{
	int option, code = -1;

	while (code == -1 &&
		(option = getopt_long(
			 argc, argv, "hnp:s:t:V", long_options, NULL)) != -1)
		code = take(a, option);
	if (code == -1 && (optind != argc || (a->check && a->once)))
		code = misused();
	return code;
}

/* With the daemon asked; quiet: nothing of what it says is printed. */
static int
print_once(struct metrics *m, bool quiet, struct error *e)
{
	struct buffer page = { 0 };
	int code = EXIT_TROUBLE;

	if (metrics_write(m, &page, e) == 0) {
		if (!quiet)
			fwrite(page.data, 1, page.length, stdout);
		if (strstr((const char *)page.data, "\ncsrc_up 1\n") != NULL)
			code = EXIT_DONE;
	}
	buffer_clear(&page);
	return code;
}

static int
serve(const struct arguments *a, struct metrics *m, struct error *e)
{
	struct http *http;
	int signals;

	if (privileges_none(e) == -1 || signals_take(&signals, e) == -1)
		return -1;
	if (privileges_harden(e) == -1 ||
		http_start((uint16_t)a->port, m, &http, e) == -1) {
		close(signals);
		return -1;
	}
	manager_tell("READY=1");
	log_info("started, version %s, http://127.0.0.1:%ld/metrics",
		PACKAGE_VERSION, a->port);
	/* there is nothing to read anew */
	while (signals_wait(signals, manager_interval()) != SIGNALS_STOP)
		manager_alive();
	manager_tell("STOPPING=1");
	http_stop(&http);
	close(signals);
	log_info("stopped");
	return 0;
}

static int
run(const struct arguments *a, struct error *e)
{
	struct metrics *m;
	int code = EXIT_DONE;

	if (log_open("stderr", LEVEL_INFO, e) == -1 ||
		metrics_open(a->socket, (int)a->timeout, &m, e) == -1)
		return EXIT_TROUBLE;
	if (a->check || a->once)
		code = print_once(m, a->check, e);
	else if (serve(a, m, e) == -1)
		code = e->code == ERROR_TROUBLE ? EXIT_TROUBLE : EXIT_REFUSED;
	metrics_close(&m);
	return code;
}

int
main(int argc, char **argv)
{
	struct arguments a = {
		.socket = DEFAULT_SOCKET, .port = PORT, .timeout = TIMEOUT
	};
	struct error e = { 0 };
	int code = read_arguments(argc, argv, &a);

	if (code != -1)
		return code;
	log_program("csrc-exporter");
	code = run(&a, &e);
	if (e.text[0] != '\0')
		fprintf(stderr, "csrc-exporter: %s\n", e.text);
	return code;
}
