/*
 * Socket modes are the commonest support case of every milter, since Postfix
 * connects as another user: so mode and group are set here, by name, and a
 * failure to set them is one to start.
 */
#include "daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/local.h"
#include "base/log.h"
#include "base/text.h"
#include "milter/session.h"

/* The path of a Unix milter socket; NULL: it is another kind. */
static const char *
unix_path(const char *address)
{
	return strncmp(address, "unix:", 5) == 0 ? address + 5 : NULL;
}

/* Anybody may pass: who may connect is said by the socket's mode. */
static int
make_one(const char *path)
{
	mode_t mask = umask(022);
	int rc = mkdir(path, 0755);

	umask(mask);
	return rc;
}

/*
 * Makes the directory of a socket, and those above it, where they are missing.
 * They stay root's: under a service manager root may not be allowed to make a
 * socket in a directory that is another's.
 */
static int
make_directory(const char *socket, struct error *e)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

	if (!text_copy(path, sizeof(path), socket))
		return error_set(e, ERROR_BAD, "%s: path too long", socket);
	for (char *slash = strchr(path + 1, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (make_one(path) == -1 && errno != EEXIST)
			return error_errno(e, "%s", path);
		*slash = '/';
	}
	return 0;
}

/* A socket that a killed daemon left is replaced, and nothing else. */
static int
check_unused(const char *path, struct error *e)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : error_errno(e, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return error_set(e, ERROR_DENIED,
			"milter socket %s: exists and is no socket; remove "
			"it, or name another",
			path);
	return local_unused(path, SOCK_STREAM, e);
}

/* The kernel's own limit on those that queue is lower or the same. */
static int
listen_on(int fd, const struct sockaddr *address, socklen_t size)
{
	int saved;

	if (fd != -1 && bind(fd, address, size) == 0 &&
		listen(fd, SOMAXCONN) == 0)
		return fd;
	saved = errno;
	if (fd != -1)
		close(fd);
	errno = saved;
	return -1;
}

/* In the place of a socket that nobody listens at. -1: errno. */
static int
listen_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)text_copy(address.sun_path, sizeof(address.sun_path), path);
	if (unlink(path) == -1 && errno != ENOENT)
		return -1;
	return listen_on(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
		(const struct sockaddr *)&address, sizeof(address));
}

/* address: inet:PORT@HOST or inet6:PORT@HOST. *fd_r -1: errno. */
static int
listen_inet(const char *address, int *fd_r, struct error *e)
{
	const struct addrinfo hints = {
		.ai_family = address[4] == '6' ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	const char *at = strchr(address, ':') + 1;
	const char *host = strchr(at, '@');
	struct addrinfo *found;
	const int yes = 1;
	bool forbidden;
	char port[8];
	int failed;

	(void)text_format(port, sizeof(port), "%.*s", (int)(host - at), at);
	failed = getaddrinfo(host + 1, port, &hints, &found);
	if (failed != 0)
		return error_set(e, ERROR_TROUBLE, "milter socket %s: %s",
			address, gai_strerror(failed));
	*fd_r = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd_r != -1)
		(void)setsockopt(
			*fd_r, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	forbidden = *fd_r == -1 && errno == EAFNOSUPPORT;
	*fd_r = listen_on(*fd_r, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (forbidden)
		return error_set(e, ERROR_DENIED,
			"milter socket %s: it may open no such socket; does "
			"its unit say RestrictAddressFamilies?",
			address);
	return 0;
}

/* One that a service manager has opened. */
static int
check_descriptor(const char *address, int *fd_r, struct error *e)
{
	int fd = atoi(address + 3), listening;
	socklen_t size = sizeof(listening);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) ==
			-1 ||
		listening == 0)
		return error_set(e, ERROR_DENIED,
			"milter socket %s: no socket that listens; is the unit "
			"that opens it enabled?",
			address);
	*fd_r = fd;
	return 0;
}

/*
 * The mode it has from the mask that it was made with. The name may be another
 * file's by now where the directory is not root's alone: only the socket that
 * we made is given away.
 */
static int
set_owner(const char *path, uid_t uid, gid_t gid, struct error *e)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc = -1;

	if (fd == -1 || fstat(fd, &st) == -1)
		error_errno(e, "%s", path);
	else if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		error_set(e, ERROR_DENIED, "%s: not the socket that we made",
			path);
	else if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == -1)
		error_errno(e, "%s: owner", path);
	else
		rc = 0;
	if (fd != -1)
		close(fd);
	return rc;
}

static int
open_milter(const struct settings *settings, const struct identity *identity,
	struct error *e)
{
	const char *path = unix_path(settings->milter_socket);
	mode_t mask;
	gid_t gid;
	int fd = -1;

	if (group_find(settings->milter_socket_group, identity->gid, &gid, e) ==
		-1)
		return -1;
	if (path != NULL) {
		if (make_directory(path, e) == -1 ||
			check_unused(path, e) == -1)
			return -1;
		/* Its group is root's until it is given away. */
		mask = umask(0777 & ~(mode_t)settings->milter_socket_mode);
		fd = listen_unix(path);
		umask(mask);
		if (fd != -1 && set_owner(path, identity->uid, gid, e) == -1)
			return -1;
	} else if (strncmp(settings->milter_socket, "fd:", 3) == 0) {
		if (check_descriptor(settings->milter_socket, &fd, e) == -1)
			return -1;
	} else if (listen_inet(settings->milter_socket, &fd, e) == -1) {
		return -1;
	}
	if (fd == -1)
		return error_errno(
			e, "milter socket %s", settings->milter_socket);
	return session_listen(settings, fd, e);
}

/*
 * Channels reach it by their group, which need not be there before there are
 * channels: then it is the daemon's own.
 */
static int
give_control(const struct settings *settings, const struct identity *identity,
	struct error *e)
{
	gid_t gid = identity->gid;

	if (group_find(settings->control_socket_group, identity->gid, &gid,
		    e) == -1 &&
		settings->channel_users[0] != '\0')
		log_warn("control_socket_group: %s: channels cannot ask",
			e->text);
	return set_owner(settings->control_socket, identity->uid, gid, e);
}

int
listen_open(const struct settings *settings, const struct identity *identity,
	struct control **control_r, struct error *e)
{
	struct control *control = NULL;

	/* The control socket first: it finds out if a daemon runs. */
	if (make_directory(settings->control_socket, e) == -1 ||
		control_listen(settings->control_socket, &control, e) == -1)
		return -1;
	if (give_control(settings, identity, e) == -1 ||
		open_milter(settings, identity, e) == -1) {
		control_close(&control);
		return -1;
	}
	*control_r = control;
	return 0;
}

void
listen_close(const struct settings *settings, struct control **control)
{
	const char *path = unix_path(settings->milter_socket);

	/* It stays where the directory is not ours; the next start copes. */
	if (path != NULL)
		unlink(path);
	control_close(control);
}
