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
#include "fcgi/fcgi.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/clock.h"
#include "base/local.h"
#include "base/log.h"

enum {
	NO_CONTENT = 204,               /* has neither type nor length */
	TIMEOUT = 408,                  /* of a body */
	CONNECTIONS = 64,               /* a thread each */
	PIECE = 4096,                   /* octets of a body, at once */
	TROUBLE_NAP = 100 * 1000 * 1000 /* nanoseconds, if none is to be had */
};

struct fcgi {
	struct fcgi_service service;
	int listener, stop;   /* stop: readable from the end on */
	pthread_mutex_t door; /* of who waits for the next connection */
	pthread_t threads[CONNECTIONS];
	size_t count;          /* of those that run */
	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t left;
	bool taken[FCGI_DESKS_MAX];
};

const char *
fcgi_value(const struct fcgi_request *request, const char *name)
{
	return FCGX_GetParam(name, request->values);
}

/* True: one may have come; false: the end. */
static bool
wait_for_one(const struct fcgi *r)
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
accept_one(const struct fcgi *r)
{
	const struct timeval silence = { .tv_sec = (time_t)r->service.timeout };
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
take_one(struct fcgi *r, int *fd_r, int *why_r)
{
	bool more;

	pthread_mutex_lock(&r->door);
	more = wait_for_one(r);
	*fd_r = more ? accept_one(r) : -1;
	*why_r = errno;
	pthread_mutex_unlock(&r->door);
	return more;
}

/* The desks there are: none is free. */
static size_t
find_desk(struct fcgi *r)
{
	size_t desk = 0;

	while (desk < r->service.desks && r->taken[desk])
		desk++;
	return desk;
}

static size_t
take_desk(struct fcgi *r)
{
	size_t desk;

	pthread_mutex_lock(&r->mutex);
	while ((desk = find_desk(r)) == r->service.desks)
		pthread_cond_wait(&r->left, &r->mutex);
	r->taken[desk] = true;
	pthread_mutex_unlock(&r->mutex);
	return desk;
}

static void
leave_desk(struct fcgi *r, size_t desk)
{
	pthread_mutex_lock(&r->mutex);
	r->taken[desk] = false;
	pthread_cond_signal(&r->left);
	pthread_mutex_unlock(&r->mutex);
}

/* -1: it is not said, or is no number. */
static long long
announced(const FCGX_Request *f)
{
	const char *given = FCGX_GetParam("CONTENT_LENGTH", f->envp);
	char *end;
	long long length;

	if (given == NULL || *given < '0' || *given > '9')
		return -1;
	length = strtoll(given, &end, 10);
	return *end == '\0' ? length : -1;
}

/* When the body has to be there, in clock_milliseconds'. */
static int64_t
body_until(const struct fcgi_service *s, long long length)
{
	int64_t seconds = s->timeout;

	if (s->rate > 0)
		seconds += (length < 0 || (size_t)length > s->body_max
					   ? (int64_t)s->body_max
					   : length) /
			s->rate;
	return clock_milliseconds() + seconds * 1000;
}

/* What is there, up to size, and if nothing is, what comes next; libfcgi would
 * wait for all of it. 0: the end. */
static int
read_some(FCGX_Stream *in, unsigned char *out, size_t size)
{
	const int first = FCGX_GetChar(in);
	const size_t more = (size_t)(in->stop - in->rdNext);

	if (first == -1)
		return 0;
	out[0] = (unsigned char)first;
	return 1 +
		FCGX_GetStr((char *)out + 1,
			(int)(more < size - 1 ? more : size - 1), in);
}

/* As much as may be, and one octet more, by which answer sees that it is too
 * much. False: it took too long, or broke off. */
static bool
read_body(FCGX_Request *f, const struct fcgi_service *s, struct buffer *body)
{
	const long long length = announced(f);
	const int64_t until = body_until(s, length);
	unsigned char piece[PIECE];
	size_t left;
	int got = 1;

	while (got > 0 && body->length <= s->body_max) {
		left = s->body_max + 1 - body->length;
		got = read_some(f->in, piece, left < PIECE ? left : PIECE);
		if (clock_milliseconds() > until ||
			buffer_append(body, piece, (size_t)got) != BUFFER_OK)
			return false;
	}
	return body->length > s->body_max || length == -1 ||
		(long long)body->length == length;
}

static void
say(FCGX_Request *f, const struct fcgi_reply *reply)
{
	FCGX_FPrintF(f->out, "Status: %d\r\nCache-Control: no-store\r\n",
		reply->status);
	if (reply->status != NO_CONTENT)
		FCGX_FPrintF(f->out,
			"Content-Type: %s\r\nContent-Length: %lu\r\n",
			reply->type, (unsigned long)reply->body.length);
	if (reply->retry > 0)
		FCGX_FPrintF(
			f->out, "Retry-After: %ld\r\n", (long)reply->retry);
	FCGX_PutS("\r\n", f->out);
	if (reply->body.length > 0)
		FCGX_PutStr((const char *)reply->body.data,
			(int)reply->body.length, f->out);
}

static bool
admit(struct fcgi *r, const struct fcgi_request *request,
	struct fcgi_reply *reply)
{
	bool admitted;
	size_t desk;

	if (r->service.admit == NULL)
		return true;
	desk = take_desk(r);
	admitted = r->service.admit(r->service.arg, desk, request, reply);
	leave_desk(r, desk);
	return admitted;
}

static void
answer(struct fcgi *r, const struct fcgi_request *request,
	struct fcgi_reply *reply)
{
	const size_t desk = take_desk(r);

	r->service.answer(r->service.arg, desk, request, reply);
	leave_desk(r, desk);
}

static void
serve(FCGX_Request *f, struct fcgi *r)
{
	struct buffer body = { .limit = r->service.body_max + 1 };
	struct fcgi_request request = { .values = f->envp };
	struct fcgi_reply reply = { .type = "text/plain" };
	const bool admitted = admit(r, &request, &reply);

	if (admitted) {
		reply.status = TIMEOUT;
		if (read_body(f, &r->service, &body)) {
			request.body = body.data;
			request.length = body.length;
			answer(r, &request, &reply);
		} else
			log_warn("a request was not all there in time");
	}
	say(f, &reply);
	if (admitted && r->service.over != NULL)
		r->service.over(r->service.arg, &request);
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
	struct fcgi *r = arg;
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
begin_threads(struct fcgi *r, struct error *e)
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
take_socket(struct fcgi *r, struct error *e)
{
	const char *path = r->service.listen;
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
prepare(struct fcgi *r, struct error *e)
{
	if (FCGX_Init() != 0)
		return error_memory(e);
	r->stop = eventfd(0, EFD_CLOEXEC);
	if (r->stop == -1)
		return error_errno(e, "eventfd");
	return take_socket(r, e);
}

int
fcgi_start(const struct fcgi_service *service, struct fcgi **fcgi_r,
	struct error *e)
{
	struct fcgi *r = calloc(1, sizeof(*r));

	*fcgi_r = NULL;
	if (r == NULL)
		return error_memory(e);
	r->service = *service;
	r->listener = r->stop = -1;
	pthread_mutex_init(&r->door, NULL);
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->left, NULL);
	if (prepare(r, e) == 0 && begin_threads(r, e) == 0) {
		*fcgi_r = r;
		return 0;
	}
	fcgi_stop(&r);
	return -1;
}

void
fcgi_stop(struct fcgi **fcgi)
{
	struct fcgi *r = *fcgi;

	*fcgi = NULL;
	if (r == NULL)
		return;
	if (r->stop != -1)
		(void)eventfd_write(r->stop, 1);
	for (size_t i = 0; i < r->count; i++)
		pthread_join(r->threads[i], NULL);
	if (r->listener != -1) {
		close(r->listener);
		if (r->service.listen[0] != '\0')
			unlink(r->service.listen);
	}
	if (r->stop != -1)
		close(r->stop);
	pthread_cond_destroy(&r->left);
	pthread_mutex_destroy(&r->mutex);
	pthread_mutex_destroy(&r->door);
	free(r);
}
