/*
 * Of a terminal line little is sent ahead: what waits there can be neither
 * overtaken nor taken back.
 */
#include "line/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	PIECE = 4096,
	AHEAD = 512,     /* octets that a terminal line may hold back, */
	LOOK_AGAIN = 20, /* and milliseconds until it is looked at again */
	PATIENCE_MAX = 1000
};

struct pump {
	struct line *line;
	int in, out, stop;
	size_t length, at; /* of what is to be written */
	unsigned char octets[PIECE];
};

/* How many octets may be written now. */
static size_t
room(const struct pump *p)
{
	int waiting;

	if (isatty(p->out) == 0 || ioctl(p->out, TIOCOUTQ, &waiting) == -1)
		return sizeof(p->octets);
	return waiting < AHEAD ? (size_t)(AHEAD - waiting) : 0;
}

static void
failed(struct pump *p, const char *what)
{
	if (errno != EINTR && errno != EAGAIN)
		line_stop(p->line, "%s: %s", what, strerror(errno));
}

static void
push(struct pump *p)
{
	ssize_t n;

	if (p->at == p->length) {
		p->at = 0;
		p->length = line_output(
			p->line, p->octets, room(p), clock_milliseconds());
	}
	if (p->at == p->length)
		return;
	n = write(p->out, p->octets + p->at, p->length - p->at);
	if (n >= 0)
		p->at += (size_t)n;
	else if (errno == EPIPE || errno == EIO)
		line_hung_up(p->line, clock_milliseconds());
	else
		failed(p, "write");
}

static void
pull(struct pump *p)
{
	unsigned char octets[PIECE];
	const ssize_t n = read(p->in, octets, sizeof(octets));

	if (n > 0)
		line_feed(p->line, octets, (size_t)n, clock_milliseconds());
	else if (n == 0 || errno == EIO || errno == ECONNRESET)
		line_hung_up(p->line, clock_milliseconds());
	else
		failed(p, "read");
}

/* Milliseconds until something is to be done though nothing comes. */
static int
patience(const struct pump *p, bool full)
{
	const int64_t left = line_due(p->line) - clock_milliseconds();

	if (full)
		return LOOK_AGAIN;
	if (p->at < p->length)
		return PATIENCE_MAX;
	return left < 0 ? 0 : left > PATIENCE_MAX ? PATIENCE_MAX : (int)left;
}

static void
turn(struct pump *p)
{
	const bool full = room(p) == 0;
	struct pollfd fds[] = { { p->in, POLLIN, 0 }, { p->stop, POLLIN, 0 },
		{ -1, POLLOUT, 0 } };

	line_look_at_time(p->line, clock_milliseconds());
	if (line_state(p->line) == LINE_GOES_ON && !full)
		push(p);
	if (!full && p->at < p->length)
		fds[2].fd = p->out;
	if (line_state(p->line) != LINE_GOES_ON)
		return;
	if (poll(fds, 3, patience(p, full)) == -1)
		failed(p, "poll");
	else if (fds[0].revents != 0)
		pull(p); /* who hangs up may send a signal, too */
	else if (fds[1].revents != 0)
		line_stop(p->line, "stopped");
}

void
pump_run(struct line *l, int in, int out, int stop)
{
	struct pump p = { .line = l, .in = in, .out = out, .stop = stop };
	const int in_flags = fcntl(in, F_GETFL),
		  out_flags = fcntl(out, F_GETFL);

	(void)fcntl(in, F_SETFL, in_flags | O_NONBLOCK);
	(void)fcntl(out, F_SETFL, out_flags | O_NONBLOCK);
	while (line_state(l) == LINE_GOES_ON)
		turn(&p);
	(void)fcntl(in, F_SETFL, in_flags);
	(void)fcntl(out, F_SETFL, out_flags);
}
