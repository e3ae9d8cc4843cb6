/*
 * The dialogue is not ours to invent: chat(8) has spoken with modems for
 * decades, and reads no octet behind what it waits for.
 */
#include "line/modem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/program.h"
#include "base/text.h"
#include "line/terminal.h"
#include "line/ttylock.h"
#include "line/words.h"

extern char **environ;

struct modem {
	const struct modem_options *options;
	int fd;
	char lock[TTYLOCK_SIZE];
};

static int
check_number(const char *number, struct error *e)
{
	static const char good[] = "0123456789+*#,-"
				   "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (number != NULL && number[strspn(number, good)] != '\0')
		return error_set(e, ERROR_BAD,
			"\"%s\" is no telephone number: digits, letters and "
			"+*#,-",
			number);
	return 0;
}

/* The lock's file is a habit; this one holds even if somebody removes it. */
static int
open_alone(struct modem *m, struct error *e)
{
	/* or it would wait for a carrier, and become our terminal */
	const int fd = open(
		m->options->device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return error_errno(e, "cannot open it");
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		m->fd = fd;
		return 0;
	}
	if (errno == EWOULDBLOCK)
		error_set(e, ERROR_EXISTS, "another process has the line");
	else
		error_errno(e, "cannot lock it");
	close(fd); /* it is not ours to hang up */
	return -1;
}

static int
set_up(struct modem *m, struct error *e)
{
	const struct modem_options *o = m->options;
	int flags;

	if (open_alone(m, e) == -1)
		return -1;
	flags = fcntl(m->fd, F_GETFL);
	if (flags == -1 || fcntl(m->fd, F_SETFL, flags & ~O_NONBLOCK) == -1)
		return error_errno(e, "fcntl");
	return terminal_raw(m->fd, o->speed, o->flow, e);
}

int
modem_open(
	const struct modem_options *o, struct modem **modem_r, struct error *e)
{
	struct modem *m;

	if (check_number(o->number, e) == -1)
		return -1;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return error_memory(e);
	m->options = o;
	m->fd = -1;
	if (ttylock_take(o->device, m->lock, e) == -1) {
		free(m);
		return error_prefix(e, "%s", o->device);
	}
	if (set_up(m, e) == -1) {
		modem_close(&m);
		return error_prefix(e, "%s", o->device);
	}
	*modem_r = m;
	return 0;
}

static int
start(const struct modem *m, char *const words[], pid_t *pid_r, struct error *e)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int rc;

	program_attributes(&attributes);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, m->fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, m->fd, STDOUT_FILENO);
	rc = posix_spawnp(pid_r, words[0], &files, &attributes, words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return rc == 0 ? 0
		       : error_set(e, ERROR_BAD, "%s cannot be run: %s",
				 words[0], strerror(rc));
}

/* Until it ends, or must not go on. */
static int
wait_for_end(pid_t pid, int seconds, int stop, struct error *e)
{
	struct pollfd fds[2] = { { .events = POLLIN },
		{ .fd = stop, .events = POLLIN } };
	const int64_t until = clock_milliseconds() + seconds * INT64_C(1000);
	int64_t left = -1;
	int got;

	fds[0].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fds[0].fd == -1)
		return error_errno(e, "it cannot be waited for");
	do {
		if (seconds != 0)
			left = until - clock_milliseconds();
		got = poll(fds, 2, left < 0 && seconds != 0 ? 0 : (int)left);
	} while (got == -1 && errno == EINTR);
	close(fds[0].fd);
	if (fds[1].revents != 0)
		return error_set(e, ERROR_NOT_FOUND, "stopped");
	if (got == 0)
		return error_set(e, ERROR_NOT_FOUND,
			"no connection within %d seconds", seconds);
	return got == 1 ? 0 : error_errno(e, "poll");
}

static int
run(struct modem *m, char *const words[], int stop, struct error *e)
{
	int status, rc;
	pid_t pid;

	if (start(m, words, &pid, e) == -1)
		return -1;
	rc = wait_for_end(pid, m->options->seconds, stop, e);
	if (rc == -1)
		(void)kill(pid, SIGKILL);
	if (program_wait(pid, &status) == -1)
		return error_errno(e, "wait");
	if (rc == -1 || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return rc;
	return error_set(e, ERROR_NOT_FOUND,
		WIFEXITED(status) ? "no connection: %s ended with status %d"
				  : "%s died of signal %d",
		words[0],
		WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

int
modem_connect(struct modem *m, int stop, struct error *e)
{
	const struct modem_options *o = m->options;
	struct words w;

	if (o->connect == NULL)
		return 0;
	if (words_split(o->connect, o->number, &w, e) == -1 ||
		run(m, w.words, stop, e) == -1 ||
		/* the program may have left it as it found it, or not */
		terminal_raw(m->fd, o->speed, o->flow, e) == -1)
		return error_prefix(e, "%s", o->device);
	terminal_heed_carrier(m->fd);
	return 0;
}

int
modem_fd(const struct modem *m)
{
	return m->fd;
}

void
modem_close(struct modem **modem)
{
	struct modem *m = *modem;

	if (m == NULL)
		return;
	if (m->fd != -1) {
		terminal_hang_up(m->fd);
		close(m->fd);
	}
	ttylock_give(m->lock);
	free(m);
	*modem = NULL;
}
