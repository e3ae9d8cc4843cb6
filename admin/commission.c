/*
 * What the daemon knows of the request says it all: the answer is in the store
 * in the transaction that ends the request.
 */
#include "admin/commission.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"
#include "control/client.h"
#include "control/output.h"

enum {
	TIMEOUT = 15 * 60, /* seconds */
	TIMEOUT_MAX = 31 * 24 * 3600,
	ANSWER_WAIT = 30, /* for the daemon's word */
	OFTEN = 1,
	SELDOM = 5, /* between two questions: */
	OFTEN_UNTIL = 30
};

/* What became of the request. */
struct outcome {
	char state[16]; /* "": it is not known just now */
	char serial[65];
	long long sequence;
};

int
commission_wanted(const struct command *row, const struct arguments *a,
	struct commission *c, struct error *e)
{
	const char *timeout = options_value(a, "timeout");

	if (row->noun == NULL || strcmp(row->noun, "commission") != 0)
		return 0;
	c->timeout = TIMEOUT;
	if (timeout != NULL &&
		(text_duration(timeout, &c->timeout) == -1 || c->timeout < 1 ||
			c->timeout > TIMEOUT_MAX))
		return error_set(e, ERROR_USAGE,
			"--timeout takes a time from 1s to 31d, not %s",
			timeout);
	return 1;
}

static void
take_text(const json_t *object, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (text == NULL || !text_copy(out, size, text))
		out[0] = '\0';
}

static void
read_outcome(FILE *answer, struct outcome *o)
{
	json_t *object = json_loadf(answer, JSON_DISABLE_EOF_CHECK, NULL);

	take_text(object, "state", o->state, sizeof(o->state));
	take_text(object, "serial", o->serial, sizeof(o->serial));
	o->sequence = json_integer_value(json_object_get(object, "sequence"));
	json_decref(object);
}

/* One that is not there just now may be about to start. */
static int
ask(const struct commission *c, const char *email_id, FILE *answer,
	struct outcome *o, struct error *e)
{
	char *words[] = { (char[]){ "request" }, (char[]){ "show" },
		(char *)(uintptr_t)email_id, (char[]){ "--json" } };
	const struct client_files files = { -1, fileno(answer), STDERR_FILENO };
	enum exit_code code;

	o->state[0] = '\0';
	if (client_ask_once(
		    c->socket, ANSWER_WAIT, 4, words, &files, &code, e) == -1)
		return e->code == ERROR_NOT_FOUND || e->code == ERROR_TROUBLE
			? 0
			: -1;
	if (code == EXIT_TROUBLE)
		return 0;
	if (code != EXIT_DONE)
		return error_set(e, ERROR_NOT_FOUND,
			"the request is not known any more");
	rewind(answer);
	read_outcome(answer, o);
	return 0;
}

static int
look(const struct commission *c, const char *email_id, struct outcome *o,
	struct error *e)
{
	int fd = memfd_create("answer", MFD_CLOEXEC);
	FILE *answer = fd != -1 ? fdopen(fd, "w+") : NULL;
	int rc;

	if (answer == NULL) {
		error_errno(e, "memory for the answer");
		if (fd != -1)
			close(fd);
		return -1;
	}
	rc = ask(c, email_id, answer, o, e);
	fclose(answer);
	return rc;
}

static void
show(const struct commission *c, int64_t waited)
{
	if (!c->terminal || c->json)
		return;
	fprintf(stderr, "\rwaiting for the answer, %lld:%02lld of %lld:%02lld",
		(long long)waited / 60, (long long)waited % 60,
		(long long)c->timeout / 60, (long long)c->timeout % 60);
	fputs("\033[K", stderr);
	fflush(stderr);
}

static enum exit_code
say(const struct commission *c, const char *email_id, const struct outcome *o,
	int64_t waited)
{
	const bool answered = strcmp(o->state, "answered") == 0;
	struct error e;

	if (c->terminal && !c->json)
		fputs("\r\033[K", stderr);
	if (c->json)
		(void)output_json(stdout, &e, "{s:s,s:s?,s:s?,s:I,s:I,s:b}",
			"email_id", email_id, "serial",
			output_or_null(o->serial), "state",
			output_or_null(o->state), "sequence",
			(json_int_t)o->sequence, "waited", (json_int_t)waited,
			"ready", answered);
	else if (answered)
		printf("%s answered after %lld s, sequence %lld: ready\n",
			o->serial, (long long)waited, o->sequence);
	else if (strcmp(o->state, "open") == 0)
		printf("no answer within %lld s; the request stays open\n",
			(long long)waited);
	else
		printf("no answer: the request is %s\n",
			o->state[0] != '\0' ? o->state : "not known just now");
	return answered ? EXIT_DONE : EXIT_NO;
}

static bool
over(const struct commission *c, const struct outcome *o, int64_t waited)
{
	const bool open = o->state[0] == '\0' || strcmp(o->state, "open") == 0;

	return !open || waited >= c->timeout || c->stopped(NULL);
}

enum exit_code
commission_wait(const struct commission *c, const char *email_id)
{
	struct command_context context = { .err = stderr, .json = c->json };
	const int64_t started = clock_seconds();
	struct outcome o = { .state = "" };
	int64_t waited = 0;
	struct error e;

	for (;;) {
		if (look(c, email_id, &o, &e) == -1)
			return command_failed(&context, &e);
		waited = clock_seconds() - started;
		if (over(c, &o, waited))
			break;
		show(c, waited);
		/* ends with a signal, too */
		(void)poll(NULL, 0,
			1000 * (waited < OFTEN_UNTIL ? OFTEN : SELDOM));
	}
	if (c->stopped(NULL) && strcmp(o.state, "answered") != 0)
		return command_refused(&context, ERROR_TROUBLE,
			"stopped: request %s stays open", email_id);
	return say(c, email_id, &o, waited);
}
