/*
 * See place.h.
 */
#include "authority/place.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/privileges.h"

int
place_become_owner(const char *directory, struct error *e)
{
	const struct passwd *user;
	struct identity owner;
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(directory, &st) == -1)
		return error_errno(e, "%s", directory);
	user = getpwuid(st.st_uid);
	if (st.st_uid == 0 || user == NULL)
		return error_set(e, ERROR_DENIED,
			"%s must belong to the user of csrc-ca, not to root",
			directory);
	owner = (struct identity){ user->pw_name, user->pw_uid, user->pw_gid };
	return privileges_drop(&owner, e);
}

static int
check(int fd, const char *directory, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(e, "%s", directory);
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return error_set(e, ERROR_DENIED,
			"%s must belong to the user of csrc-ca, and nobody "
			"else may write there",
			directory);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK
		? error_set(e, ERROR_EXISTS, "another csrc-ca works in %s",
			  directory)
		: error_errno(e, "lock %s", directory);
}

int
place_enter(const char *directory, int *fd_r, struct error *e)
{
	*fd_r = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd_r == -1) {
		error_errno(e, "%s", directory);
		/* no better the next time */
		if (errno == ENOENT)
			e->code = ERROR_NOT_FOUND;
		return -1;
	}
	if (check(*fd_r, directory, e) == 0)
		return 0;
	close(*fd_r);
	*fd_r = -1;
	return -1;
}
