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
	EXIT_TROUBLE = 4
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
	"       csrc-device answer WHO --state FILE [REPORT] [--from A] [--to "
	"A] REQUEST\n"
	"       csrc-device show WHO [--state FILE] [--entity] REQUEST\n"
	"       csrc-device --help | --version\n"
	"\n"
	"WHO:     --center ID --serial SERIAL --key-file FILE|--key-fd N\n"
	"REPORT:  --json FILE | --mail FILE |\n"
	"         --counter NAME=VALUE ... --alarm CODE[=TEXT] ...\n"
	"         --setting NAME=[OLD:]NEW ...\n"
	"         [--kind KIND] [--model MODEL]\n"
	"         with [--date DATE] [--formats DIR]\n"
	"REQUEST: the center's mail, a file or -\n";

static const struct command {
	const char *name;
	int which;
	int (*run)(const struct arguments *a, const struct device_key *key,
		struct error *e);
} commands[] = {
	{ "report", FOR_REPORT, command_report },
	{ "answer", FOR_ANSWER, command_answer },
	{ "show", FOR_SHOW, command_show },
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
run(const struct command *command, int argc, char **argv, struct error *e)
{
	static const struct rlimit no_core = { 0, 0 };
	struct arguments a;
	struct device_key key;
	int rc = -1;

	if (arguments_read(&a, command->which, argc, argv, e))
		return -1;
	setrlimit(RLIMIT_CORE, &no_core); /* it would have the key in it */
	if (crypto_init(e) || parser_init(e))
		return -1;
	if (keyfile_read(a.key_file, a.key_fd, &key, e) == 0)
		rc = command->run(&a, &key, e);
	wipe(&key, sizeof(key));
	return rc;
}

int
main(int argc, char **argv)
{
	const struct command *command;
	struct error e = { 0 };
	char why[4 * sizeof(e.text)];

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
	if (run(command, argc - 1, argv + 1, &e) == 0)
		return EXIT_DONE;
	/* it may quote what came from outside */
	text_printable(e.text, strlen(e.text), why, sizeof(why));
	fprintf(stderr, "csrc-device %s: %s%s\n", command->name,
		e.code == ERROR_DENIED ? "refused: " : "", why);
	return exit_codes[e.code];
}
