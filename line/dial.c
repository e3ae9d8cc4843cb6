/*
 * See dial.h.
 */
#include "line/dial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/program.h"
#include "line/words.h"

extern char **environ;

enum {
	PATIENCE = 2000 /* milliseconds, for one that was hung up on */
};

/* 0 or an errno. */
static int
spawn(char *const words[], int end, pid_t *pid_r)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO);
	program_attributes(&attributes);
	rc = posix_spawnp(
		pid_r, words[0], &actions, &attributes, words, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

int
dial_command(const char *command, struct dial *d, struct error *e)
{
	struct words w;
	int ends[2], rc;

	d->fd = -1;
	if (words_split(command, NULL, &w, e) == -1)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return error_errno(e, "a line to %s", w.words[0]);
	rc = spawn(w.words, ends[1], &d->pid);
	close(ends[1]);
	if (rc != 0) {
		close(ends[0]);
		errno = rc;
		return error_errno(e, "%s", w.words[0]);
	}
	d->fd = ends[0];
	return 0;
}

void
dial_close(struct dial *d)
{
	static const int signals[] = { 0, SIGHUP, SIGKILL };
	struct pollfd end = { -1, POLLIN, 0 };
	int status;

	if (d->fd == -1)
		return;
	close(d->fd);
	d->fd = -1;
	end.fd = pidfd_open(d->pid, 0);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		(void)kill(d->pid, signals[i]);
		if (end.fd != -1 && poll(&end, 1, PATIENCE) == 1)
			break;
	}
	if (end.fd != -1)
		close(end.fd);
	(void)program_wait(d->pid, &status);
}
