#include "line/ttylock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define DIRECTORY "/var/lock"

/* A lock as it was found. */
struct found {
	struct stat st;
	bool held;
	long pid; /* 0: it names none */
};

/* Who does not write it at once has so long for it. */
enum { WRITTEN = 60 };

/* The number in it; 0: it cannot be read, or is none. */
static long
read_pid(const char *path)
{
	char text[16] = "";
	const int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t got;
	long pid;

	if (fd == -1)
		return 0;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	pid = got > 0 ? strtol(text, NULL, 10) : 0;
	return pid > 0 && pid <= INT_MAX ? pid : 0;
}

/* False: there is none. */
static bool
look(const char *path, struct found *f)
{
	if (lstat(path, &f->st) == -1)
		return errno != ENOENT;
	f->pid = read_pid(path);
	f->held = f->pid != 0 ? kill((pid_t)f->pid, 0) == 0 || errno == EPERM
			      : f->st.st_mtime + WRITTEN >= time(NULL);
	return true;
}

/* Written under a name of ours first: whoever sees the lock sees whose it is.
 */
static int
write_mine(char mine[TTYLOCK_SIZE], struct error *e)
{
	const int fd = mkostemp(mine, O_CLOEXEC);

	if (fd == -1)
		return error_errno(e, "%s", mine);
	if (fchmod(fd, 0644) == -1 ||
		dprintf(fd, "%10d\n", (int)getpid()) < 0) {
		error_errno(e, "%s", mine);
		close(fd);
		(void)unlink(mine);
		return -1;
	}
	close(fd);
	return 0;
}

/* Takes away that one, and no other that somebody has put there meanwhile. */
static bool
bury(const char *path, const char *mine, const struct found *dead)
{
	char grave[TTYLOCK_SIZE + 8];
	struct stat st;
	bool same;

	(void)text_format(grave, sizeof(grave), "%s.dead", mine);
	if (rename(path, grave) == -1)
		return errno == ENOENT;
	same = lstat(grave, &st) == 0 && st.st_ino == dead->st.st_ino &&
		st.st_mtim.tv_sec == dead->st.st_mtim.tv_sec &&
		st.st_mtim.tv_nsec == dead->st.st_mtim.tv_nsec;
	if (same || link(grave, path) == 0 || errno == EEXIST)
		(void)unlink(grave);
	return same;
}

static int
link_mine(const char *mine, const char *path, struct error *e)
{
	struct found f = { .held = true };

	/* once more where whoever had it is dead */
	for (int tries = 0; tries < 2; tries++) {
		if (link(mine, path) == 0)
			return 0;
		if (errno != EEXIST)
			return error_errno(e, "%s", path);
		if (!look(path, &f))
			continue;
		if (f.held && f.pid != 0)
			return error_set(e, ERROR_EXISTS,
				"process %ld has the line (%s)", f.pid, path);
		if (f.held || !bury(path, mine, &f))
			break;
	}
	return error_set(
		e, ERROR_EXISTS, "somebody else has the line (%s)", path);
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
	char mine[TTYLOCK_SIZE] = DIRECTORY "/LTMP.XXXXXX";
	int rc;

	if (name_lock(device, path_r, e) == -1)
		return -1;
	if (write_mine(mine, e) == -1)
		return -1;
	rc = link_mine(mine, path_r, e);
	(void)unlink(mine);
	return rc;
}

void
ttylock_give(const char path[TTYLOCK_SIZE])
{
	if (read_pid(path) == (long)getpid())
		(void)unlink(path);
}
