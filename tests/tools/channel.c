/*
 * A channel's program, as small as it gets:
 *
 *     channel SOCKET WORD… [+ WORD…]…
 *
 * sends requests one after the other on one connection, with "+" between them;
 * a word "@FILE" is the message that goes with its request. What the daemon
 * says comes out; ends with the last exit code, or with 9 and why at the first
 * request that was not run.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/client.h"

enum { NOT_RUN = 9 };

static int
ask(struct client *client, int argc, char **argv, enum exit_code *code_r)
{
	struct client_files files = { -1, STDOUT_FILENO, STDERR_FILENO };
	struct error e;
	int rc;

	for (int i = 0; i < argc; i++)
		if (argv[i][0] == '@')
			files.in = open(argv[i] + 1, O_RDONLY | O_CLOEXEC);
	rc = client_ask(client, argc, argv, &files, code_r, &e);
	if (rc == -1)
		fprintf(stderr, "channel: %s\n", e.text);
	if (files.in != -1)
		close(files.in);
	return rc;
}

/* Each request; what the process ends with. */
static int
talk(struct client *client, int argc, char **argv)
{
	enum exit_code code = EXIT_USAGE;
	int end;

	for (int i = 0; i < argc; i = end + 1) {
		for (end = i; end < argc && strcmp(argv[end], "+") != 0; end++)
			continue;
		if (ask(client, end - i, argv + i, &code) == -1)
			return NOT_RUN;
	}
	return (int)code;
}

int
main(int argc, char **argv)
{
	struct client *client;
	struct error e;
	int status;

	if (argc < 3)
		return EXIT_USAGE;
	if (client_open(argv[1], 60, &client, &e) == -1) {
		fprintf(stderr, "channel: %s\n", e.text);
		return NOT_RUN;
	}
	status = talk(client, argc - 2, argv + 2);
	client_close(&client);
	return status;
}
