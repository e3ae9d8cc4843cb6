/*
 * A file is checked on the open descriptor, so that it cannot be another one by
 * the time it is read. No error quotes what is in it.
 */
#include "base/secret.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/regular.h"
#include "base/wipe.h"

static int
check(int fd, enum secret_readers readers, struct error *e)
{
	const bool own = readers == SECRET_OWN;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(e, "stat");
	/* root only looks whether all is well, for another user */
	if (geteuid() != 0 && st.st_uid != geteuid() && (own || st.st_uid != 0))
		return error_set(e, ERROR_DENIED, "owned by %s",
			own ? "somebody else than the user running this"
			    : "neither root nor the user running this");
	if ((st.st_mode & (own ? 07177 : S_IWGRP | S_IXGRP | S_IRWXO)) != 0)
		return error_set(e, ERROR_DENIED, "mode is %04o: %s",
			(unsigned int)(st.st_mode & 07777),
			own ? "its owner may read and write it, and nobody "
			      "else (0600 or 0400)"
			    : "its group may read it at most, and others "
			      "nothing (0640 or 0600)");
	return 0;
}

int
secret_open(const char *path, enum secret_readers readers, struct error *e)
{
	int fd = regular_open(AT_FDCWD, path, O_RDONLY, e);

	if (fd == -1)
		return -1;
	if (check(fd, readers, e) == 0)
		return fd;
	close(fd);
	return error_prefix(e, "%s", path);
}

int
secret_check(const char *path, struct error *e)
{
	int fd = secret_open(path, SECRET_GROUP, e);

	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}

/* One line, with its end or without. */
static int
take_line(char *text, size_t length, struct error *e)
{
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length > 0 && text[length - 1] == '\r')
		length--;
	text[length] = '\0';
	if (length == 0 || length > SECRET_MAX)
		return error_set(e, ERROR_BAD,
			"not one line of 1 to %d characters", SECRET_MAX);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return error_set(e, ERROR_BAD,
				"not one line without control characters");
	return 0;
}

int
secret_read(const char *path, char **secret_r, struct error *e)
{
	char text[SECRET_MAX + 4];
	ssize_t got;
	int fd = secret_open(path, SECRET_GROUP, e), rc = -1;

	if (fd == -1)
		return -1;
	got = read(fd, text, sizeof(text) - 1);
	if (got == -1)
		error_errno(e, "read");
	else if (take_line(text, (size_t)got, e) == 0) {
		*secret_r = strdup(text);
		rc = *secret_r != NULL ? 0 : error_memory(e);
	}
	close(fd);
	wipe(text, sizeof(text));
	return rc == 0 ? 0 : error_prefix(e, "%s", path);
}
