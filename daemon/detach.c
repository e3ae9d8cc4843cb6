/*
 * Double fork, so that the daemon can never gain a terminal. Who called waits
 * on a pipe: one octet is the exit status, 0 once the daemon serves; end of
 * file means that it died.
 */
#include "daemon/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

/* The process that was called; never returns. */
static void
wait_for_ready(int from)
{
	unsigned char octet = 0;
	int status = EX_OSERR;
	ssize_t got;

	/* Until it lets go: if it failed it first says why, and ends. */
	while ((got = read(from, &octet, 1)) != 0) {
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			break;
		status = octet;
	}
	_exit(status);
}

int
detach(int *caller_r, struct error *e)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_errno(e, "pipe");
	child = fork();
	if (child == -1)
		return error_errno(e, "fork");
	if (child > 0) {
		close(ends[1]);
		wait_for_ready(ends[0]);
	}
	close(ends[0]);
	if (setsid() == -1)
		return error_errno(e, "setsid");
	child = fork();
	if (child == -1)
		return error_errno(e, "fork");
	if (child > 0)
		_exit(0);
	*caller_r = ends[1];
	return 0;
}

void
detach_ready(int caller, bool keep_stderr)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Neither failure is a reason to stop serving. */
	if (null != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		if (!keep_stderr)
			dup2(null, STDERR_FILENO);
		close(null);
	}
	if (write(caller, "", 1) == -1)
		log_debug("whoever started the daemon has gone");
	close(caller);
}

void
detach_failed(int caller, int status)
{
	const unsigned char octet = (unsigned char)status;

	/* Without it the caller hears that we died, which is true as well. */
	if (write(caller, &octet, 1) == -1)
		log_debug("whoever started the daemon has gone");
}
