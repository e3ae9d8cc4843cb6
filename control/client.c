/*
 * The daemon writes to our own standard output and error, so all that is left
 * to do is to wait for the exit code.
 */
#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/local.h"

/* The code, why, NUL, the version. */
enum { ANSWER_MAX = 1 + CONTROL_WHY_MAX + 2 };

struct client {
	char *path;
	int seconds;
	int fd;     /* -1: not connected */
	bool asked; /* at least once, since client_open */
	/* here, since it is large, and a thread's stack may not be */
	char text[CONTROL_REQUEST_MAX + 1];
};

/* The arguments one after another, and the version; the length, or -1. */
static ssize_t
join(struct client *c, int argc, char **argv, struct error *e)
{
	size_t length = 0;

	for (int i = 0; i < argc; i++) {
		size_t size = strlen(argv[i]) + 1;

		if (size > CONTROL_REQUEST_MAX - length)
			return error_set(
				e, ERROR_LIMIT, "the command line is too long");
		memcpy(c->text + length, argv[i], size);
		length += size;
	}
	c->text[length++] = CONTROL_VERSION;
	return (ssize_t)length;
}

static int
send_request(struct client *c, size_t length, const struct client_files *f,
	struct error *e)
{
	const int files[] = { f->out, f->err, f->in };
	const size_t size = (f->in == -1 ? 2 : 3) * sizeof(int);
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(files))];
	} control = { .octets = { 0 } };
	struct iovec piece = { c->text, length };
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = CMSG_SPACE(size) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), files, size);
	while (sendmsg(c->fd, &message, MSG_NOSIGNAL) == -1) {
		/* It may have refused us before we said a word: then its
		 * answer is there to be read. */
		if (errno == EPIPE)
			return 0;
		if (errno != EINTR)
			return error_errno(e, "request to the daemon");
	}
	return 0;
}

static enum error_code
code_of(unsigned char answer)
{
	return answer == EXIT_USAGE      ? ERROR_USAGE
		: answer == EXIT_REFUSED ? ERROR_DENIED
					 : ERROR_TROUBLE;
}

/* Octets with a NUL behind them. */
static int
read_answer(const char *answer, size_t length, enum exit_code *code_r,
	struct error *e)
{
	unsigned char code = (unsigned char)answer[0];

	if (length < 3 || answer[length - 2] != '\0' ||
		answer[length - 1] != CONTROL_VERSION)
		return error_set(e, ERROR_TROUBLE,
			"the daemon is of another version than this program, "
			"and refused%s%s: restart it",
			length > 1 ? ", " : "", answer + 1);
	if (length > 3)
		return error_set(
			e, code_of(code), "the daemon refused: %s", answer + 1);
	*code_r = (enum exit_code)code;
	return 0;
}

static int
receive_answer(struct client *c, enum exit_code *code_r, struct error *e)
{
	char answer[ANSWER_MAX + 1];
	bool reset = false;
	ssize_t got;

	/* A daemon that refuses us does not read what we sent, which resets
	 * the connection; its answer is there all the same. */
	while ((got = recv(c->fd, answer, ANSWER_MAX, 0)) == -1 &&
		(errno == EINTR || (errno == ECONNRESET && !reset)))
		reset = reset || errno == ECONNRESET;
	if (got == -1 && errno == EAGAIN)
		return error_set(
			e, ERROR_TROUBLE, "the daemon does not answer");
	if (got == -1)
		return error_errno(e, "answer of the daemon");
	if (got == 0)
		return error_set(e, ERROR_TROUBLE,
			"the daemon ended before it answered");
	answer[got] = '\0';
	return read_answer(answer, (size_t)got, code_r, e);
}

static void
hang_up(struct client *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
}

static int
connect_again(struct client *c, struct error *e)
{
	const struct timeval patience = { .tv_sec = c->seconds };

	hang_up(c);
	c->fd = local_connect(c->path, SOCK_SEQPACKET, c->seconds, e);
	if (c->fd == -1)
		return error_prefix(e, "control socket");
	(void)setsockopt(
		c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return 0;
}

/* Between requests a daemon that lives says nothing. */
static bool
connected(const struct client *c)
{
	struct pollfd fd = { c->fd, POLLIN | POLLRDHUP, 0 };

	return c->fd != -1 && poll(&fd, 1, 0) == 0;
}

int
client_open(const char *path, int seconds, struct client **client_r,
	struct error *e)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->path = strdup(path);
	if (c == NULL || c->path == NULL) {
		free(c);
		return error_memory(e);
	}
	c->seconds = seconds;
	c->fd = -1;
	if (connect_again(c, e) == -1) {
		client_close(&c);
		return -1;
	}
	*client_r = c;
	return 0;
}

/* A refusal that came before we asked is read as the answer, once. */
int
client_ask(struct client *c, int argc, char **argv,
	const struct client_files *files, enum exit_code *code_r,
	struct error *e)
{
	ssize_t length = join(c, argc, argv, e);

	if (length == -1)
		return -1;
	if (c->asked && !connected(c) && connect_again(c, e) == -1)
		return -1;
	c->asked = true;
	if (send_request(c, (size_t)length, files, e) == 0 &&
		receive_answer(c, code_r, e) == 0)
		return 0;
	hang_up(c);
	return -1;
}

void
client_close(struct client **client)
{
	struct client *c = *client;

	*client = NULL;
	if (c == NULL)
		return;
	hang_up(c);
	free(c->path);
	free(c);
}

int
client_ask_once(const char *path, int seconds, int argc, char **argv,
	const struct client_files *files, enum exit_code *code_r,
	struct error *e)
{
	struct client *c;
	int rc;

	if (client_open(path, seconds, &c, e) == -1)
		return -1;
	rc = client_ask(c, argc, argv, files, code_r, e);
	client_close(&c);
	return rc;
}
