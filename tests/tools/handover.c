/*
 * A channel's program by the typed calls, a verb and its words:
 *
 *     handover SOCKET submit CENTER FILE [TRACE [PRINCIPAL HOW]]
 *     handover SOCKET pending [CENTER [PRINCIPAL [AFTER]]]
 *     handover SOCKET fetch EMAIL-ID
 *     handover SOCKET delivered EMAIL-ID
 *     handover SOCKET called SERIAL SECONDS SENT RECEIVED
 *
 * "" is a word that is not given. Prints what it got; ends with 0, or with
 * the error's code and 10, and why.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/handover.h"

enum { FAILED = 10 };

struct words {
	int count;
	char **all;
};

static const char *
word(const struct words *w, int i)
{
	return i < w->count && w->all[i][0] != '\0' ? w->all[i] : NULL;
}

static int
read_message(const char *path, struct buffer *b, struct error *e)
{
	char piece[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return error_errno(e, "%s", path);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buffer_append(b, piece, n);
	fclose(f);
	return 0;
}

static int
submit(struct client *client, const struct words *w, struct error *e)
{
	static const char *const disposals[] = { "taken", "refused", "later" };
	struct buffer octets = { 0 };
	struct handover_answer a;
	struct handover_message m = { .center = word(w, 0),
		.trace = word(w, 2),
		.principal = word(w, 3),
		.how = word(w, 4) };
	int rc = read_message(w->all[1], &octets, e);

	m.octets = octets.data;
	m.length = octets.length;
	if (rc == 0)
		rc = handover_submit(client, &m, &a, e);
	if (rc == 0)
		printf("%s %s %s %" PRIu64 " %s\n%s", disposals[a.disposal],
			a.verdict, a.reason[0] != '\0' ? a.reason : "-",
			a.sequence, a.principal[0] != '\0' ? a.principal : "-",
			a.receipt);
	buffer_clear(&octets);
	return rc;
}

static int
say_pending(const struct handover_pending *p, void *arg)
{
	(void)arg;
	printf("%s %s %s %" PRIu64 " %s %s\n", p->email_id, p->serial,
		p->center, p->octets,
		p->expires > p->issued ? "expires" : "never", p->cursor);
	return 0;
}

static int
fetch(struct client *client, const struct words *w, struct error *e)
{
	struct buffer message = { 0 };
	int rc = handover_fetch(client, word(w, 0), &message, e);

	if (rc == 0)
		fwrite(message.data, 1, message.length, stdout);
	buffer_clear(&message);
	return rc;
}

static int
called(struct client *client, const struct words *w, struct error *e)
{
	const struct handover_call call = { .serial = w->all[0],
		.seconds = strtoull(w->all[1], NULL, 10),
		.sent = strtoull(w->all[2], NULL, 10),
		.received = strtoull(w->all[3], NULL, 10) };

	return handover_called(client, &call, e);
}

static int
run(struct client *client, const char *verb, const struct words *w,
	struct error *e)
{
	if (strcmp(verb, "submit") == 0)
		return submit(client, w, e);
	if (strcmp(verb, "pending") == 0)
		return handover_pending(client, word(w, 0), word(w, 1),
			word(w, 2), say_pending, NULL, e);
	if (strcmp(verb, "fetch") == 0)
		return fetch(client, w, e);
	if (strcmp(verb, "called") == 0)
		return called(client, w, e);
	return handover_delivered(client, word(w, 0), e);
}

int
main(int argc, char **argv)
{
	struct words w = { argc - 3, argv + 3 };
	struct client *client;
	struct error e;
	int rc;

	if (argc < 3)
		return EXIT_USAGE;
	if (client_open(argv[1], 60, &client, &e) == -1) {
		fprintf(stderr, "handover: %s\n", e.text);
		return FAILED + (int)e.code;
	}
	rc = run(client, argv[2], &w, &e);
	if (rc == -1)
		fprintf(stderr, "handover: %s\n", e.text);
	client_close(&client);
	return rc == -1 ? FAILED + (int)e.code : EXIT_DONE;
}
