/*
 * A program that hangs, or prints without end, must not take us with it.
 */
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

extern char **environ;

/* Its directory is not in everybody's PATH. 0, or an errno. */
static int
spawn(const char *const argv[], const posix_spawn_file_actions_t *files,
	const posix_spawnattr_t *attributes, pid_t *pid_r)
{
	char *const *words = (char *const *)(uintptr_t)argv;
	char path[256];
	int rc =
		posix_spawnp(pid_r, argv[0], files, attributes, words, environ);

	if (rc != ENOENT || strchr(argv[0], '/') != NULL ||
		!text_format(path, sizeof(path), "/usr/sbin/%s", argv[0]))
		return rc;
	return posix_spawn(pid_r, path, files, attributes, words, environ);
}

void
program_attributes(posix_spawnattr_t *attributes)
{
	sigset_t usual, blocked;

	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigemptyset(&blocked);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setsigdefault(attributes, &usual);
	posix_spawnattr_setsigmask(attributes, &blocked);
	posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

/* in: -1 for nothing to read, and nobody to complain to. */
static int
start(const char *const argv[], int in, int out, pid_t *pid_r)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int rc;

	program_attributes(&attributes);
	posix_spawn_file_actions_init(&files);
	if (in == -1) {
		posix_spawn_file_actions_addopen(
			&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_addopen(
			&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	} else {
		posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	}
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	rc = spawn(argv, &files, &attributes, pid_r);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return rc;
}

/* How long it may take. */
struct patience {
	int seconds;
	int64_t until;
};

/* Is there more to read, or the end, within the time? */
static int
wait_for(int fd, const struct patience *p, struct error *e)
{
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	int64_t left;

	while ((left = p->until - clock_milliseconds()) > 0)
		if (poll(&poll_fd, 1, (int)left) > 0)
			return 0;
	return error_set(
		e, ERROR_TROUBLE, "has not ended after %d seconds", p->seconds);
}

static int
read_all(int fd, const struct patience *p, char *out, size_t size,
	struct error *e)
{
	size_t length = 0;
	ssize_t got;

	while (length < size) {
		if (wait_for(fd, p, e) == -1)
			return -1;
		got = read(fd, out + length, size - length);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return error_errno(e, "read");
		length += (size_t)got;
		if (got == 0) {
			out[length] = '\0';
			return 0;
		}
	}
	return error_set(e, ERROR_LIMIT, "prints too much");
}

/* Who closes its output need not end. */
static int
wait_for_end(pid_t pid, const struct patience *p, struct error *e)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), rc;

	if (fd == -1)
		return error_errno(e, "cannot be waited for");
	rc = wait_for(fd, p, e);
	close(fd);
	return rc;
}

int
program_wait(pid_t pid, int *status_r)
{
	while (waitpid(pid, status_r, 0) == -1) {
		if (errno != EINTR)
			return -1;
	}
	return 0;
}

static int
finish(pid_t pid, int *status_r, struct error *e)
{
	int status;

	if (program_wait(pid, &status) == -1)
		return error_errno(e, "wait");
	if (!WIFEXITED(status))
		return error_set(e, ERROR_TROUBLE, "died of signal %d",
			WTERMSIG(status));
	*status_r = WEXITSTATUS(status);
	return 0;
}

int
program_read(const char *const argv[], int seconds, char *out, size_t size,
	int *status_r, struct error *e)
{
	return program_ask(argv, -1, seconds, out, size, status_r, e);
}

int
program_ask(const char *const argv[], int input, int seconds, char *out,
	size_t size, int *status_r, struct error *e)
{
	const struct patience patience = { seconds,
		clock_milliseconds() + seconds * INT64_C(1000) };
	int ends[2], rc;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_errno(e, "pipe");
	rc = start(argv, input, ends[1], &pid);
	close(ends[1]);
	if (rc != 0) {
		close(ends[0]);
		return error_set(e,
			rc == ENOENT ? ERROR_NOT_FOUND : ERROR_TROUBLE,
			"%s cannot be run: %s", argv[0], strerror(rc));
	}
	rc = read_all(ends[0], &patience, out, size, e);
	close(ends[0]);
	if (rc == 0)
		rc = wait_for_end(pid, &patience, e);
	if (rc == -1)
		(void)kill(pid, SIGKILL);
	if (finish(pid, status_r, rc == 0 ? e : NULL) == -1)
		rc = -1;
	return rc == 0 ? 0 : error_prefix(e, "%s", argv[0]);
}
