/*
 * A web server's end of FastCGI, as far as tests need it: one request a
 * connection, whole or in pieces.
 */
#ifndef TESTS_UNIT_FASTCGI_H
#define TESTS_UNIT_FASTCGI_H

#include "authority/desk.h"
#include "base/buffer.h"

/* Connects to that socket; aborts if it cannot. */
int fastcgi_connect(const char *path);
/* What the request says before its body, which is announced with that length;
 * octets of a body; and the body's end. False: the other end is gone. */
bool
fastcgi_begin(int fd, const struct desk_request *request, size_t announced);
bool fastcgi_body(int fd, const void *octets, size_t length);
bool fastcgi_end(int fd);
/* Waits for the answer: its status, or -1 if none came; its body. */
int fastcgi_answer(int fd, struct buffer *body_r);

/* All of it. */
int fastcgi_ask(const char *path, const struct desk_request *request,
	struct buffer *body_r);

#endif
