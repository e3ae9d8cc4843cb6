/* Just enough of RFC 5321 to hand over a mail and to know what became of it. */
#include "tests/tools/smtp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { REPLY_SECONDS = 120 };

void
smtp_close(struct smtp *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->have = 0;
}

static int
put(struct smtp *s, const void *octets, size_t length)
{
	const char *p = octets;
	ssize_t n;

	while (length > 0) {
		n = send(s->fd, p, length, MSG_NOSIGNAL);
		if (n <= 0)
			return -1;
		p += n;
		length -= n;
	}
	return 0;
}

/* One line, NUL for its CRLF; the next call drops it. */
static int
get_line(struct smtp *s, char **line_r)
{
	char *end;
	ssize_t n;

	while (!(end = memchr(s->in, '\n', s->have))) {
		if (s->have == sizeof(s->in))
			return -1;
		n = recv(s->fd, s->in + s->have, sizeof(s->in) - s->have, 0);
		if (n <= 0)
			return -1;
		s->have += n;
	}
	*end = '\0';
	*line_r = s->in;
	return end + 1 - s->in;
}

/* The code of one reply, which may have several lines; -1: broken. */
static int
get_reply(struct smtp *s)
{
	int used, code;
	bool last;
	char *line;

	do {
		used = get_line(s, &line);
		if (used < 5)
			return -1;
		code = atoi(line);
		last = line[3] != '-';
		memmove(s->in, s->in + used, s->have - used);
		s->have -= used;
	} while (!last);
	return code;
}

static enum outcome
outcome_of(int code)
{
	if (code < 200)
		return BROKEN;
	return code < 400 ? TAKEN : code < 500 ? LATER : REFUSED;
}

enum outcome
smtp_open(struct smtp *s, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval patience = { .tv_sec = REPLY_SECONDS };
	int one = 1, code;

	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return BROKEN;
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(s->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return BROKEN;
	code = get_reply(s);
	if (code != 220)
		return outcome_of(code);
	if (put(s, "EHLO load.example\r\n", 19) < 0)
		return BROKEN;
	return outcome_of(get_reply(s));
}

/* MAIL, RCPT and DATA at once (RFC 2920), all three replies after them. */
static enum outcome
envelope(struct smtp *s, const char *recipient)
{
	char commands[512];
	enum outcome worst = TAKEN, each;
	int length, i, code;

	length = snprintf(commands, sizeof(commands),
		"MAIL FROM:<device@device.example>\r\nRCPT TO:<%s>\r\nDATA\r\n",
		recipient);
	if (put(s, commands, length) < 0)
		return BROKEN;
	for (i = 0; i < 3; i++) {
		code = get_reply(s);
		each = outcome_of(code);
		if (each == BROKEN)
			return BROKEN;
		if (worst == TAKEN)
			worst = each;
	}
	return worst;
}

/* Puts a dot before each dot that begins a line. */
static int
put_stuffed(struct smtp *s, const struct buffer *mail)
{
	const char *p = (const char *)mail->data, *end = p + mail->length, *dot;

	while ((dot = memmem(p, end - p, "\n.", 2))) {
		if (put(s, p, dot + 1 - p) < 0 || put(s, ".", 1) < 0)
			return -1;
		p = dot + 1;
	}
	return put(s, p, end - p);
}

enum outcome
smtp_send(struct smtp *s, const char *recipient, const struct buffer *mail,
	bool hang_up)
{
	enum outcome result = envelope(s, recipient);

	if (result != TAKEN)
		return result;
	if (put_stuffed(s, mail) < 0 || put(s, ".\r\n", 3) < 0)
		return BROKEN;
	return hang_up ? HUNG_UP : outcome_of(get_reply(s));
}
