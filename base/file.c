/*
 * Reading whole files, or pipes, into a buffer, and writing them.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/text.h"
#include "base/wipe.h"

enum { PATH_SIZE = 4096 };

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
write_all(int fd, const void *octets, size_t length, struct error *e)
{
	const char *at = octets;
	ssize_t put;

	for (; length > 0; at += put, length -= (size_t)put) {
		while ((put = write(fd, at, length)) == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return error_errno(e, "write");
	}
	return 0;
}

static int
write_synced(int fd, const struct buffer *octets, struct error *e)
{
	if (write_all(fd, octets->data, octets->length, e) == -1)
		return -1;
	return fsync(fd) == -1 ? error_errno(e, "sync") : 0;
}

int
file_memory(const void *octets, size_t length, struct error *e)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (fd == -1)
		return error_errno(e, "a file without a name");
	if (write_all(fd, octets, length, e) == 0) {
		if (lseek(fd, 0, SEEK_SET) == 0)
			return fd;
		error_errno(e, "a file without a name");
	}
	close(fd);
	return -1;
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
	rc = fchmod(fd, mode) == 0 ? write_synced(fd, octets, e)
				   : error_errno(e, "mode");
	close(fd);
	if (rc == 0 && renameat(directory, tmp, directory, name) == -1)
		rc = error_errno(e, "rename");
	if (rc == -1)
		unlinkat(directory, tmp, 0);
	return rc;
}

int
file_write(const char *path, mode_t mode, const struct buffer *octets,
	struct error *e)
{
	char tmp[PATH_SIZE];

	if (!text_format(tmp, sizeof(tmp), "%s.tmp", path))
		return error_set(e, ERROR_BAD, "%s: too long", path);
	if (file_replace(AT_FDCWD, tmp, path, mode, octets, e) == -1)
		return error_prefix(e, "%s", path);
	return durable_entry(path, e);
}
