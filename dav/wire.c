/*
 * neon tells nobody its descriptor, so it is taken where it is made: connect.
 * What is shut down is a copy, which stays that connection however soon neon
 * closes its own. SSL_connect is where the lowest version of TLS can be set:
 * neon has no call for it, and the system's openssl.cnf may say anything.
 */
#include "dav/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct wire {
	int timeout;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	/* under lock */
	int fd; /* -1: none */
	bool busy, late, ends;
	bool asleep;              /* the thread waits for no deadline */
	struct timespec deadline; /* CLOCK_MONOTONIC */
	long long moved;          /* octets that gave no whole second yet */
};

/* The wire of the request that this thread makes; connect has no argument of
 * ours. */
static _Thread_local struct wire *current;

static void
drop(struct wire *wire)
{
	if (wire->fd != -1)
		close(wire->fd);
	wire->fd = -1;
}

/* A new connection of this thread's request. */
static void
take(struct wire *wire, int fd)
{
	const struct timeval limit = { .tv_sec = wire->timeout };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	pthread_mutex_lock(&wire->lock);
	drop(wire);
	wire->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (wire->late && wire->fd != -1)
		shutdown(wire->fd, SHUT_RDWR);
	pthread_mutex_unlock(&wire->lock);
}

int
connect(int fd, const struct sockaddr *address, socklen_t length)
{
	/* the resolver's own are none of ours */
	const bool ours = current != NULL && address != NULL &&
		(address->sa_family == AF_INET ||
			address->sa_family == AF_INET6);
	int type = 0;
	socklen_t size = sizeof(type);

	if (ours && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
		type == SOCK_STREAM)
		take(current, fd);
	return (int)syscall(SYS_connect, fd, address, length);
}

int
SSL_connect(SSL *ssl)
{
	if (SSL_get_min_proto_version(ssl) < TLS1_2_VERSION &&
		SSL_set_min_proto_version(ssl, TLS1_2_VERSION) != 1)
		return -1;
	/* else it begins anew, where who does not block calls again */
	if (SSL_in_before(ssl))
		SSL_set_connect_state(ssl);
	return SSL_do_handshake(ssl);
}

static bool
reached(const struct timespec *deadline)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline->tv_sec ||
		(now.tv_sec == deadline->tv_sec &&
			now.tv_nsec >= deadline->tv_nsec);
}

static void *
see_to_time(void *arg)
{
	struct wire *wire = arg;
	struct timespec until;

	pthread_mutex_lock(&wire->lock);
	while (!wire->ends) {
		if (!wire->busy || wire->late) {
			wire->asleep = true;
			pthread_cond_wait(&wire->turn, &wire->lock);
			wire->asleep = false;
			continue;
		}
		until = wire->deadline;
		pthread_cond_timedwait(&wire->turn, &wire->lock, &until);
		if (!wire->busy || !reached(&wire->deadline))
			continue;
		wire->late = true;
		if (wire->fd != -1)
			shutdown(wire->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&wire->lock);
	return NULL;
}

static int
start(struct wire *wire, struct error *e)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&wire->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&wire->turn, &monotonic);
	pthread_condattr_destroy(&monotonic);
	errno = pthread_create(&wire->thread, NULL, see_to_time, wire);
	if (errno == 0)
		return 0;
	error_errno(e, "a thread");
	pthread_cond_destroy(&wire->turn);
	pthread_mutex_destroy(&wire->lock);
	return -1;
}

int
wire_open(int timeout, struct wire **wire_r, struct error *e)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	*wire_r = NULL;
	if (wire == NULL)
		return error_memory(e);
	wire->timeout = timeout;
	wire->fd = -1;
	if (start(wire, e) == -1) {
		free(wire);
		return -1;
	}
	*wire_r = wire;
	return 0;
}

void
wire_close(struct wire **wire)
{
	struct wire *w = *wire;

	*wire = NULL;
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->ends = true;
	pthread_cond_signal(&w->turn);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	drop(w);
	pthread_cond_destroy(&w->turn);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void
wire_begin(struct wire *wire)
{
	pthread_mutex_lock(&wire->lock);
	clock_gettime(CLOCK_MONOTONIC, &wire->deadline);
	wire->deadline.tv_sec += 2 * (time_t)wire->timeout;
	wire->moved = 0;
	wire->late = false;
	wire->busy = true;
	/* Else it waits for an earlier deadline, and looks again then. Waking
	 * it for each request would be a switch of threads each time. */
	if (wire->asleep)
		pthread_cond_signal(&wire->turn);
	pthread_mutex_unlock(&wire->lock);
	current = wire;
}

void
wire_moved(struct wire *wire, long long octets)
{
	pthread_mutex_lock(&wire->lock);
	wire->moved += octets;
	/* The thread looks again when the old time is up. */
	wire->deadline.tv_sec += wire->moved / WIRE_OCTETS_A_SECOND;
	wire->moved %= WIRE_OCTETS_A_SECOND;
	pthread_mutex_unlock(&wire->lock);
}

bool
wire_end(struct wire *wire)
{
	bool late;

	current = NULL;
	pthread_mutex_lock(&wire->lock);
	wire->busy = false;
	late = wire->late;
	pthread_mutex_unlock(&wire->lock);
	return late;
}

void
wire_drop(struct wire *wire)
{
	pthread_mutex_lock(&wire->lock);
	drop(wire);
	pthread_mutex_unlock(&wire->lock);
}
