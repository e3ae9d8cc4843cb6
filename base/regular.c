/*
 * O_NONBLOCK means nothing to a regular file, so it may stay set.
 */
#include "base/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int
regular_open(int directory, const char *name, int flags, struct error *e)
{
	struct stat st;
	int fd = openat(
		directory, name, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return error_errno(e, "%s", name);
	if (fstat(fd, &st) == -1) {
		error_errno(e, "%s", name);
	} else if (!S_ISREG(st.st_mode)) {
		error_set(e, ERROR_DENIED, "%s: not a regular file", name);
		errno = EINVAL;
	} else {
		return fd;
	}
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

FILE *
regular_stream(const char *path, struct error *e)
{
	int fd = regular_open(AT_FDCWD, path, O_RDONLY, e);
	FILE *file = fd != -1 ? fdopen(fd, "r") : NULL;

	if (fd != -1 && file == NULL) {
		error_memory(e);
		close(fd);
	}
	return file;
}
