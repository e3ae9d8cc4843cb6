#include "base/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum { PATH_SIZE = 4096 };

int
durable_directory(const char *path, struct error *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd == -1)
		return error_errno(e, "cannot open %s", path);
	if (fsync(fd) == -1)
		rc = error_errno(e, "cannot sync %s", path);
	int saved = errno;

	close(fd);
	errno = saved;
	return rc;
}

int
durable_entry(const char *path, struct error *e)
{
	char above[PATH_SIZE];
	char *slash;

	if (!text_copy(above, sizeof(above), path))
		return error_set(e, ERROR_BAD, "%s: too long", path);
	slash = strrchr(above, '/');
	if (slash == NULL)
		return durable_directory(".", e);
	slash[slash == above] = '\0';
	return durable_directory(above, e);
}

/* One that is there was perhaps made by a run that was cut off, and is synced
 * too; but in a directory that we may not read we made nothing. */
int
durable_made(const char *path, bool made, struct error *e)
{
	if (durable_entry(path, e) == 0 || (!made && errno == EACCES))
		return 0;
	return -1;
}

static int
make_one(const char *path, struct error *e)
{
	bool made = mkdir(path, 0755) == 0;

	if (!made && errno != EEXIST)
		return error_errno(e, "cannot make %s", path);
	return durable_made(path, made, e);
}

int
durable_parents(const char *path, struct error *e)
{
	char part[PATH_SIZE];

	if (!text_copy(part, sizeof(part), path))
		return error_set(e, ERROR_BAD, "%s: too long", path);
	for (char *slash = strchr(part + 1, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (make_one(part, e) == -1)
			return -1;
		*slash = '/';
	}
	return 0;
}
