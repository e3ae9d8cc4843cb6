/*
 * libmilter wants SIGTERM, SIGINT and SIGHUP for itself, and takes all three
 * for a stop: a thread of its own waits for them by sigwait, and it blocks them
 * in the thread that calls smfi_main. That is not our main thread, in which
 * they stay unblocked, but for the moments in which one of them is handled: so
 * sigwait is ours, and never has any.
 */
#include "daemon/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "daemon/deadline.h"

/* Global, since a signal handler can reach nothing else. Set once. */
static int ends[2] = { -1, -1 };

/* libmilter's, whose thread waits here until the process ends. */
int
sigwait(const sigset_t *set, int *number_r)
{
	(void)set;
	for (;;)
		*number_r = pause();
}

static const struct {
	int number;
	enum event event;
} signals[] = {
	{ SIGTERM, EVENT_STOP },
	{ SIGINT, EVENT_STOP },
	{ SIGHUP, EVENT_RELOAD },
};

void
events_raise(enum event event)
{
	int saved = errno;
	char octet = (char)event;

	/* A full pipe holds events enough. */
	if (write(ends[1], &octet, 1) == -1)
		errno = saved;
	errno = saved;
}

static void
on_signal(int number)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (signals[i].number != number)
			continue;
		/* here, since who waits for events may hang in a reload */
		if (signals[i].event == EVENT_STOP)
			deadline_begin();
		events_raise(signals[i].event);
	}
}

static void
mask_reload(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(how, &set, NULL);
}

void
events_early(void)
{
	mask_reload(SIG_BLOCK);
}

int
events_open(struct error *e)
{
	struct sigaction action = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART };

	if (pipe2(ends, O_CLOEXEC) == -1 ||
		fcntl(ends[1], F_SETFL, O_NONBLOCK) == -1)
		return error_errno(e, "pipe");
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i].number, &action, NULL) == -1)
			return error_errno(e, "signal");
	action.sa_handler = SIG_IGN;
	if (sigaction(SIGPIPE, &action, NULL) == -1)
		return error_errno(e, "signal");
	mask_reload(SIG_UNBLOCK);
	return 0;
}

enum event
events_wait(int milliseconds)
{
	struct pollfd end = { .fd = ends[0], .events = POLLIN };
	char octet;
	int ready;

	/*
	 * poll, since ThreadSanitizer holds a signal back until read returns.
	 * It ends early when a handler has run; then the octet is there.
	 */
	do
		ready = poll(&end, 1, milliseconds);
	while (ready == -1 && errno == EINTR);
	if (ready == 0)
		return EVENT_NONE;
	/* The pipe is ours at both ends: without it there is no going on. */
	return read(ends[0], &octet, 1) == 1 ? (enum event)octet : EVENT_STOP;
}
