/*
 * csrcadm's end of the control socket. The daemon writes to our own standard
 * output and error, so all that is left to do is to wait for the exit code.
 */
#include "control/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/local.h"

enum { ANSWER_MAX = 1 + 255 };

/* The arguments one after another; the length, or -1. */
static ssize_t
join(char text[CONTROL_REQUEST_MAX], int argc, char **argv, struct error *e)
{
	size_t length = 0;

	for (int i = 0; i < argc; i++) {
		size_t size = strlen(argv[i]) + 1;

		if (size > CONTROL_REQUEST_MAX - length)
			return error_set(
				e, ERROR_LIMIT, "the command line is too long");
		memcpy(text + length, argv[i], size);
		length += size;
	}
	return (ssize_t)length;
}

static int
send_request(int fd, char *text, size_t length, const int files[3],
	size_t file_count, struct error *e)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(3 * sizeof(int))];
	} control = { .octets = { 0 } };
	struct iovec piece = { text, length };
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = CMSG_SPACE(file_count * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(file_count * sizeof(int));
	memcpy(CMSG_DATA(c), files, file_count * sizeof(int));
	while (sendmsg(fd, &message, MSG_NOSIGNAL) == -1) {
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

static int
receive_answer(int fd, enum exit_code *code_r, struct error *e)
{
	char answer[ANSWER_MAX + 1];
	bool reset = false;
	ssize_t got;

	/* A daemon that refuses us does not read what we sent, which resets
	 * the connection; its answer is there all the same. */
	while ((got = recv(fd, answer, ANSWER_MAX, 0)) == -1 &&
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
	if (got > 1)
		return error_set(e, code_of((unsigned char)answer[0]),
			"the daemon refused: %s", answer + 1);
	*code_r = (enum exit_code)(unsigned char)answer[0];
	return 0;
}

int
control_ask(const char *path, int argc, char **argv, int in, int out, int err,
	int seconds, enum exit_code *code_r, struct error *e)
{
	char text[CONTROL_REQUEST_MAX];
	const int files[] = { out, err, in };
	const struct timeval patience = { .tv_sec = seconds };
	ssize_t length = join(text, argc, argv, e);
	int rc = -1;
	int fd;

	if (length == -1)
		return -1;
	fd = local_connect(path, SOCK_SEQPACKET, e);
	if (fd == -1)
		return error_prefix(e, "control socket");
	(void)setsockopt(
		fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send_request(
		    fd, text, (size_t)length, files, in == -1 ? 2 : 3, e) == 0)
		rc = receive_answer(fd, code_r, e);
	close(fd);
	return rc;
}
