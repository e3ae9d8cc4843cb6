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
	const int why = errno;

	error_errno(e, "cannot open %s", path);
	if (why == ENOENT)
		e->code = ERROR_NOT_FOUND;
	else if (!error_passes(why))
		e->code = ERROR_DENIED;
	return -1;
}

int
lock_file(const char *state, int flags, int *lock_r, struct error *e)
{
	char path[STORE_PATH_SIZE];
	int lock;

	if (!text_format(path, sizeof(path), "%s/lock", state))
		return error_set(e, ERROR_BAD, "a path is too long");
	lock = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (lock == -1)
		return cannot_open(path, e);
	if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
		*lock_r = lock;
		return 0;
	}
	if (errno == EWOULDBLOCK)
		error_set(e, ERROR_EXISTS, "%s is in use by another process",
			state);
	else
		error_errno(e, "cannot lock %s", path);
	close(lock);
	return -1;
}

int
lock_take(struct store *s, struct error *e)
{
	struct stat st;
	const bool seen = stat(s->environment, &st) == 0;

	if (!seen && errno == ENOENT)
		return error_set(
			e, ERROR_NOT_FOUND, "%s holds no store", s->state);
	if (seen && !S_ISDIR(st.st_mode))
		return error_set(
			e, ERROR_DENIED, "%s is no directory", s->environment);
	return lock_file(s->state, O_RDWR | O_CREAT, &s->lock, e);
}

int
store_unused(const struct store_options *o, struct error *e)
{
	int lock;

	if (lock_file(o->state_directory, O_RDONLY, &lock, e) == -1)
		return e->code == ERROR_NOT_FOUND ? 0 : -1;
	close(lock);
	return 0;
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
