/*
 * csrc-device: the device's end of csrc-message(5), for those who build
 * devices or gateways for them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/crypto.h"
#include "base/text.h"
#include "base/wipe.h"
#include "device/arguments.h"
#include "device/commands.h"
#include "device/keyfile.h"
#include "parser/entity.h"

enum {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_INPUT = 3,
	EXIT_TROUBLE = 4,
	EXIT_KEPT = 5,
	EXIT_FULL = 6
};

static const int exit_codes[] = {
	[ERROR_NONE] = EXIT_TROUBLE,
	[ERROR_USAGE] = EXIT_USAGE,
	[ERROR_BAD] = EXIT_INPUT,
	[ERROR_LIMIT] = EXIT_INPUT,
	[ERROR_NOT_FOUND] = EXIT_INPUT,
	[ERROR_EXISTS] = EXIT_INPUT,
	[ERROR_DENIED] = EXIT_REFUSED,
	[ERROR_TROUBLE] = EXIT_TROUBLE,
};

static const char usage[] =
	"usage: csrc-device report WHO REPORT [--from A] [--to A]\n"
	"       csrc-device report WHO REPORT --queue DIR [--webdav URL "
	"[SERVER]]\n"
	"       csrc-device answer WHO --state FILE [REPORT] [--from A] [--to "
	"A] REQUEST\n"
	"       csrc-device show WHO [--state FILE] [--entity] REQUEST\n"
	"       csrc-device poll WHO --queue DIR --webdav URL [SERVER]\n"
	"               [REPORT | --run PROGRAM] [--state FILE] [--now]\n"
	"               [--old-key-file FILE]\n"
	"       csrc-device line WHO --queue DIR [LINE] [REPORT | --run "
	"PROGRAM]\n"
	"               [--state FILE] [--now] [--old-key-file FILE]\n"
	"       csrc-device fax --output FILE [PAGES] MESSAGE\n"
	"       csrc-device fax --output FILE [PAGES] --serial SERIAL --queue "
	"DIR [--now]\n"
	"               [--send PROGRAM --csi NUMBER]\n"
	"       csrc-device enrol --url URL --serial SERIAL PAIR --licence ID\n"
	"               [--code-file FILE] [--ca-out FILE] [SERVER]\n"
	"               [--webdav URL --key-file FILE]\n"
	"       csrc-device enrol --renew --url URL PAIR [--before TIME]\n"
	"               [--serial SERIAL] [--ca-out FILE] [SERVER]\n"
	"       csrc-device --help | --version\n"
	"\n"
	"WHO:     --center ID --serial SERIAL --key-file FILE|--key-fd N\n"
	"         or, with report and poll, --plain\n"
	"REPORT:  --json FILE | --mail FILE |\n"
	"         --counter NAME=VALUE ... --alarm CODE[=TEXT] ...\n"
	"         --setting NAME=[OLD:]NEW ...\n"
	"         [--kind KIND] [--model MODEL]\n"
	"         with [--date DATE] [--formats DIR]\n"
	"REQUEST: the center's mail, a file or -\n"
	"MESSAGE: what report prints, a file or -\n"
	"PAGES:   [--dots 4|5|6] [--resolution fine|standard] [--compression "
	"g3|g4]\n"
	"PAIR:    --certificate FILE [--certificate-key FILE]\n"
	"SERVER:  [--user NAME --password-file FILE]\n"
	"         [--certificate FILE [--certificate-key FILE]] [--ca-file "
	"FILE]\n"
	"         [--proxy URL [--proxy-user NAME --proxy-password-file "
	"FILE]]\n"
	"         [--allow-http]\n"
	"LINE:    --command COMMAND | --tty TTY [--speed N] [--no-flow]\n"
	"         [--connect COMMAND [--number N]] [--answer]\n"
	"         with [--call-timeout TIME]\n";

static const struct command {
	const char *name;
	int which;
	int (*run)(const struct arguments *a, const struct keyring *ring,
		struct error *e);
} commands[] = {
	{ "report", FOR_REPORT, command_report },
	{ "poll", FOR_POLL, command_poll },
	{ "line", FOR_LINE, command_line },
	{ "answer", FOR_ANSWER, command_answer },
	{ "show", FOR_SHOW, command_show },
	{ "enrol", FOR_ENROL, command_enrol },
	{ "fax", FOR_FAX, command_fax },
};

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int
read_keys(const struct arguments *a, struct keyring *ring, struct error *e)
{
	if (a->key_file == NULL && a->key_fd == -1)
		return 0;
	if (keyfile_read(a->key_file, a->key_fd, &ring->keys[0], e))
		return -1;
	ring->count = 1;
	if (a->old_key_file == NULL)
		return 0;
	if (keyfile_read(a->old_key_file, -1, &ring->keys[1], e))
		return -1;
	ring->count = 2;
	return 0;
}

static int
run(const struct command *command, int argc, char **argv, struct error *e)
{
	static const struct rlimit no_core = { 0, 0 };
	struct arguments a;
	struct keyring ring = { 0 };
	int rc = -1;

	if (arguments_read(&a, command->which, argc, argv, e))
		return -1;
	setrlimit(RLIMIT_CORE, &no_core); /* it would have the key in it */
	if (crypto_init(e) || parser_init(e))
		return -1;
	if (read_keys(&a, &ring, e) == 0)
		rc = command->run(&a, &ring, e);
	wipe(&ring, sizeof(ring));
	return rc;
}

/* result: what a command returned; not 0 */
static int
fail(const struct command *command, int result, const struct error *e)
{
	static const int exits[] = { [COMMAND_REFUSED] = EXIT_REFUSED,
		[COMMAND_KEPT] = EXIT_KEPT,
		[COMMAND_FULL] = EXIT_FULL };
	char why[4 * sizeof(e->text)];

	/* it may quote what came from outside */
	text_printable(e->text, strlen(e->text), why, sizeof(why));
	fprintf(stderr, "csrc-device %s: %s%s\n", command->name,
		e->code == ERROR_DENIED && result != COMMAND_KEPT ? "refused: "
								  : "",
		why);
	return result == -1 ? exit_codes[e->code] : exits[result];
}

int
main(int argc, char **argv)
{
	const struct command *command;
	struct error e = { 0 };
	int rc;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("csrc-device (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
		crypto_describe(stdout);
		return EXIT_DONE;
	}
	command = argc < 2 ? NULL : find(argv[1]);
	if (command == NULL) {
		if (argc > 1)
			fprintf(stderr, "csrc-device: no such command\n\n");
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	rc = run(command, argc - 1, argv + 1, &e);
	return rc == 0 ? EXIT_DONE : fail(command, rc, &e);
}
