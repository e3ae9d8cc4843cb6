/*
 * Two sockets, one a family, that are connected to nobody. The id in a datagram
 * is the address's place behind a number by chance: so an answer says by itself
 * which address it must be from, and who did not see the datagram cannot answer
 * it.
 */
#include "agent/discover.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/datagram.h"
#include "agent/host.h"
#include "base/clock.h"
#include "base/crypto.h"

enum {
	PACE = 500,
	TRIES = 2,
	TIMEOUT = 2000,
	TICK = 10,            /* milliseconds between two bursts */
	PROGRESS_EVERY = 200, /* milliseconds */
	READS = 64            /* datagrams at once, before more are sent */
};

struct scan {
	const struct discovery *d;
	unsigned int pace, tries;
	int64_t timeout;
	int fds[2]; /* IPv4, IPv6; -1: none */
	uint32_t base;
	size_t count;   /* addresses */
	bool *answered; /* each of them */
	size_t asked;   /* datagrams */
	size_t found;
	int64_t began, told, last; /* last: when the last datagram was sent */
};

static int
open_socket(int family)
{
	const int fd =
		socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int size = 4 << 20, on = 1;

	if (fd < 0)
		return -1;
	/* as much as we may have */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	return fd;
}

static int
prepare(struct scan *s, const struct discovery *d, struct error *e)
{
	*s = (struct scan){ .d = d,
		.pace = d->pace != 0 ? d->pace : PACE,
		.tries = d->tries != 0 ? d->tries : TRIES,
		.timeout = d->timeout != 0 ? d->timeout : TIMEOUT,
		.count = ranges_count(d->ranges),
		.fds = { open_socket(AF_INET), open_socket(AF_INET6) },
		.began = clock_milliseconds() };
	if (s->fds[0] < 0)
		return error_errno(e, "no socket");
	if (crypto_random(&s->base, sizeof(s->base), e) != 0)
		return -1;
	s->base = s->base % DATAGRAM_IDS + DATAGRAM_IDS;
	s->answered = calloc(s->count + 1, sizeof(*s->answered));
	return s->answered == NULL ? error_memory(e) : 0;
}

static void
finish(struct scan *s)
{
	for (int i = 0; i < 2; i++) {
		if (s->fds[i] >= 0)
			close(s->fds[i]);
	}
	free(s->answered);
}

static void
ask(struct scan *s, size_t place)
{
	struct sockaddr_storage address;
	unsigned char octets[DATAGRAM_SIZE];
	int length, fd;

	if (s->answered[place] || !ranges_at(s->d->ranges, place, &address))
		return;
	fd = s->fds[address.ss_family == AF_INET6];
	length = datagram_make(
		s->d->credentials, s->base + (uint32_t)place, octets, NULL);
	/* a network that takes none of them is one without printers */
	if (fd >= 0 && length > 0 &&
		sendto(fd, octets, (size_t)length, MSG_DONTWAIT,
			(const struct sockaddr *)&address,
			host_length(&address)) < 0)
		errno = 0;
}

/* As many as are due by now; false: all are sent. */
static bool
send_due(struct scan *s, int64_t now)
{
	const size_t all = s->count * s->tries;
	size_t due = (size_t)(now - s->began + TICK) * s->pace / 1000;

	due = due > all ? all : due;
	if (due > s->asked)
		s->last = now;
	for (; s->asked < due; s->asked++)
		ask(s, s->asked % s->count);
	return s->asked < all;
}

static void
take(struct scan *s, const struct datagram *answer,
	const struct sockaddr_storage *from)
{
	const size_t place = answer->id - s->base;
	struct found found = { .version = s->d->credentials->version,
		.engine = answer->engine,
		.boots = answer->boots,
		.time = answer->time,
		.object = answer->object };

	if (place >= s->count || s->answered[place] ||
		!ranges_at(s->d->ranges, place, &found.address) ||
		!host_same(&found.address, from))
		return;
	s->answered[place] = true;
	s->found++;
	s->d->each(s->d->arg, &found);
}

/* False: there is no more. */
static bool
read_one(struct scan *s, int fd)
{
	unsigned char octets[DATAGRAM_READ_SIZE];
	struct sockaddr_storage from;
	socklen_t from_length = sizeof(from);
	struct datagram answer;
	const ssize_t length = recvfrom(fd, octets, sizeof(octets),
		MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);

	if (length < 0)
		return false;
	if (datagram_read(s->d->credentials->version, octets, (size_t)length,
		    &answer))
		take(s, &answer, &from);
	return true;
}

static void
read_all(struct scan *s, int wait)
{
	struct pollfd polls[2] = { { .fd = s->fds[0], .events = POLLIN },
		{ .fd = s->fds[1], .events = POLLIN } };

	if (poll(polls, 2, wait) <= 0)
		return;
	for (int i = 0; i < 2; i++) {
		for (int n = 0; polls[i].revents != 0 && n < READS; n++) {
			if (!read_one(s, s->fds[i]))
				break;
		}
	}
}

static void
tell(struct scan *s, int64_t now, bool last)
{
	if (s->d->progress == NULL || (!last && now - s->told < PROGRESS_EVERY))
		return;
	s->told = now;
	s->d->progress(
		s->d->arg, s->asked < s->count ? s->asked : s->count, s->found);
}

static void
run(struct scan *s)
{
	int64_t now = s->began;
	bool more = true;

	while ((more || now - s->last < s->timeout) && s->found < s->count &&
		(s->d->stop == NULL || *s->d->stop == 0)) {
		more = send_due(s, now);
		read_all(s, TICK);
		now = clock_milliseconds();
		tell(s, now, false);
	}
	tell(s, now, true);
}

int
discover(const struct discovery *d, struct error *e)
{
	struct scan s;
	int rc;

	if (ranges_count(d->ranges) == 0)
		return 0;
	rc = prepare(&s, d, e);
	if (rc == 0)
		run(&s);
	finish(&s);
	return rc;
}
