/*
 * One request after another, as a web server hands them on: for CMP (HTTP
 * transfer: RFC 9811) or for a first shared key. A thread's own.
 */
#ifndef AUTHORITY_DESK_H
#define AUTHORITY_DESK_H

#include <stddef.h>

#include "authority/cmp.h"
#include "authority/configuration.h"
#include "base/buffer.h"
#include "control/client.h"

#define DESK_CMP_PATH "/.well-known/cmp"
#define DESK_KEY_PATH "/csrc/key"

/* NULL: not given. The web server's word; what its client wrote is in path,
 * type and body. */
struct desk_request {
	const char *method, *path, *type;
	const char *verified;    /* "SUCCESS": the certificate is good */
	const char *certificate; /* in PEM, that TLS has proved */
	const void *body;
	size_t length;
};

struct desk_reply {
	int status;
	const char *type;
	struct buffer body; /* the caller clears */
};

struct desk {
	const struct ca_configuration *configuration;
	const struct cmp *cmp;
	struct client *daemon; /* NULL: not connected */
};

/* There is always a reply; of what is our own trouble it is 503, and the same
 * request may come again. */
void desk_answer(struct desk *d, const struct desk_request *request,
	struct desk_reply *reply_r);
void desk_close(struct desk *d);

#endif
