/*
 * The thread is there from the start, since a stop may be asked for when there
 * is no memory left for one. Should even the log hang, the kernel's alarm ends
 * the process a little later, without a word.
 */
#include "daemon/deadline.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

enum { ALARM_LATER = 5 /* seconds */ };

/* Global, since a signal handler can reach nothing else. Set once. */
static int begun = -1;
static atomic_bool told, started;
static atomic_llong patience;
static const char under_way[] = "what is under way";
static _Atomic(const char *) at = under_way;

static void *
wait_and_end(void *arg)
{
	struct pollfd fds = { .fd = begun, .events = POLLIN };
	long long seconds;

	(void)arg;
	if (poll(&fds, 1, DEADLINE_START * 1000) == 0 && !atomic_load(&started))
		log_warn("the start has taken %d s: %s, which a recovery, or a "
			 "file system that does not answer, may hold up",
			DEADLINE_START, atomic_load(&at));
	poll(&fds, 1, -1);
	seconds = atomic_load(&patience) + DEADLINE_GRACE;
	poll(NULL, 0, (int)seconds * 1000);
	log_error("stopped by force after %lld s (stop_timeout): %s did not "
		  "end; does a file system hang?",
		seconds, atomic_load(&at));
	_exit(EX_SOFTWARE);
}

void
deadline_started(void)
{
	atomic_store(&at, under_way);
	atomic_store(&started, true);
}

/* A signal that came to this thread would end its waiting. */
static int
begin_thread(void)
{
	sigset_t all, before;
	pthread_t thread;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&thread, NULL, wait_and_end, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed == 0)
		pthread_detach(thread);
	return failed;
}

int
deadline_open(int64_t seconds, struct error *e)
{
	int failed;

	deadline_set(seconds);
	begun = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (begun == -1)
		return error_errno(e, "eventfd");
	failed = begin_thread();
	if (failed != 0) {
		errno = failed;
		return error_errno(e, "thread for the end");
	}
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
