/*
 * Each thread waits for a connection or for the end, and takes the connection
 * itself: libfcgi's own wait could not be ended, and would read for ever from
 * who says nothing. The socket does not block, so that of several threads who
 * see one connection the later ones go back to waiting.
 *
 * A request is read while its sender still sends it: what is slow with that
 * has a time, so that it cannot keep all threads. Connections are used once.
 */
#include "authority/responder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "authority/cmp.h"
#include "authority/desk.h"
#include "authority/pseudo.h"
#include "authority/transactions.h"
#include "base/clock.h"
#include "base/local.h"
#include "base/log.h"
#include "base/wipe.h"

enum {
	TROUBLE_NAP = 100 * 1000 * 1000 /* nanoseconds, if none is to be had */
};

struct responder {
	const struct ca_configuration *configuration;
	struct pseudo pseudo;
	struct cmp cmp;
	int listener, stop; /* stop: readable from the end on */
	pthread_t threads[THREADS_MAX];
	size_t count; /* of those that run */
};

/* True: one may have come; false: the end. */
static bool
wait_for_one(const struct responder *r)
{
	struct pollfd fds[] = {
		{ .fd = r->stop, .events = POLLIN },
		{ .fd = r->listener, .events = POLLIN },
	};

	while (poll(fds, 2, -1) == -1 && errno == EINTR)
		continue;
	return fds[0].revents == 0;
}

/* One, whose every octet has a time; -1: errno. */
static int
take_one(const struct responder *r)
{
	const struct timeval silence = {
		.tv_sec = (time_t)r->configuration->timeout
	};
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return -1;
	(void)setsockopt(
		fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	(void)setsockopt(
		fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence));
	return fd;
}

/* As much as may be, and one octet more, by which the desk sees that it is too
 * much. False: it took too long, or broke off. */
static bool
read_body(FCGX_Request *f, int64_t seconds, struct buffer *body)
{
	const char *given = FCGX_GetParam("CONTENT_LENGTH", f->envp);
	const int64_t until = clock_milliseconds() + seconds * 1000;
	unsigned char octet;
	int c;

	while (body->length <= CMP_MESSAGE_MAX &&
		(c = FCGX_GetChar(f->in)) != -1) {
		octet = (unsigned char)c;
		if (clock_milliseconds() > until ||
			buffer_append(body, &octet, 1) != BUFFER_OK)
			return false;
	}
	return body->length > CMP_MESSAGE_MAX || given == NULL ||
		(long long)body->length == atoll(given);
}

static void
say(FCGX_Request *f, const struct desk_reply *reply)
{
	FCGX_FPrintF(f->out,
		"Status: %d\r\nContent-Type: %s\r\nContent-Length: %lu\r\n"
		"Cache-Control: no-store\r\n%s\r\n",
		reply->status, reply->type, (unsigned long)reply->body.length,
		reply->status == 503 ? "Retry-After: 10\r\n" : "");
	if (reply->body.length > 0)
		FCGX_PutStr((const char *)reply->body.data,
			(int)reply->body.length, f->out);
}

static void
serve(FCGX_Request *f, struct desk *desk)
{
	struct buffer body = { .limit = CMP_MESSAGE_MAX + 1 };
	struct desk_request request = {
		.method = FCGX_GetParam("REQUEST_METHOD", f->envp),
		.path = FCGX_GetParam("REQUEST_URI", f->envp),
		.type = FCGX_GetParam("CONTENT_TYPE", f->envp),
		.verified = FCGX_GetParam("SSL_CLIENT_VERIFY", f->envp),
		.certificate = FCGX_GetParam("SSL_CLIENT_CERT", f->envp),
	};
	struct desk_reply reply = { 408, "text/plain", { 0 } };

	if (read_body(f, desk->configuration->timeout, &body)) {
		request.body = body.data;
		request.length = body.length;
		desk_answer(desk, &request, &reply);
	} else
		log_warn("a request was not all there in time");
	say(f, &reply);
	buffer_clear(&reply.body);
	buffer_clear(&body);
}

