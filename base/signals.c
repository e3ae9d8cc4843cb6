#include "base/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
signals_take(int *fd_r, struct error *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	*fd_r = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *fd_r != -1 ? 0 : error_errno(e, "signalfd");
}

enum signals_event
signals_wait(int fd, int milliseconds)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct signalfd_siginfo info;

	if (poll(&poll_fd, 1, milliseconds) != 1 ||
		read(fd, &info, sizeof(info)) != sizeof(info))
		return SIGNALS_NONE;
	return info.ssi_signo == SIGHUP ? SIGNALS_RELOAD : SIGNALS_STOP;
}
