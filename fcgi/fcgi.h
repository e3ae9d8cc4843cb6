/*
 * A FastCGI responder: threads that serve what a web server hands on over a
 * local socket. The one room that knows libfcgi.
 */
#ifndef FCGI_FCGI_H
#define FCGI_FCGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct fcgi;

enum { FCGI_DESKS_MAX = 16 };

struct fcgi_request {
	char **values; /* for fcgi_value */
	const void *body;
	size_t length;
};

/* "REQUEST_METHOD" …; NULL: the web server does not say. */
const char *fcgi_value(const struct fcgi_request *request, const char *name);

struct fcgi_reply {
	int status;
	const char *type;   /* of media; no NULL */
	int64_t retry;      /* seconds after which to ask again; 0: not said */
	struct buffer body; /* is freed when it was said */
};

/*
 * Who serves, at a desk: a number below desks, at which there is one request at
 * a time. Answering begins with an empty reply.
 */
struct fcgi_service {
	const char *listen; /* a socket's path; "": descriptor 0 is it */
	size_t desks;       /* how many serve at once; FCGI_DESKS_MAX at most */
	int64_t timeout; /* seconds that may pass in silence; or for a body */
	/* Octets a second: a body may take so much longer than that; 0: not.
	 */
	int64_t rate;
	/* Octets: a longer one is cut to one more, which answer sees. */
	size_t body_max;
	/* Before the body is read: false if it need not be, with the reply.
	 * NULL: everything is read. */
	bool (*admit)(void *arg, size_t desk,
		const struct fcgi_request *request, struct fcgi_reply *reply);
	void (*answer)(void *arg, size_t desk,
		const struct fcgi_request *request, struct fcgi_reply *reply);
	/* What was admitted is over, whether answered or broken off; at no
	 * desk. May be NULL. */
	void (*over)(void *arg, const struct fcgi_request *request);
	void *arg;
};

/*
 * Takes the socket and starts 64 threads, which have the caller's signal mask:
 * block what is to be waited for first. libfcgi takes SIGTERM and SIGUSR1 where
 * they have their default; blocked ones do not care. service is copied, what it
 * points to is not. ERROR_EXISTS: somebody listens there.
 */
int fcgi_start(const struct fcgi_service *service, struct fcgi **fcgi_r,
	struct error *e);
/* Takes nothing more, and returns when what was taken is answered. The socket's
 * file is removed, if it is ours. */
void fcgi_stop(struct fcgi **fcgi);

#endif
