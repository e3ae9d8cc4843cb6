/*
 * The thread is there from the start, since a stop may be asked for when there
 * is no memory left for one. Should even the log hang, the kernel's alarm ends
 * the process a little later, without a word.
 */
#include "daemon/deadline.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

enum { ALARM_LATER = 5 /* seconds */ };

/* Global, since a signal handler can reach nothing else. Set once. */
static int begun = -1;
static atomic_bool told;
static atomic_llong patience;
static _Atomic(const char *) at = "what is under way";

static void *
wait_and_end(void *arg)
{
	struct pollfd fds = { .fd = begun, .events = POLLIN };
	long long seconds;

	(void)arg;
	while (poll(&fds, 1, -1) == -1 && errno == EINTR)
		continue;
	seconds = atomic_load(&patience) + DEADLINE_GRACE;
	poll(NULL, 0, (int)seconds * 1000);
	log_error("stopped by force after %lld s (stop_timeout): %s did not "
		  "end; does a file system hang?",
		seconds, atomic_load(&at));
	_exit(EX_SOFTWARE);
}

int
deadline_open(int64_t seconds, struct error *e)
{
	pthread_t thread;
	int failed;

	deadline_set(seconds);
	begun = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (begun == -1)
		return error_errno(e, "eventfd");
	failed = pthread_create(&thread, NULL, wait_and_end, NULL);
	if (failed != 0) {
		errno = failed;
		return error_errno(e, "thread for the end");
	}
	pthread_detach(thread);
	return 0;
}

void
deadline_set(int64_t seconds)
{
	atomic_store(&patience, seconds);
}

void
deadline_begin(void)
{
	const uint64_t one = 1;
	int saved = errno;

	if (begun != -1 && !atomic_exchange(&told, true) &&
		write(begun, &one, sizeof(one)) == sizeof(one))
		alarm((unsigned int)atomic_load(&patience) + DEADLINE_GRACE +
			ALARM_LATER);
	errno = saved;
}

void
deadline_at(const char *what)
{
	atomic_store(&at, what);
}
