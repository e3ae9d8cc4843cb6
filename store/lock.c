/*
 * The lock file, by which one process has the store; and whose its files are:
 * what root has made in it, the daemon must still be able to open.
 */
#include "store/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/inside.h"

/* What stands in its place, or is another's, will be there the next time. */
static int
cannot_open(const char *path, struct error *e)
{
	const bool passes = error_passes(errno);

	error_errno(e, "cannot open %s", path);
	if (!passes)
		e->code = ERROR_DENIED;
	return -1;
}

int
lock_take(struct store *s, struct error *e)
{
	char path[STORE_PATH_SIZE + 8];
	struct stat st;
	const bool seen = stat(s->environment, &st) == 0;

	if (!seen && errno == ENOENT)
		return error_set(
			e, ERROR_NOT_FOUND, "%s holds no store", s->state);
	if (seen && !S_ISDIR(st.st_mode))
		return error_set(
			e, ERROR_DENIED, "%s is no directory", s->environment);
	text_format(path, sizeof(path), "%s/lock", s->state);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0)
		return cannot_open(path, e);
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return error_set(e, ERROR_EXISTS,
			"%s is in use by another process", s->state);
	return error_errno(e, "cannot lock %s", path);
}

int
store_unused(const struct store_options *o, struct error *e)
{
	char path[STORE_PATH_SIZE];
	int lock, rc = 0;

	if (!text_format(path, sizeof(path), "%s/lock", o->state_directory))
		return error_set(e, ERROR_BAD, "a path is too long");
	lock = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (lock < 0)
		return errno == ENOENT ? 0
				       : error_errno(e, "cannot open %s", path);
	if (flock(lock, LOCK_EX | LOCK_NB) == -1)
		rc = error_set(e, ERROR_EXISTS,
			"%s is in use by another process", o->state_directory);
	close(lock);
	return rc;
}

/* Owner and group of all that is in a directory. */
static int
give(const char *directory, uid_t owner, gid_t group, struct error *e)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int rc = 0;

	if (dir == NULL)
		return error_errno(e, "cannot read %s", directory);
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
			fchownat(dirfd(dir), entry->d_name, owner, group,
				AT_SYMLINK_NOFOLLOW) == 0 ||
			errno == ENOENT)
			continue;
		rc = error_errno(
			e, "cannot give %s/%s away", directory, entry->d_name);
	}
	closedir(dir);
	return rc;
}

/* Root may look after the store, but must not take it from the daemon. */
int
lock_keep_owner(struct store *s, struct error *e)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(s->environment, &st) == -1)
		return error_errno(e, "cannot look at %s", s->environment);
	if (fchown(s->lock, st.st_uid, st.st_gid) == -1)
		return error_errno(e, "cannot give the lock file away");
	return give(s->environment, st.st_uid, st.st_gid, e);
}
