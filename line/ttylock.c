#include "line/ttylock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define DIRECTORY "/var/lock"

/* The process that it names; 0: none that lives. */
static pid_t
holder(const char *path)
{
	char text[16] = "";
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got;
	long pid;

	if (fd == -1)
		return 0;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	pid = got > 0 ? strtol(text, NULL, 10) : 0;
	return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM)
		? (pid_t)pid
		: 0;
}

/* Written under a name of ours first: whoever sees the lock sees whose it is.
 */
static int
write_mine(const char *path, struct error *e)
{
	const int fd = open(path,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd == -1)
		return error_errno(e, "%s", path);
	if (dprintf(fd, "%10d\n", (int)getpid()) < 0) {
		error_errno(e, "%s", path);
		close(fd);
		(void)unlink(path);
		return -1;
	}
	close(fd);
	return 0;
}

static int
link_mine(const char *mine, const char *path, struct error *e)
{
	pid_t pid;

	/* once more where whoever had it is dead */
	for (int tries = 0; tries < 2; tries++) {
		if (link(mine, path) == 0)
			return 0;
		if (errno != EEXIST)
			return error_errno(e, "%s", path);
		pid = holder(path);
		if (pid != 0)
			return error_set(e, ERROR_EXISTS,
				"process %d has the line (%s)", (int)pid, path);
		(void)unlink(path);
	}
	return error_set(
		e, ERROR_EXISTS, "somebody else took the line (%s)", path);
}

/* As mgetty names them: of /dev/pts/3 LCK..pts_3. */
static int
name_lock(const char *device, char path_r[TTYLOCK_SIZE], struct error *e)
{
	static const char before[] = DIRECTORY "/LCK..";
	char *at = path_r + sizeof(before) - 1;

	if (strncmp(device, "/dev/", 5) == 0)
		device += 5;
	if (!text_format(path_r, TTYLOCK_SIZE, "%s%s", before, device))
		return error_set(e, ERROR_BAD, "%s: too long", device);
	while ((at = strchr(at, '/')) != NULL)
		*at = '_';
	return 0;
}

int
ttylock_take(const char *device, char path_r[TTYLOCK_SIZE], struct error *e)
{
	char mine[TTYLOCK_SIZE];
	int rc;

	if (name_lock(device, path_r, e) == -1)
		return -1;
	(void)text_format(
		mine, sizeof(mine), DIRECTORY "/LTMP.%d", (int)getpid());
	if (write_mine(mine, e) == -1)
		return -1;
	rc = link_mine(mine, path_r, e);
	(void)unlink(mine);
	return rc;
}

void
ttylock_give(const char path[TTYLOCK_SIZE])
{
	(void)unlink(path);
}
