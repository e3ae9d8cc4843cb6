/*
 * The door is an epoll instance of the listening socket and of those that have
 * not spoken. libmilter polls it, and its call of accept comes here, since the
 * linker binds that name to this file's before the C library's; should another
 * libmilter call it by another name, it would get an error and give up, not go
 * round the door. Its listener is one thread, the only one in here.
 *
 * When a session ends libmilter closes the connection and tells nobody. So
 * what is in is known by descriptor and inode, and looked through when all
 * places seem taken.
 */
#include "milter/door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	WAITING_MAX = 16, /* have not spoken */
	SPARE = 8,        /* are in, to be told that there are too many */
	/* The store's files, the spool's, csrcadm's, and what is opened for a
	 * moment; counted, with room to spare. */
	RESERVE = 96,
	SAY_EVERY = 60 /* seconds */
};

struct held {
	int fd;
	ino_t inode;
};

/* One for the process, since accept has no argument of ours. */
static struct {
	int place, epoll, listener;
	int waiting[WAITING_MAX]; /* oldest first */
	size_t waiting_count;
	struct held *held;
	size_t held_count, held_size;
	time_t said;
	unsigned long unsaid;
	atomic_llong connections;
} door = { .place = -1 };

void
door_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* Should it fail, what there is has to do: door_fits looks. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
door_fits(const struct settings *settings, struct error *e)
{
	const long long needed = (long long)settings->max_connections + SPARE +
		WAITING_MAX + RESERVE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return error_errno(e, "limit of descriptors");
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= (rlim_t)needed)
		return 0;
	return error_set(e, ERROR_DENIED,
		"max_connections = %lld needs %lld descriptors, and the limit "
		"is %llu: raise it (LimitNOFILE, ulimit -n), or lower "
		"max_connections",
		(long long)settings->max_connections, needed,
		(unsigned long long)limit.rlim_cur);
}

static int
watch(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(door.epoll, EPOLL_CTL_ADD, fd, &event);
}

int
door_open(int listener, int place, struct error *e)
{
	int flags = fcntl(listener, F_GETFL);

	door.listener = listener;
	door.epoll = epoll_create1(EPOLL_CLOEXEC);
	/* Who has gone again must not make us wait for the next. */
	if (door.epoll == -1 || flags == -1 ||
		fcntl(listener, F_SETFL, flags | O_NONBLOCK) == -1 ||
		watch(listener) == -1 ||
		dup3(door.epoll, place, O_CLOEXEC) == -1)
		return error_errno(e, "milter socket");
	door.place = place;
	return 0;
}

void
door_set(int64_t connections)
{
	atomic_store(&door.connections, connections);
}

/* Once in a while: whoever makes the trouble must not fill the log. */
static void
say(const char *what)
{
	const int64_t now = clock_seconds();

	door.unsaid++;
	if (door.said != 0 && now - door.said < SAY_EVERY)
		return;
	log_warn("milter socket: %s; %lu connections closed since the last "
		 "such line (max_connections = %lld)",
		what, door.unsaid, atomic_load(&door.connections));
	door.said = now;
	door.unsaid = 0;
}

static void
forget_waiting(size_t i)
{
	(void)epoll_ctl(door.epoll, EPOLL_CTL_DEL, door.waiting[i], NULL);
	door.waiting_count--;
	memmove(&door.waiting[i], &door.waiting[i + 1],
		(door.waiting_count - i) * sizeof(door.waiting[0]));
}

static void
close_oldest(void)
{
	int fd = door.waiting[0];

	forget_waiting(0);
	close(fd);
	say("too many that say nothing");
}

/* Somebody knocks. */
static void
let_wait(void)
{
	int fd = accept4(door.listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		say("no descriptor, or no memory, for a connection");
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		return;
	}
	if (door.waiting_count == WAITING_MAX)
		close_oldest();
	if (watch(fd) == -1)
		close(fd);
	else
		door.waiting[door.waiting_count++] = fd;
}

/*
 * The descriptor may be the store's by now: a look at it does no harm, but
 * ThreadSanitizer would take fstat for a use of it.
 */
static bool
is_open(const struct held *h)
{
	struct stat st;

	return fstatat(h->fd, "", &st, AT_EMPTY_PATH) == 0 &&
		st.st_ino == h->inode;
}

static void
forget_closed(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < door.held_count; i++)
		if (is_open(&door.held[i]))
			door.held[kept++] = door.held[i];
	door.held_count = kept;
}

/* Notes that it is in; false: there is no place. */
static bool
hold(int fd)
{
	const size_t most = (size_t)atomic_load(&door.connections) + SPARE;
	struct held *more;
	struct stat st;

	if (door.held_count >= most)
		forget_closed();
	if (door.held_count >= most || fstat(fd, &st) == -1)
		return false;
	if (door.held_count == door.held_size) {
		more = reallocarray(door.held, most, sizeof(*more));
		if (more == NULL)
			return false;
		door.held = more;
		door.held_size = most;
	}
	door.held[door.held_count++] = (struct held){ fd, st.st_ino };
	return true;
}

/* Somebody has spoken. Its descriptor, or -1: it was sent away. */
static int
let_in(int fd)
{
	for (size_t i = 0; i < door.waiting_count; i++)
		if (door.waiting[i] == fd)
			forget_waiting(i);
	if (hold(fd))
		return fd;
	close(fd);
	say("too many connections");
	return -1;
}

/* libmilter's. What it gets is the next that has spoken. */
int
accept(int fd, struct sockaddr *address, socklen_t *size)
{
	struct epoll_event event;
	int found = -1;

	if (fd != door.place)
		return accept4(fd, address, size, 0);
	if (epoll_wait(door.epoll, &event, 1, 0) == 1) {
		if (event.data.fd == door.listener)
			let_wait();
		else
			found = let_in(event.data.fd);
	}
	if (found == -1) {
		errno = EAGAIN;
		return -1;
	}
	/* It looks at the family, to see that the peer is still there. */
	memset(address, 0, *size);
	address->sa_family = AF_UNIX;
	return found;
}
