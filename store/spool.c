/*
 * A failed fsync is never tried again on the same file: the kernel may have
 * dropped the pages and would say yes. The file is written anew instead.
 */
#include "store/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/regular.h"
#include "base/text.h"

enum { DIGITS = 20 };

static int
open_directory(int base, const char *directory, const char *name, int *fd_r,
	struct stat *st, struct error *e)
{
	int fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, "cannot open %s/%s", directory, name);
	if (fstat(fd, st) == -1 ||
		faccessat(base, name, R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
		error_errno(e, "cannot write to %s/%s", directory, name);
		close(fd);
		return -1;
	}
	*fd_r = fd;
	return 0;
}

int
spool_open(const char *directory, struct spool *s, struct error *e)
{
	struct stat base, tmp, new, cur;
	int path = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC), other;
	int rc = -1;

	s->base = s->tmp = s->new = other = -1;
	if (path < 0)
		return error_errno(e, "cannot open %s", directory);
	if (open_directory(path, directory, ".", &s->base, &base, e) == -1 ||
		open_directory(path, directory, "tmp", &s->tmp, &tmp, e) ==
			-1 ||
		open_directory(path, directory, "new", &s->new, &new, e) ==
			-1 ||
		open_directory(path, directory, "cur", &other, &cur, e) == -1)
		goto out;
	if (tmp.st_dev != new.st_dev || cur.st_dev != new.st_dev ||
		base.st_dev != new.st_dev) {
		error_set(e, ERROR_TROUBLE,
			"%s, and tmp, new and cur in it, are not on one file "
			"system",
			directory);
		goto out;
	}
	rc = 0;
out:
	if (rc != 0)
		spool_close(s);
	if (other >= 0)
		close(other);
	close(path);
	return rc;
}

void
spool_close(struct spool *s)
{
	int *const fds[] = { &s->base, &s->tmp, &s->new };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

void
spool_name(uint64_t first, char out[SEGMENT_NAME_SIZE])
{
	text_format(out, SEGMENT_NAME_SIZE, "%020llu.jsonl",
		(unsigned long long)first);
}

bool
spool_named(const char *name, uint64_t *first_r)
{
	if (strspn(name, "0123456789") != DIGITS ||
		strcmp(name + DIGITS, ".jsonl") != 0)
		return false;
	errno = 0;
	*first_r = strtoull(name, NULL, 10);
	return errno == 0;
}

int
spool_clean(const struct spool *s, const char *keep, struct error *e)
{
	int fd = openat(s->tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	uint64_t first;
	int rc = 0;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return error_errno(e, "cannot read the spool's tmp");
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		if (spool_named(entry->d_name, &first) &&
			strcmp(entry->d_name, keep) != 0 &&
			unlinkat(s->tmp, entry->d_name, 0) == -1)
			rc = error_errno(
				e, "cannot remove tmp/%s", entry->d_name);
	closedir(dir);
	return rc;
}

/* The file's group is new's, by tmp's set-group-ID bit or by hand. */
static int
set_access(const struct spool *s, int fd, struct error *e)
{
	struct stat new, st;

	if (fstat(s->new, &new) == -1 || fstat(fd, &st) == -1)
		return error_errno(e, "cannot look at the spool");
	if (st.st_gid != new.st_gid && fchown(fd, (uid_t)-1, new.st_gid) == -1)
		return error_errno(e, "cannot give a segment to new's group");
	if (fchmod(fd, 0640) == -1)
		return error_errno(e, "cannot set a segment's mode");
	return 0;
}

int
spool_create(
	const struct spool *s, const char *name, FILE **file_r, struct error *e)
{
	FILE *file;
	int fd;

	if (unlinkat(s->tmp, name, 0) == -1 && errno != ENOENT)
		return error_errno(e, "cannot remove tmp/%s", name);
	fd = openat(s->tmp, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return error_errno(e, "cannot make tmp/%s", name);
	if (set_access(s, fd, e) == -1) {
		close(fd);
		return -1;
	}
	file = fdopen(fd, "w");
	if (file == NULL) {
		close(fd);
		return error_memory(e);
	}
	*file_r = file;
	return 0;
}

int
spool_finish(const struct spool *s, FILE *file, struct error *e)
{
	int rc = 0;

	if (ferror(file) || fflush(file) != 0 || fsync(fileno(file)) == -1)
		rc = error_errno(e, "cannot write a segment");
	if (fclose(file) != 0 && rc == 0)
		rc = error_errno(e, "cannot close a segment");
	if (rc == 0 && fsync(s->tmp) == -1)
		rc = error_errno(e, "cannot sync the spool's tmp");
	return rc;
}

static bool
same_content(int a, int b)
{
	char left[4096], right[4096];
	ssize_t size;

	do {
		size = read(a, left, sizeof(left));
		if (size < 0 || read(b, right, sizeof(right)) != size ||
			memcmp(left, right, (size_t)size) != 0)
			return false;
	} while (size > 0);
	return true;
}

/* Is new/name free, or what tmp/name is? After a power failure both may be
 * there. Consumers may write to new: what stands there need not be a file. */
static int
may_replace(const struct spool *s, const char *name, struct error *e)
{
	int old = regular_open(s->new, name, O_RDONLY | O_NOFOLLOW, e), ours;
	bool same;

	if (old < 0 && errno == ENOENT)
		return 0;
	if (old < 0) {
		e->code = ERROR_TROUBLE;
		return error_prefix(e, "new");
	}
	ours = regular_open(s->tmp, name, O_RDONLY | O_NOFOLLOW, e);
	same = ours >= 0 && same_content(old, ours);
	if (ours >= 0)
		close(ours);
	close(old);
	if (same)
		return 0;
	return error_set(e, ERROR_TROUBLE,
		"new/%s is there already, with other reports; was an old "
		"backup put back?",
		name);
}

int
spool_release(
	const struct spool *s, const char *name, bool *gone_r, struct error *e)
{
	struct stat st;

	*gone_r = false;
	if (fstatat(s->tmp, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		*gone_r = errno == ENOENT;
		return *gone_r ? 0 : error_errno(e, "cannot see tmp/%s", name);
	}
	if (may_replace(s, name, e) == -1)
		return -1;
	if (renameat(s->tmp, name, s->new, name) == -1)
		return error_errno(e, "cannot move %s to new", name);
	return 0;
}

int
spool_sync_new(const struct spool *s, struct error *e)
{
	if (fsync(s->new) == -1)
		return error_errno(e, "cannot sync the spool's new");
	return 0;
}