/* None was to be had: another thread was first, or we lack something. */
static void
bear(int why)
{
	const struct timespec nap = { .tv_nsec = TROUBLE_NAP };

	if (why == EAGAIN || why == EINTR || why == ECONNABORTED)
		return;
	log_warn("a connection could not be taken: %s", strerror(why));
	nanosleep(&nap, NULL);
}

static void *
run(void *arg)
{
	struct responder *r = arg;
	struct desk desk = { .configuration = r->configuration,
		.cmp = &r->cmp };
	FCGX_Request f;

	/* no socket: it fails where it would take the next connection */
	FCGX_InitRequest(&f, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	while (wait_for_one(r)) {
		f.ipcFd = take_one(r);
		if (f.ipcFd == -1) {
			bear(errno);
			continue;
		}
		/* else the connection would be closed as an earlier one */
		f.keepConnection = 1;
		if (FCGX_Accept_r(&f) != 0)
			continue;
		serve(&f, &desk);
		FCGX_Finish_r(&f);
		FCGX_Free(&f, 1);
	}
	desk_close(&desk);
	return NULL;
}

static int
begin_threads(struct responder *r, struct error *e)
{
	int why;

	while (r->count < (size_t)r->configuration->threads) {
		why = pthread_create(&r->threads[r->count], NULL, run, r);
		if (why != 0) {
			errno = why;
			return error_errno(e, "a thread");
		}
		r->count++;
	}
	return 0;
}

static int
take_socket(struct responder *r, struct error *e)
{
	const char *path = r->configuration->listen;
	int flags;

	if (path[0] != '\0')
		r->listener = local_listen(path,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0660, e);
	else if ((flags = fcntl(STDIN_FILENO, F_GETFL)) == -1 ||
		fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK) == -1 ||
		(r->listener = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) == -1)
		return error_errno(e, "the socket on descriptor 0");
	return r->listener == -1 ? -1 : 0;
}

static int
prepare(struct responder *r, struct error *e)
{
	const struct ca_configuration *c = r->configuration;
	char path[CA_PATH_SIZE];

	if (ca_path(c->directory, CA_PSEUDO_KEY, path, e) == -1 ||
		pseudo_load(path, &r->pseudo, e) == -1)
		return -1;
	r->cmp.pseudo = &r->pseudo;
	r->cmp.transactions = transactions_new(
		(size_t)c->transactions, c->transaction_timeout);
	if (r->cmp.transactions == NULL || FCGX_Init() != 0)
		return error_memory(e);
	r->stop = eventfd(0, EFD_CLOEXEC);
	if (r->stop == -1)
		return error_errno(e, "eventfd");
	return take_socket(r, e);
}

int
responder_start(const struct ca_configuration *c, struct issuer *issuer,
	struct responder **responder_r, struct error *e)
{
	struct responder *r = calloc(1, sizeof(*r));

	*responder_r = NULL;
	if (r == NULL)
		return error_memory(e);
	r->configuration = c;
	r->cmp.issuer = issuer;
	r->listener = r->stop = -1;
	if (prepare(r, e) == 0 && begin_threads(r, e) == 0) {
		*responder_r = r;
		return 0;
	}
	responder_stop(&r);
	return -1;
}

void
responder_stop(struct responder **responder)
{
	struct responder *r = *responder;

	*responder = NULL;
	if (r == NULL)
		return;
	if (r->stop != -1)
		(void)eventfd_write(r->stop, 1);
	for (size_t i = 0; i < r->count; i++)
		pthread_join(r->threads[i], NULL);
	if (r->listener != -1) {
		close(r->listener);
		if (r->configuration->listen[0] != '\0')
			unlink(r->configuration->listen);
	}
	if (r->stop != -1)
		close(r->stop);
	transactions_free(&r->cmp.transactions);
	wipe(&r->pseudo, sizeof(r->pseudo));
	free(r);
}
