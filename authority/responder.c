/*
 * Each thread waits for a connection or for the end, and takes the connection
 * itself: libfcgi's own wait could not be ended, and would read for ever from
 * who says nothing. The socket does not block, so that of several threads who
 * see one connection the later ones go back to waiting.
 *
 * A request is read while its sender still sends it: what is slow with that has
 * a time, and there are many more threads than may answer at once, each by a
 * desk of the few. Connections are used once.
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
	CONNECTIONS = 64,               /* a thread each */
	TROUBLE_NAP = 100 * 1000 * 1000 /* nanoseconds, if none is to be had */
};

struct responder {
	const struct ca_configuration *configuration;
	struct pseudo pseudo;
	struct cmp_begun begun;
	struct cmp cmp;
	int listener, stop;   /* stop: readable from the end on */
	pthread_mutex_t door; /* of who waits for the next connection */
	pthread_t threads[CONNECTIONS];
	size_t count;          /* of those that run */
	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t left;
	struct desk desks[THREADS_MAX]; /* as many as threads says */
	bool taken[THREADS_MAX];
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

/* Whose every octet has a time; -1: errno. */
static int
accept_one(const struct responder *r)
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

/* The next one, or -1: *why_r. False: the end. */
static bool
take_one(struct responder *r, int *fd_r, int *why_r)
{
	bool more;

	pthread_mutex_lock(&r->door);
	more = wait_for_one(r);
	*fd_r = more ? accept_one(r) : -1;
	*why_r = errno;
	pthread_mutex_unlock(&r->door);
	return more;
}

static struct desk *
find_desk(struct responder *r)
{
	for (size_t i = 0; i < (size_t)r->configuration->threads; i++)
		if (!r->taken[i]) {
			r->taken[i] = true;
			return &r->desks[i];
		}
	return NULL;
}

static struct desk *
take_desk(struct responder *r)
{
	struct desk *desk;

	pthread_mutex_lock(&r->mutex);
	while ((desk = find_desk(r)) == NULL)
		pthread_cond_wait(&r->left, &r->mutex);
	pthread_mutex_unlock(&r->mutex);
	return desk;
}

static void
leave_desk(struct responder *r, const struct desk *desk)
{
	pthread_mutex_lock(&r->mutex);
	r->taken[desk - r->desks] = false;
	pthread_cond_signal(&r->left);
	pthread_mutex_unlock(&r->mutex);
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
answer(struct responder *r, const struct desk_request *request,
	struct desk_reply *reply_r)
{
	struct desk *desk = take_desk(r);

	desk_answer(desk, request, reply_r);
	leave_desk(r, desk);
}

static void
serve(FCGX_Request *f, struct responder *r)
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

	if (read_body(f, r->configuration->timeout, &body)) {
		request.body = body.data;
		request.length = body.length;
		answer(r, &request, &reply);
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
	FCGX_Request f;
	int fd, why;

	/* no socket: it fails where it would take the next connection */
	FCGX_InitRequest(&f, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	while (take_one(r, &fd, &why)) {
		if (fd == -1) {
			bear(why);
			continue;
		}
		f.ipcFd = fd;
		/* else the connection would be closed as an earlier one */
		f.keepConnection = 1;
		if (FCGX_Accept_r(&f) != 0)
			continue;
		serve(&f, r);
		FCGX_Finish_r(&f);
		FCGX_Free(&f, 1);
	}
	return NULL;
}

static int
begin_threads(struct responder *r, struct error *e)
{
	int why;

	while (r->count < CONNECTIONS) {
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
	r->cmp.begun = &r->begun;
	pthread_mutex_init(&r->begun.mutex, NULL);
	r->listener = r->stop = -1;
	pthread_mutex_init(&r->door, NULL);
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->left, NULL);
	for (size_t i = 0; i < THREADS_MAX; i++)
		r->desks[i] = (struct desk){ c, &r->cmp, NULL };
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
	for (size_t i = 0; i < THREADS_MAX; i++)
		desk_close(&r->desks[i]);
	if (r->listener != -1) {
		close(r->listener);
		if (r->configuration->listen[0] != '\0')
			unlink(r->configuration->listen);
	}
	if (r->stop != -1)
		close(r->stop);
	transactions_free(&r->cmp.transactions);
	wipe(&r->pseudo, sizeof(r->pseudo));
	pthread_cond_destroy(&r->left);
	pthread_mutex_destroy(&r->mutex);
	pthread_mutex_destroy(&r->door);
	pthread_mutex_destroy(&r->begun.mutex);
	free(r);
}
