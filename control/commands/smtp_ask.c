/*
 * RFC 5321, as little of it as a question needs: greeting, EHLO, MAIL, RCPT,
 * QUIT.
 */
#include "control/commands/smtp_ask.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/text.h"

enum { PATIENCE = 30, REPLY_LINES_MAX = 100, LINE_SIZE = 1024 };

struct smtp_ask {
	FILE *in;
	int out;
};

int
smtp_connect(const char *host, const char *port, struct error *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const struct timeval patience = { .tv_sec = PATIENCE };
	struct addrinfo *found;
	int failed = getaddrinfo(host, port, &hints, &found), fd;

	if (failed != 0)
		return error_set(e, ERROR_NOT_FOUND, "%s port %s: %s", host,
			port, gai_strerror(failed));
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1) {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			sizeof(patience));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			sizeof(patience));
	}
	if (fd == -1 || connect(fd, found->ai_addr, found->ai_addrlen) == -1) {
		error_errno(e, "%s port %s", host, port);
		if (errno == ECONNREFUSED)
			e->code = ERROR_NOT_FOUND;
		if (fd != -1)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

/* The code of a reply, and its last line; -1. */
static int
read_reply(struct smtp_ask *ask, char reply_r[SMTP_REPLY_SIZE], struct error *e)
{
	char line[LINE_SIZE];

	for (int i = 0; i < REPLY_LINES_MAX; i++) {
		if (fgets(line, sizeof(line), ask->in) == NULL)
			return error_set(e, ERROR_TROUBLE,
				"the MTA hung up or does not answer");
		line[strcspn(line, "\r\n")] = '\0';
		if (strspn(line, "0123456789") != 3)
			break;
		if (line[3] == '-')
			continue;
		text_printable(line, strlen(line), reply_r, SMTP_REPLY_SIZE);
		return atoi(line);
	}
	return error_set(e, ERROR_TROUBLE, "that is no SMTP");
}

static int
say(struct smtp_ask *ask, const char *line, char reply_r[SMTP_REPLY_SIZE],
	struct error *e)
{
	if (dprintf(ask->out, "%s\r\n", line) < 0)
		return error_errno(e, "write");
	return read_reply(ask, reply_r, e);
}

/* Up to where recipients are asked for. */
static int
begin(struct smtp_ask *ask, struct error *e)
{
	static const char *const lines[] = { "EHLO localhost", "MAIL FROM:<>" };
	char reply[SMTP_REPLY_SIZE];
	int code = read_reply(ask, reply, e);

	for (size_t i = 0; code / 100 == 2 && i < 2; i++)
		code = say(ask, lines[i], reply, e);
	if (code == -1)
		return -1;
	return code / 100 == 2
		? 0
		: error_set(e, ERROR_TROUBLE, "it says: %s", reply);
}

int
smtp_ask_open(const char *host, const char *port, struct smtp_ask **ask_r,
	struct error *e)
{
	struct smtp_ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL)
		return error_memory(e);
	ask->out = smtp_connect(host, port, e);
	if (ask->out == -1) {
		free(ask);
		return -1;
	}
	ask->in = fdopen(ask->out, "r");
	if (ask->in == NULL)
		error_memory(e);
	if (ask->in == NULL || begin(ask, e) == -1) {
		smtp_ask_close(&ask);
		return -1;
	}
	*ask_r = ask;
	return 0;
}

int
smtp_ask_recipient(struct smtp_ask *ask, const char *address,
	char reply_r[SMTP_REPLY_SIZE], struct error *e)
{
	char line[LINE_SIZE];

	if (!text_format(line, sizeof(line), "RCPT TO:<%s>", address))
		return error_set(e, ERROR_BAD, "the address is too long");
	return say(ask, line, reply_r, e);
}

void
smtp_ask_close(struct smtp_ask **ask)
{
	struct smtp_ask *a = *ask;

	*ask = NULL;
	if (a == NULL)
		return;
	(void)dprintf(a->out, "QUIT\r\n");
	if (a->in != NULL)
		fclose(a->in);
	else
		close(a->out);
	free(a);
}
