/*
 * The client's side of an SMTP session (RFC 5321, with RFC 2920's pipelining)
 * with a server on loopback.
 */
#ifndef TESTS_TOOLS_SMTP_H
#define TESTS_TOOLS_SMTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct smtp {
	int fd; /* -1: not connected */
	size_t have;
	char in[4096];
};

enum outcome {
	TAKEN,   /* 2xx */
	LATER,   /* 4xx */
	BROKEN,  /* no reply, or none that makes sense */
	HUNG_UP, /* by us, as asked */
	REFUSED  /* 5xx */
};

/* After any outcome but TAKEN the session is only good for smtp_close. */
enum outcome smtp_open(struct smtp *s, int port);
/* hang_up: after the final dot, so that what became of it is not known. The
 * caller closes. */
enum outcome smtp_send(struct smtp *s, const char *recipient,
	const struct buffer *mail, bool hang_up);
void smtp_close(struct smtp *s);

#endif
