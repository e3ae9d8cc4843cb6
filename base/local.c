/*
 * The kernel asks for the right to write to the file first, and looks whether
 * somebody listens behind that.
 */
#include "base/local.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

enum { BACKLOG = 16 };

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == LOCAL_PATH_SIZE,
	"a path has another size");

static int
ask(int fd, const struct sockaddr_un *address)
{
	return connect(fd, (const struct sockaddr *)address, sizeof(*address));
}

/* The open file's, which the owner may ask even where it may not pass the
 * directories. errno as connect left it, but that the file is there. */
static int
ask_as(uid_t owner, int fd, int file)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	int rc, why;

	text_format(place.sun_path, sizeof(place.sun_path), "/proc/self/fd/%d",
		file);
	if (seteuid(owner) == -1)
		return -1;
	rc = ask(fd, &place);
	why = errno == ENOENT ? EACCES : errno; /* no /proc */
	if (seteuid(0) == -1)
		_exit(71); /* EX_OSERR: it must not go on as somebody else */
	errno = why;
	return rc;
}

static int
ask_as_owner(int fd, const struct sockaddr_un *address)
{
	int file = open(address->sun_path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc = -1, why = EACCES;

	if (file != -1 && fstat(file, &st) == 0 && st.st_uid != 0) {
		rc = ask_as(st.st_uid, fd, file);
		why = errno;
	}
	if (file != -1)
		close(file);
	errno = why;
	return rc;
}

int
local_connect(const char *path, int type, int seconds, struct error *e)
{
	const struct timeval patience = { .tv_sec = seconds };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, rc, why;

	if (!text_copy(address.sun_path, sizeof(address.sun_path), path))
		return error_set(
			e, ERROR_BAD, "%s: the path is too long", path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return error_errno(e, "socket");
	/* how long connect waits while the queue is full */
	(void)setsockopt(
		fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	rc = ask(fd, &address);
	if (rc == -1 && errno == EACCES && geteuid() == 0)
		rc = ask_as_owner(fd, &address);
	if (rc == 0)
		return fd;
	why = errno;
	error_errno(e, "%s", path);
	if (e != NULL && (why == ENOENT || why == ECONNREFUSED))
		e->code = ERROR_NOT_FOUND;
	else if (e != NULL && (why == EACCES || why == EPERM))
		e->code = ERROR_DENIED;
	close(fd);
	errno = why;
	return -1;
}

int
local_unused(const char *path, int type, struct error *e)
{
	struct error why;
	int fd = local_connect(path, type | SOCK_NONBLOCK, 0, &why);

	if (fd != -1)
		close(fd);
	/* EAGAIN: its queue is full; EPROTOTYPE: of another type, but there */
	if (fd != -1 || errno == EAGAIN || errno == EPROTOTYPE)
		return error_set(e, ERROR_EXISTS,
			"%s: somebody listens there already", path);
	if (why.code == ERROR_NOT_FOUND)
		return 0;
	if (e != NULL)
		*e = why;
	return error_prefix(e, "cannot tell whether a daemon listens");
}

static int
remove_stale(const char *path, int type, struct error *e)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : error_errno(e, "stat");
	if (!S_ISSOCK(st.st_mode))
		return error_set(e, ERROR_DENIED, "exists and is no socket");
	if (local_unused(path, type, e) == -1)
		return -1;
	return unlink(path) == 0 ? 0 : error_errno(e, "remove");
}

static int
bind_socket(
	int fd, const struct sockaddr_un *address, mode_t mode, struct error *e)
{
	const mode_t mask = umask((mode_t)~mode & 0777);
	const int rc =
		bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(mask);
	if (rc == -1)
		return error_errno(e, "bind");
	return listen(fd, BACKLOG) == 0 ? 0 : error_errno(e, "listen");
}

/* A path longer than an address holds is refused, not cut. */
int
local_listen(const char *path, int type, mode_t mode, struct error *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (!text_copy(address.sun_path, sizeof(address.sun_path), path))
		return error_set(e, ERROR_BAD, "the path is too long");
	if (remove_stale(path, type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), e) == -1)
		return -1;
	fd = socket(AF_UNIX, type, 0);
	if (fd == -1)
		return error_errno(e, "socket");
	if (bind_socket(fd, &address, mode, e) == 0)
		return fd;
	close(fd);
	return -1;
}
