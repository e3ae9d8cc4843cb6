/*
 * The daemon's end of the control socket: one thread accepts, and looks at who
 * is there before anything is read; each request then has a thread of its own,
 * so that a slow one holds up nobody. While all places are taken, callers
 * queue in the kernel.
 */
#include "control/socket.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control/serve.h"
#include "control/peers.h"
#include "control/places.h"
#include "base/local.h"
#include "base/log.h"
#include "base/text.h"

struct control {
	int listener;
	int stop; /* eventfd, readable once we stop */
	char path[LOCAL_PATH_SIZE];
	struct command_context base;
	bool started;
	pthread_t thread;
	struct places *places;
};

struct connection {
	struct control *control;
	struct place place;
};

static void
control_free(struct control *c)
{
	if (c->listener != -1)
		close(c->listener);
	if (c->stop != -1)
		close(c->stop);
	places_free(&c->places);
	free(c);
}

int
control_listen(const char *path, struct control **control_r, struct error *e)
{
	struct control *c = calloc(1, sizeof(*c));
	int rc = -1;

	if (c == NULL)
		return error_memory(e);
	c->listener = -1;
	c->places = places_new();
	c->stop = eventfd(0, EFD_CLOEXEC);
	if (c->places == NULL || c->stop == -1) {
		error_errno(e, "eventfd");
		goto out;
	}
	if (!text_copy(c->path, sizeof(c->path), path)) {
		error_set(e, ERROR_BAD, "the path is too long");
		goto out;
	}
	c->listener = local_listen(
		path, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0660, e);
	if (c->listener == -1)
		goto out;
	*control_r = c;
	c = NULL;
	rc = 0;
out:
	if (c != NULL)
		control_free(c);
	return rc == 0 ? 0 : error_prefix(e, "control socket %s", path);
}

/* Who is there has been since it connected; its role may change meanwhile. */
static struct peer
peer_of(const struct control *c, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == -1)
		return (struct peer){ (uid_t)-1, ROLE_NONE, "" };
	return peers_who(c->base.peers, peer.uid);
}

static void
close_connection(struct connection *n)
{
	int fd = n->place.connection;

	/* first, so that nobody sends away whom we have closed */
	places_leave(&n->place);
	close(fd);
	free(n);
}

static void *
serve(void *arg)
{
	struct connection *n = arg;

	control_serve(&n->place, &n->control->base, n->control->stop);
	close_connection(n);
	return NULL;
}

/* Gives the connection, which it closes, its thread; or why not. */
static const char *
start_serving(struct control *c, int fd, const struct peer *peer)
{
	struct connection *n = malloc(sizeof(*n));
	pthread_t thread;

	if (n == NULL)
		return "out of memory";
	n->control = c;
	if (!places_enter(c->places, &n->place, fd, peer)) {
		free(n);
		return "too many connections of this user; try again";
	}
	if (pthread_create(&thread, NULL, serve, n) == 0) {
		pthread_detach(thread);
		return NULL;
	}
	places_leave(&n->place);
	free(n);
	return "out of threads";
}

static void
take_connection(struct control *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
	struct peer peer;
	const char *why;

	if (fd == -1) {
		/* Out of descriptors, say: do not spin. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
		return;
	}
	peer = peer_of(c, fd);
	if (peer.role == ROLE_NONE) {
		log_warn("control: refused user id %lu, which has no role",
			(unsigned long)peer.uid);
		control_answer(fd, EXIT_REFUSED, "not allowed");
	} else {
		why = start_serving(c, fd, &peer);
		if (why == NULL)
			return;
		control_answer(fd, EXIT_TROUBLE, why);
	}
	close(fd);
}

static void *
accept_all(void *arg)
{
	struct control *c = arg;

	while (places_wait(c->places)) {
		struct pollfd fds[] = { { c->listener, POLLIN, 0 },
			{ c->stop, POLLIN, 0 } };

		if (poll(fds, 2, -1) > 0 && fds[0].revents != 0)
			take_connection(c);
	}
	return NULL;
}

int
control_start(
	struct control *c, const struct command_context *base, struct error *e)
{
	int failed;

	c->base = *base;
	failed = pthread_create(&c->thread, NULL, accept_all, c);
	if (failed != 0) {
		errno = failed;
		return error_errno(e, "thread for the control socket");
	}
	c->started = true;
	return 0;
}

void
control_close(struct control **control)
{
	struct control *c = *control;
	const uint64_t one = 1;

	*control = NULL;
	if (c == NULL)
		return;
	if (write(c->stop, &one, sizeof(one)) == -1)
		log_error("control: cannot cancel what runs");
	places_stop(c->places);
	if (c->started)
		pthread_join(c->thread, NULL);
	places_drain(c->places);
	unlink(c->path);
	control_free(c);
}
