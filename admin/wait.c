#include "admin/wait.h"

#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"
#include "control/client.h"

enum {
	TIMEOUT = 15 * 60, /* seconds */
	TIMEOUT_MAX = 31 * 24 * 3600,
	ANSWER_WAIT = 30, /* for the daemon's word */
	OFTEN = 1,
	SELDOM = 5, /* between two questions: */
	OFTEN_UNTIL = 30
};

int
wait_timeout(struct wait *w, const struct arguments *a, struct error *e)
{
	const char *timeout = options_value(a, "timeout");

	w->timeout = TIMEOUT;
	if (timeout == NULL ||
		(text_duration(timeout, &w->timeout) == 0 && w->timeout >= 1 &&
			w->timeout <= TIMEOUT_MAX))
		return 0;
	return error_set(e, ERROR_USAGE,
		"--timeout takes a time from 1s to 31d, not %s", timeout);
}

void
wait_take(const json_t *answer, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(answer, name));

	if (text == NULL || !text_copy(out, size, text))
		out[0] = '\0';
}

static bool
read_answer(const struct wait *w, FILE *answer)
{
	json_t *object = json_loadf(answer, JSON_DISABLE_EOF_CHECK, NULL);
	bool there = w->look(object, w->arg);

	json_decref(object);
	return there;
}

/* A daemon that is not there just now may be about to start. */
static int
ask(const struct wait *w, FILE *answer, struct error *e)
{
	const struct client_files files = { -1, fileno(answer), STDERR_FILENO };
	enum exit_code code;
	int count = 0;

	while (w->words[count] != NULL)
		count++;
	if (client_ask_once(w->socket, ANSWER_WAIT, count,
		    (char **)(uintptr_t)w->words, &files, &code, e) == -1)
		return e->code == ERROR_NOT_FOUND || e->code == ERROR_TROUBLE
			? 0
			: -1;
	if (code == EXIT_TROUBLE)
		return 0;
	if (code != EXIT_DONE)
		return error_set(e, ERROR_NOT_FOUND, "%s", w->gone);
	rewind(answer);
	return read_answer(w, answer);
}

static int
look(const struct wait *w, struct error *e)
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
	rc = ask(w, answer, e);
	fclose(answer);
	return rc;
}

static void
show(const struct wait *w)
{
	if (!w->terminal || w->json)
		return;
	fprintf(stderr, "\rwaiting for %s, %lld:%02lld of %lld:%02lld", w->what,
		(long long)w->waited / 60, (long long)w->waited % 60,
		(long long)w->timeout / 60, (long long)w->timeout % 60);
	fputs("\033[K", stderr);
	fflush(stderr);
}

static int
wait_on(struct wait *w, int64_t started, struct error *e)
{
	int rc;

	for (;;) {
		rc = look(w, e);
		w->waited = clock_seconds() - started;
		if (rc != 0 || w->waited >= w->timeout)
			return rc;
		if (w->stopped(NULL))
			return error_set(e, ERROR_TROUBLE, "stopped");
		show(w);
		/* ends with a signal, too */
		(void)poll(NULL, 0,
			1000 * (w->waited < OFTEN_UNTIL ? OFTEN : SELDOM));
	}
}

int
wait_for(struct wait *w, struct error *e)
{
	int rc = wait_on(w, clock_seconds(), e);

	if (w->terminal && !w->json)
		fputs("\r\033[K", stderr);
	return rc;
}
