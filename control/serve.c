/*
 * What arrives is bounded before it is looked at, and every descriptor that
 * came with it is closed whatever happens: a daemon that leaks one a request
 * stops taking mail some day.
 */
#include "control/serve.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "control/socket.h"
#include "control/peers.h"
#include "control/places.h"
#include "control/stream.h"
#include "base/crypto.h"
#include "base/text.h"
#include "gate/prove.h"

enum {
	FILES_MAX = 3,
	WORDS_MAX = 2 * ARGUMENTS_MAX,
	/* The kernel fills what fits; what came too much must be closed. */
	RECEIVED_MAX = 16
};

struct call {
	int connection, stop;
	struct place *place;
	uint64_t number;                    /* of the connection */
	char text[CONTROL_REQUEST_MAX + 1]; /* and the version */
	int argc;
	char *argv[WORDS_MAX + 1];
	int files[RECEIVED_MAX]; /* out, err, in; -1 once handed on */
	size_t file_count;
	struct stream streams[FILES_MAX];
};

void
control_answer(int connection, enum exit_code code, const char *why)
{
	char answer[1 + CONTROL_WHY_MAX + 2];
	size_t length;

	answer[0] = (char)code;
	text_copy(answer + 1, CONTROL_WHY_MAX + 1, why);
	length = 1 + strlen(answer + 1) + 1;
	answer[length++] = CONTROL_VERSION;
	(void)send(connection, answer, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Takes over all descriptors that the message brought. */
static void
collect_files(struct call *r, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL;
		c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		memcpy(r->files + r->file_count, CMSG_DATA(c),
			count * sizeof(int));
		r->file_count += count;
	}
}

static bool
wait_for_request(const struct call *r, int seconds)
{
	struct pollfd fds[] = { { r->connection, POLLIN, 0 },
		{ r->stop, POLLIN, 0 } };
	int ready;

	while ((ready = poll(fds, 2, seconds * 1000)) == -1 && errno == EINTR)
		continue;
	return ready > 0 && fds[1].revents == 0;
}

/* NULL, or why the request is refused; *length_r 0: none came. */
static const char *
receive(struct call *r, int seconds, size_t *length_r)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(r->files))];
	} control;
	struct iovec piece = { r->text, sizeof(r->text) };
	struct msghdr message = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = CMSG_LEN(sizeof(r->files)) };
	ssize_t got;

	*length_r = 0;
	if (!wait_for_request(r, seconds))
		return "no request came";
	got = recvmsg(r->connection, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (got <= 0)
		return "no request came";
	collect_files(r, &message);
	*length_r = (size_t)got;
	if (message.msg_flags & MSG_TRUNC)
		return "the request is too large";
	if (message.msg_flags & MSG_CTRUNC)
		return "too many files";
	return NULL;
}

static const char *
split(struct call *r, size_t length)
{
	char *end = r->text + length - 1;

	if (*end == '\0')
		return "the daemon is newer than this program";
	if (*end != CONTROL_VERSION)
		return "the daemon is of another version than this program";
	if (end == r->text || end[-1] != '\0')
		return "the request is malformed";
	for (char *word = r->text; word < end; word += strlen(word) + 1) {
		if (r->argc == WORDS_MAX)
			return "too many arguments";
		r->argv[r->argc++] = word;
	}
	r->argv[r->argc] = NULL;
	if (r->file_count < 2 || r->file_count > FILES_MAX)
		return "the request is malformed";
	return NULL;
}

static FILE *
open_stream(struct call *r, size_t i, const char *mode)
{
	struct stream *s = &r->streams[i];

	s->fd = r->files[i];
	s->peer = r->connection;
	s->stop = r->stop;
	s->place = r->place;
	r->files[i] = -1;
	return stream_open(s, mode);
}

static bool
cancelled(void *arg)
{
	const struct call *r = arg;

	return stream_over(r->connection, r->stop);
}

/* What the descriptors themselves tell, while they are still at hand. */
static void
describe_files(const struct call *r, struct command_context *c)
{
	struct stat st;

	c->out_fd = r->files[0];
	c->terminal = isatty(r->files[1]) == 1;
	if (r->file_count == 3 && fstat(r->files[2], &st) == 0 &&
		S_ISREG(st.st_mode))
		c->in_size = st.st_size;
}

static enum exit_code
run(struct call *r, const struct command_context *base, const struct peer *who)
{
	struct command_context c = *base;
	struct rules *rules = c.gate != NULL ? gate_rules(c.gate) : NULL;
	enum exit_code code = EXIT_TROUBLE;

	c.in_size = 0;
	describe_files(r, &c);
	if (rules != NULL)
		c.rules = rules;
	c.out = open_stream(r, 0, "w");
	c.err = open_stream(r, 1, "w");
	c.in = r->file_count == 3 ? open_stream(r, 2, "r") : NULL;
	c.json = false;
	c.channel = who->channel;
	c.uid = who->uid;
	c.connection = r->number;
	c.role = who->role == ROLE_OPERATOR ? NULL : who->channel;
	c.cancelled = cancelled;
	c.cancelled_arg = r;
	if (c.out != NULL && c.err != NULL)
		code = command_run(&c, r->argc, r->argv);
	if (c.in != NULL)
		fclose(c.in);
	if (c.err != NULL)
		fclose(c.err);
	if (c.out != NULL && fclose(c.out) == EOF)
		code = EXIT_TROUBLE;
	if (rules != NULL)
		rules_drop(&rules);
	return code;
}

/* On a place of its own, if there is one. */
static void
serve(struct call *r, const struct command_context *base)
{
	/* as of now: a reload may have changed it */
	struct peer who = peers_who(base->peers, r->place->uid);

	if (!command_allowed(r->argc, r->argv, who.role))
		control_answer(r->connection, EXIT_REFUSED, "not allowed");
	else if (places_work(r->place, command_urgent(r->argc, r->argv)))
		control_answer(r->connection, run(r, base, &who), "");
	else
		control_answer(r->connection, EXIT_TROUBLE,
			"too many commands at once; try again");
}

static void
close_files(struct call *r)
{
	for (size_t i = 0; i < r->file_count; i++) {
		if (r->files[i] != -1)
			close(r->files[i]);
	}
	r->file_count = 0;
}

/* Who has asked before may be silent for a while. Should another request
 * follow? */
static bool
serve_next(struct call *r, const struct command_context *base, bool first)
{
	const char *why;
	size_t length;

	r->argc = 0;
	why = receive(
		r, first ? CONTROL_REQUEST_WAIT : CONTROL_IDLE_WAIT, &length);
	if (why == NULL)
		why = split(r, length);
	if (why == NULL)
		serve(r, base);
	else if (first || length > 0)
		control_answer(r->connection, EXIT_USAGE, why);
	close_files(r);
	return why == NULL;
}

void
control_serve(struct place *place, const struct command_context *base, int stop)
{
	struct call *r = calloc(1, sizeof(*r));
	bool first = true;

	if (r == NULL) {
		control_answer(
			place->connection, EXIT_TROUBLE, "out of memory");
		return;
	}
	r->connection = place->connection;
	r->place = place;
	r->stop = stop;
	/* a number that none before it had */
	if (crypto_random(&r->number, sizeof(r->number), NULL) == -1)
		r->number = 0;
	while (serve_next(r, base, first)) {
		places_rest(place);
		first = false;
	}
	if (base->gate != NULL)
		prove_left(base->gate, r->number);
	free(r);
}
