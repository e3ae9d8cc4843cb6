/*
 * Reading whole files, or pipes, into a buffer.
 */
#include "device/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
