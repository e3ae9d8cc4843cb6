/*
 * csrc-fax: the command line.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/privileges.h"
#include "base/text.h"
#include "control/client.h"
#include "fax/hook.h"
#include "fax/reader.h"
#include "fax/work.h"

#define DEFAULT_SOCKET RUNSTATEDIR "/csrc-milter/control.sock"
#define DEFAULT_TRAY LOCALSTATEDIR "/spool/csrc-fax"

static const char usage[] =
	"usage: csrc-fax hylafax --center ID [-d DIR] FILE DEVICE COMMID ERROR "
	"[NUMBER ...]\n"
	"       csrc-fax mgetty --center ID [-d DIR] CODE STATION PAGES FILE\n"
	"       csrc-fax work [-d DIR] [-s SOCKET] [-t TIME]\n"
	"       csrc-fax -n [-d DIR] [-s SOCKET]   check both\n"
	"       csrc-fax --help | --version\n"
	"\n"
	"  hylafax              keep a fax that has come, as HylaFAX says it\n"
	"  mgetty               the same of mgetty's\n"
	"  work                 read what is kept, and hand it over\n"
	"  --center ID          whose number was called\n"
	"  -d, --directory DIR  where faxes are kept; " DEFAULT_TRAY "\n"
	"  -s, --socket SOCKET  the gateway's control socket\n"
	"  -t, --timeout TIME   how long reading a fax may take; 60s\n"
	"  -l, --log TARGET     syslog, stderr, or a file's path\n"
	"  -n, --check          look whether both are there\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n";

enum { OPTION_CENTER = 256, TIMEOUT_MAX = 3600, CHECK_SECONDS = 10 };

static const struct option long_options[] = {
	{ "center", required_argument, NULL, OPTION_CENTER },
	{ "check", no_argument, NULL, 'n' },
	{ "directory", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "log", required_argument, NULL, 'l' },
	{ "socket", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	const char *center, *directory, *socket, *log;
	int64_t seconds;
	bool check;
	const char *what; /* "work", "hylafax" …; NULL: nothing */
	int count;        /* of what follows it */
	char *const *operands;
};

static int
misused(void)
{
	fputs(usage, stderr);
	return EXIT_USAGE;
}

/* -1: go on; else the exit code. */
static int
take(struct arguments *a, int option)
{
	switch (option) {
	case OPTION_CENTER:
		a->center = optarg;
		return -1;
	case 'd':
		a->directory = optarg;
		return -1;
	case 'l':
		a->log = optarg;
		return -1;
	case 'n':
		a->check = true;
		return -1;
	case 's':
		a->socket = optarg;
		return -1;
	case 't':
		return text_duration(optarg, &a->seconds) == 0 &&
				a->seconds > 0 && a->seconds <= TIMEOUT_MAX
			? -1
			: misused();
	case 'V':
		printf("csrc-fax (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
		return EXIT_DONE;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		return misused();
	}
}

static bool
makes_sense(const struct arguments *a)
{
	if (a->check)
		return a->what == NULL && a->center == NULL;
	if (a->what == NULL)
		return false;
	return strcmp(a->what, "work") == 0 ? a->center == NULL && a->count == 0
					    : a->center != NULL;
}

/* Options end where what a fax program says begins, which may look like some.
 */
static int
read_arguments(int argc, char **argv, struct arguments *a)
{
	int option, code = -1;

	if (argc > 1 && argv[1][0] != '-') {
		a->what = argv[1];
		argc--;
		argv++;
	}
	while (code == -1 &&
		(option = getopt_long(
			 argc, argv, "+d:hl:ns:t:V", long_options, NULL)) != -1)
		code = take(a, option);
	a->count = argc - optind;
	a->operands = argv + optind;
	return code == -1 && !makes_sense(a) ? misused() : code;
}

static int
work(const struct arguments *a, struct tray *tray, struct error *e)
{
	struct work w = { .tray = tray,
		.socket = a->socket,
		.seconds = (unsigned int)a->seconds };
	int rc;

	if (privileges_none(e) == -1 || privileges_harden(e) == -1)
		return -1;
	rc = tray_claim(tray, e);
	if (rc != 1)
		return rc;
	rc = work_run(&w, e);
	if (w.done + w.kept + w.left > 0)
		log_info("%u done, %u in the quarantine, %u left", w.done,
			w.kept, w.left);
	return rc;
}

static int
check(const struct arguments *a, struct error *e)
{
	struct client *client;

	if (client_open(a->socket, CHECK_SECONDS, &client, e) == -1)
		return -1;
	client_close(&client);
	return 0;
}

static int
run(const struct arguments *a, struct error *e)
{
	struct tray *tray;
	int rc;

	if (log_open(a->log, LEVEL_INFO, e) == -1 || crypto_init(e) == -1 ||
		tray_open(a->directory, &tray, e) == -1)
		return -1;
	if (a->check)
		rc = check(a, e);
	else if (strcmp(a->what, "work") == 0)
		rc = work(a, tray, e);
	else
		rc = hook_run(
			a->what, a->center, tray, a->count, a->operands, e);
	tray_close(&tray);
	return rc;
}

static int
code_of(const struct error *e)
{
	switch (e->code) {
	case ERROR_USAGE:
		return EXIT_USAGE;
	case ERROR_TROUBLE:
	case ERROR_NOT_FOUND: /* no daemon listens */
		return EXIT_TROUBLE;
	default:
		return EXIT_REFUSED;
	}
}

int
main(int argc, char **argv)
{
	struct arguments a = { .directory = DEFAULT_TRAY,
		.socket = DEFAULT_SOCKET,
		.log = "syslog",
		.seconds = READER_SECONDS };
	struct error e = { ERROR_NONE, "" };
	int code = read_arguments(argc, argv, &a);

	if (code != -1)
		return code;
	log_program("csrc-fax");
	if (run(&a, &e) != -1)
		return EXIT_DONE;
	log_error("%s", e.text);
	fprintf(stderr, "csrc-fax: %s\n", e.text);
	return code_of(&e);
}
