/*
 * What waits is durable: who gives up, or is stopped, asks again later by
 * "certificate signing".
 */
#include "admin/signing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "control/client.h"
#include "control/output.h"

enum { ANSWER_WAIT = 30 };

/* What became of it; both "": it waits. */
struct outcome {
	char number[33];
	char why[201];
};

bool
signing_wanted(const struct command *row)
{
	return row->noun != NULL && strcmp(row->verb, "certificate") == 0 &&
		strcmp(row->noun, "sign") == 0;
}

static bool
read_outcome(const struct json_t *answer, void *arg)
{
	struct outcome *o = arg;

	wait_take(answer, "number", o->number, sizeof(o->number));
	wait_take(answer, "why", o->why, sizeof(o->why));
	return o->number[0] != '\0' || o->why[0] != '\0';
}

/* The daemon writes it itself. */
static int
fetch(const struct wait *w, const char *number, int to, struct error *e)
{
	char *words[] = { (char[]){ "certificate" }, (char[]){ "show" },
		(char *)(uintptr_t)number, (char[]){ "--pem" } };
	const struct client_files files = { -1, to, STDERR_FILENO };
	enum exit_code code;

	if (client_ask_once(
		    w->socket, ANSWER_WAIT, 4, words, &files, &code, e) == -1)
		return -1;
	return code == EXIT_DONE
		? 0
		: error_set(e, ERROR_TROUBLE,
			  "certificate %s could not be fetched", number);
}

static int
fetch_into(const struct wait *w, const char *number, const char *path,
	struct error *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int rc;

	if (fd == -1)
		return error_set(e, ERROR_BAD,
			"%s: %s; certificate %s is there, see \"certificate "
			"show\"",
			path, strerror(errno), number);
	rc = fetch(w, number, fd, e);
	if (close(fd) == -1 && rc == 0)
		rc = error_errno(e, "%s", path);
	return rc;
}

static int
give(const struct wait *w, const struct outcome *o, const char *path,
	struct error *e)
{
	int rc = 0;

	if (path != NULL)
		rc = fetch_into(w, o->number, path, e);
	else if (!w->json)
		rc = fetch(w, o->number, STDOUT_FILENO, e);
	if (rc == 0 && w->json)
		rc = output_json(stdout, e, "{s:s,s:s?}", "number", o->number,
			"file", path);
	else if (rc == 0 && path != NULL)
		printf("%s %s\n", o->number, path);
	return rc;
}

enum exit_code
signing_wait(struct wait *w, const struct arguments *a)
{
	struct command_context context = { .err = stderr, .json = w->json };
	struct outcome o = { .number = "" };
	struct error e;

	w->what = "the authority";
	w->gone = "the signing request is not known any more";
	w->words[0] = "certificate";
	w->words[1] = "signing";
	w->words[2] = options_value(a, "licence");
	w->words[3] = "--json";
	w->look = read_outcome;
	w->arg = &o;
	if (wait_for(w, &e) == -1)
		return command_failed(&context, &e);
	if (o.number[0] != '\0')
		return give(w, &o, options_value(a, "output"), &e) == 0
			? EXIT_DONE
			: command_failed(&context, &e);
	if (o.why[0] != '\0')
		error_set(&e, ERROR_DENIED, "the authority signs nothing: %s",
			o.why);
	else
		error_set(&e, ERROR_DENIED,
			"nothing within %lld s; the request stays, see "
			"\"certificate signing\"",
			(long long)w->waited);
	(void)command_failed(&context, &e);
	return EXIT_NO;
}
