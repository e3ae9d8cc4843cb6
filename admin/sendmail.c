/*
 * No shell has a part in it, so no address can be more than an address.
 */
#include "admin/sendmail.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/program.h"

extern char **environ;

int
sendmail_check(const char *path, struct error *e)
{
	if (access(path, X_OK) == 0)
		return 0;
	return error_set(e, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_DENIED,
		"%s cannot be run: %s", path, strerror(errno));
}

static int
start(const char *path, char *const argv[], int in, pid_t *pid_r)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int rc;

	program_attributes(&attributes);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	rc = posix_spawn(pid_r, path, &files, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return rc;
}

static int
write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t put = write(fd, text, length);

		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return -1;
		text += put;
		length -= (size_t)put;
	}
	return 0;
}

/* Line by line, without the CR of each. */
static int
write_lines(int fd, const char *mail, size_t length)
{
	const char *end = mail + length;

	while (mail < end) {
		const char *cr = memmem(mail, (size_t)(end - mail), "\r\n", 2);
		const char *stop = cr != NULL ? cr : end;

		if (write_all(fd, mail, (size_t)(stop - mail)) == -1 ||
			(cr != NULL && write_all(fd, "\n", 1) == -1))
			return -1;
		mail = cr != NULL ? cr + 2 : end;
	}
	return 0;
}

static int
finish(const char *path, pid_t pid, struct error *e)
{
	int status;

	if (program_wait(pid, &status) == -1)
		return error_errno(e, "wait for %s", path);
	if (WIFSIGNALED(status))
		return error_set(e, ERROR_TROUBLE, "%s died of signal %d", path,
			WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return error_set(e, ERROR_TROUBLE, "%s failed with status %d",
			path, WEXITSTATUS(status));
	return 0;
}

int
sendmail_post(const char *path, const char *from, const char *to,
	const char *mail, size_t length, struct error *e)
{
	const char *const words[] = { path, "-i", "-f", from, "--", to, NULL };
	int ends[2];
	bool written;
	pid_t pid;
	int rc;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_errno(e, "pipe");
	rc = start(path, (char *const *)words, ends[0], &pid);
	close(ends[0]);
	if (rc != 0) {
		close(ends[1]);
		return error_set(e, ERROR_TROUBLE, "%s cannot be run: %s", path,
			strerror(rc));
	}
	written = write_lines(ends[1], mail, length) == 0;
	close(ends[1]);
	if (finish(path, pid, e) == -1)
		return -1;
	return written ? 0
		       : error_set(e, ERROR_TROUBLE,
				 "%s did not read all of the mail", path);
}
