/*
 * Reading whole files, or pipes, into a buffer, and writing them.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"

int
file_read_fd(int fd, struct buffer *out, struct error *e)
{
	unsigned char block[16384];
	enum buffer_result result = BUFFER_OK;
	ssize_t got;

	while (result == BUFFER_OK) {
		got = read(fd, block, sizeof(block));
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			error_errno(e, "read");
		if (got <= 0)
			break;
		result = buffer_append(out, block, (size_t)got);
	}
	wipe(block, sizeof(block));
	if (result == BUFFER_FULL)
		return error_set(
			e, ERROR_LIMIT, "more than %zu octets", out->limit);
	if (result == BUFFER_NOMEM)
		return error_memory(e);
	return got == 0 ? 0 : -1;
}

int
file_read(const char *path, struct buffer *out, struct error *e)
{
	int fd = STDIN_FILENO;
	int rc;

	if (strcmp(path, "-") == 0) {
		path = "standard input";
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd == -1)
			return error_set(
				e, ERROR_BAD, "%s: %s", path, strerror(errno));
	}
	rc = file_read_fd(fd, out, e);
	if (rc == -1)
		error_prefix(e, "%s", path);
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}

int
file_check_private(int fd, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(e, "stat");
	if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		return error_set(e, ERROR_BAD,
			"mode is %04o, but others than its owner must have no "
			"access (0600 or 0400)",
			(unsigned int)(st.st_mode & 07777));
	return 0;
}

static int
write_all(int fd, const struct buffer *octets, struct error *e)
{
	size_t at = 0;
	ssize_t put;

	while (at < octets->length) {
		put = write(fd, octets->data + at, octets->length - at);
		if (put == -1 && errno != EINTR)
			return error_errno(e, "write");
		at += put > 0 ? (size_t)put : 0;
	}
	return fsync(fd) == -1 ? error_errno(e, "sync") : 0;
}

/* A new file each time: after a sync that failed, another one of the same file
 * proves nothing. */
int
file_replace(int directory, const char *tmp, const char *name, mode_t mode,
	const struct buffer *octets, struct error *e)
{
	int fd, rc;

	if (unlinkat(directory, tmp, 0) == -1 && errno != ENOENT)
		return error_errno(e, "remove %s", tmp);
	fd = openat(directory, tmp,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return error_errno(e, "%s", tmp);
	/* whatever our umask is */
	rc = fchmod(fd, mode) == 0 ? write_all(fd, octets, e)
				   : error_errno(e, "mode");
	close(fd);
	if (rc == 0 && renameat(directory, tmp, directory, name) == -1)
		rc = error_errno(e, "rename");
	if (rc == -1)
		unlinkat(directory, tmp, 0);
	return rc;
}
