/*
 * The descriptors are the client's, shared with whoever it shares them with,
 * so they cannot be made non-blocking. Instead each piece waits in poll, beside
 * the connection, and is small enough for a pipe that is ready.
 */
#include "control/stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/places.h"
#include "base/crypto.h"
#include "base/wipe.h"

enum {
	/* What a command has left to say while the daemon stops. */
	STOPPING_WAIT_MS = 1000
};

bool
stream_over(int peer, int stop)
{
	struct pollfd fds[] = { { peer, POLLRDHUP, 0 }, { stop, POLLIN, 0 } };

	return poll(fds, 2, 0) > 0;
}

/* What is ready at once costs nobody a place. */
static int
poll_all(const struct stream *s, struct pollfd fds[3])
{
	int ready = poll(fds, 3, 0);

	if (ready > 0)
		return ready;
	places_stall(s->place);
	while ((ready = poll(fds, 3, -1)) == -1 && errno == EINTR)
		continue;
	places_go_on(s->place);
	return ready;
}

/* Until the descriptor is ready. */
static int
stream_wait(const struct stream *s, short events)
{
	struct pollfd fds[] = { { s->fd, events, 0 }, { s->peer, POLLRDHUP, 0 },
		{ s->stop, POLLIN, 0 } };
	int ready = poll_all(s, fds);

	if (ready > 0 && fds[1].revents == 0 && fds[0].revents == 0)
		ready = poll(fds, 1, STOPPING_WAIT_MS);
	if (ready > 0 && fds[1].revents == 0 && fds[0].revents != 0)
		return 0;
	errno = EPIPE;
	return -1;
}

static ssize_t
stream_read(void *cookie, char *octets, size_t size)
{
	struct stream *s = cookie;
	ssize_t got;

	do {
		if (stream_wait(s, POLLIN) == -1)
			return -1;
		got = read(s->fd, octets, size);
	} while (got == -1 && (errno == EINTR || errno == EAGAIN));
	return got;
}

static ssize_t
write_piece(int fd, const char *octets, size_t size)
{
	ssize_t put;

	if (size > PIPE_BUF)
		size = PIPE_BUF;
	put = send(fd, octets, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (put == -1 && errno == ENOTSOCK)
		put = write(fd, octets, size);
	return put;
}

/* stdio takes a short count for an error. */
static ssize_t
stream_write(void *cookie, const char *octets, size_t size)
{
	struct stream *s = cookie;
	size_t done = 0;
	ssize_t put;

	while (done < size && stream_wait(s, POLLOUT) == 0) {
		put = write_piece(s->fd, octets + done, size - done);
		if (put == -1 && errno != EINTR && errno != EAGAIN)
			break;
		if (put > 0)
			done += (size_t)put;
	}
	return (ssize_t)done;
}

/* A regular file may be read again; a client's pipe may not. */
static int
stream_seek(void *cookie, off64_t *offset, int whence)
{
	const struct stream *s = cookie;
	off_t at = lseek(s->fd, *offset, whence);

	if (at == -1)
		return -1;
	*offset = at;
	return 0;
}

static int
stream_close(void *cookie)
{
	struct stream *s = cookie;

	wipe(s->buffer, sizeof(s->buffer));
	return close(s->fd);
}

FILE *
stream_open(struct stream *s, const char *mode)
{
	FILE *file = fopencookie(s, mode,
		(cookie_io_functions_t){ .read = stream_read,
			.write = stream_write,
			.seek = stream_seek,
			.close = stream_close });

	if (file == NULL)
		close(s->fd);
	else
		setvbuf(file, s->buffer, _IOFBF, sizeof(s->buffer));
	return file;
}
