/*
 * One connection after the other. A body is not waited for, so that it may be
 * there as the next request: those begin with a letter and have a header.
 */
#include "tests/unit/hostile.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool
say(int fd, const char *octets, size_t length)
{
	return send(fd, octets, length, MSG_NOSIGNAL) == (ssize_t)length;
}

/* Its header; the rest of a body may follow. */
static bool
hear(struct hostile *h, int fd)
{
	char text[sizeof(h->request)] = "";
	size_t length = 0;
	ssize_t got;

	while (strstr(text, "\r\n\r\n") == NULL) {
		if (length + 1 >= sizeof(text))
			length = 0;
		got = recv(fd, text + length, sizeof(text) - length - 1, 0);
		if (got <= 0)
			return false;
		length += (size_t)got;
		text[length] = '\0';
	}
	pthread_mutex_lock(&h->lock);
	memcpy(h->request, text, sizeof(text));
	h->requests++;
	pthread_mutex_unlock(&h->lock);
	return true;
}

/* Until the other end has closed. */
static void
wait_for_end(int fd)
{
	char block[4096];

	while (recv(fd, block, sizeof(block), 0) > 0)
		;
}

/* The other end has not closed in that time; what it sent stays where it is. */
static bool
stays(int fd, int milliseconds)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLRDHUP };

	return poll(&poll_fd, 1, milliseconds) == 0;
}

static void
drip(const struct hostile *h, int fd)
{
	const char *at = h->scene.filler;

	if (at == NULL) {
		stays(fd, -1);
		return;
	}
	while (stays(fd, 50) && say(fd, at, 1))
		at = at[1] != '\0' ? at + 1 : h->scene.filler;
}

static void
flood(const struct hostile *h, int fd)
{
	const size_t length = strlen(h->scene.filler);

	while (say(fd, h->scene.filler, length))
		;
}

static void
answer(struct hostile *h, int fd)
{
	const struct scene *scene = &h->scene;
	const size_t length = scene->length != 0 ? scene->length
		: scene->says != NULL            ? strlen(scene->says)
						 : 0;

	if (length > 0 && !say(fd, scene->says, length))
		return;
	switch (scene->manner) {
	case TALKS:
	case DRIPS:
		drip(h, fd);
		break;
	case FLOODS:
		flood(h, fd);
		break;
	case SAYS:
		/* a reset would take away what was said */
		shutdown(fd, SHUT_WR);
		wait_for_end(fd);
		break;
	case WAITS:
		while (hear(h, fd) && say(fd, scene->says, length))
			;
		break;
	case TIRES:
		if (hear(h, fd))
			drip(h, fd);
		break;
	case DEAF:
		break;
	}
}

static void *
serve(void *arg)
{
	struct hostile *h = arg;
	int fd;

	while ((fd = accept(h->listener, NULL, NULL)) != -1) {
		pthread_mutex_lock(&h->lock);
		h->connections++;
		pthread_mutex_unlock(&h->lock);
		if (h->scene.manner == DEAF)
			stays(fd, -1);
		else if (h->scene.manner == TALKS || hear(h, fd))
			answer(h, fd);
		close(fd);
	}
	return NULL;
}

void
hostile_start(struct hostile *h, const struct scene *scene)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);

	memset(h, 0, sizeof(*h));
	h->scene = *scene;
	pthread_mutex_init(&h->lock, NULL);
	h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(h->listener, (struct sockaddr *)&address, length) == -1 ||
		listen(h->listener, 8) == -1 ||
		getsockname(h->listener, (struct sockaddr *)&address,
			&length) == -1)
		abort();
	h->port = ntohs(address.sin_port);
	if (pthread_create(&h->thread, NULL, serve, h) != 0)
		abort();
}

/* Whoever is being served must have closed. */
void
hostile_stop(struct hostile *h)
{
	shutdown(h->listener, SHUT_RDWR);
	pthread_join(h->thread, NULL);
	pthread_mutex_destroy(&h->lock);
	close(h->listener);
}

void
hostile_last(struct hostile *h, char request[HOSTILE_REQUEST])
{
	pthread_mutex_lock(&h->lock);
	memcpy(request, h->request, HOSTILE_REQUEST);
	pthread_mutex_unlock(&h->lock);
}
