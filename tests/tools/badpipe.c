/*
 * A bad line between its standard input and output and a command: octets are
 * lost, doubled and garbled by chance, travel at a rate and with a delay, and
 * the line is cut, or an end of it killed, after so many octets.
 *
 *	badpipe [OPTION=N…] COMMAND [ARGUMENT…]
 *	rate=N     octets a second, each way      delay=N    milliseconds
 *	lose=N double=N garble=N                  one octet in N
 *	cut=N      both ways are closed when so many octets have gone either way
 *	kill=N     the command is killed then     orphan=N   our parent is
 *	seed=N     of chance
 *	count=FILE    gets "UP DOWN", how many octets went each way
 *	record=FILE   FILE.up and FILE.down get those that arrived
 *
 * Ends as the command ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	ROOM = 65536,     /* octets on their way */
	AT_ONCE = 4096,   /* read or written */
	UART = 50 * 1000, /* microseconds that a line keeps for itself */
	PIPE = 4096       /* the kernel's part, as small as it can be */
};

enum { RATE, DELAY, LOSE, DOUBLE, GARBLE, CUT, KILL, ORPHAN, SEED, NUMBERS };
static const char *const NAMES[NUMBERS] = { "rate", "delay", "lose", "double",
	"garble", "cut", "kill", "orphan", "seed" };
static uint64_t numbers[NUMBERS];
static const char *count_file, *record_file;

/* One direction. */
struct way {
	int in, out; /* -1: closed */
	unsigned char octets[ROOM];
	int64_t due[ROOM]; /* when each comes out, microseconds */
	size_t first, count;
	int64_t sent; /* when the last one has left */
	uint64_t carried;
	FILE *record;
};

static struct way ways[2];
static pid_t child;

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* xorshift64: the same seed, the same line. */
static uint64_t
chance(void)
{
	static uint64_t state;

	if (state == 0)
		state = numbers[SEED] * 2654435761u + 88172645463325252u;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 11;
}

static bool
happens(int what)
{
	return numbers[what] != 0 && chance() % numbers[what] == 0;
}

static void
hold(struct way *w, unsigned char octet)
{
	size_t at = (w->first + w->count) % ROOM;

	w->octets[at] = octet;
	w->due[at] = w->sent + (int64_t)numbers[DELAY] * 1000;
	w->count++;
}

/* An octet takes its time on the line, whatever becomes of it. */
static void
carry(struct way *w, unsigned char octet)
{
	if (w->sent < now())
		w->sent = now();
	if (numbers[RATE] != 0)
		w->sent += (int64_t)(1000000 / numbers[RATE]);
	w->carried++;
	if (happens(LOSE))
		return;
	if (happens(GARBLE))
		octet ^= (unsigned char)(1u << chance() % 8);
	hold(w, octet);
	if (happens(DOUBLE))
		hold(w, octet);
}

static void
shut(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* What happens after so many octets; true: no line is left. */
static bool
moment(void)
{
	uint64_t carried = ways[0].carried + ways[1].carried;

	if (numbers[KILL] != 0 && carried >= numbers[KILL])
		kill(child, SIGKILL);
	if (numbers[ORPHAN] != 0 && carried >= numbers[ORPHAN])
		kill(getppid(), SIGKILL);
	for (int what = CUT; what <= ORPHAN; what++)
		if (numbers[what] != 0 && carried >= numbers[what])
			return true;
	return false;
}

static bool
has_room(const struct way *w)
{
	return w->in != -1 && w->count + 2 * (size_t)AT_ONCE < ROOM &&
		(numbers[RATE] == 0 || w->sent < now() + UART);
}

/* A slow line takes an octet at a time, so that a cut is to the octet. */
static bool
take(struct way *w)
{
	unsigned char octets[AT_ONCE];
	bool single = numbers[RATE] != 0 || numbers[CUT] != 0 ||
		numbers[KILL] != 0 || numbers[ORPHAN] != 0;
	ssize_t got = read(w->in, octets, single ? 1 : sizeof(octets));

	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got <= 0)
		shut(&w->in);
	for (ssize_t i = 0; i < got; i++)
		carry(w, octets[i]);
	return !moment();
}

static size_t
ready(const struct way *w)
{
	size_t n = 0;

	while (n < w->count && w->first + n < ROOM && n < AT_ONCE &&
		w->due[w->first + n] <= now())
		n++;
	return n;
}

static void
give(struct way *w)
{
	ssize_t put = write(w->out, w->octets + w->first, ready(w));

	if (put == -1 && errno != EAGAIN && errno != EINTR) {
		shut(&w->out);
		shut(&w->in);
		w->count = 0;
	}
	if (put <= 0)
		return;
	if (w->record != NULL)
		fwrite(w->octets + w->first, 1, (size_t)put, w->record);
	w->first = (w->first + (size_t)put) % ROOM;
	w->count -= (size_t)put;
}

/* Milliseconds until something is due. */
static int
patience(void)
{
	int64_t next = INT64_MAX;

	for (int i = 0; i < 2; i++) {
		const struct way *w = &ways[i];

		if (w->count > 0 && w->due[w->first] < next)
			next = w->due[w->first];
		if (w->in != -1 && !has_room(w) && w->sent - UART < next)
			next = w->sent - UART;
	}
	if (next == INT64_MAX)
		return -1;
	next = (next - now() + 999) / 1000;
	return next < 0 ? 0 : (int)next;
}

/* What there is to wait for; until when, milliseconds. */
static int
look(struct pollfd fds[4])
{
	bool writing = false;

	for (int i = 0; i < 2; i++) {
		struct way *w = &ways[i];
		bool gives = ready(w) > 0;

		if (w->in == -1 && w->count == 0)
			shut(&w->out);
		fds[2 * i] = (struct pollfd){ .fd = has_room(w) ? w->in : -1,
			.events = POLLIN };
		fds[2 * i + 1] = (struct pollfd){ .fd = gives ? w->out : -1,
			.events = POLLOUT };
		writing = writing || gives;
	}
	return writing ? -1 : patience();
}

/* False: the line is gone. */
static bool
turn(void)
{
	struct pollfd fds[4];
	int milliseconds = look(fds);

	if (ways[0].out == -1 && ways[1].out == -1)
		return false;
	poll(fds, 4, milliseconds);
	for (int i = 0; i < 2; i++) {
		if (fds[2 * i].revents != 0 && !take(&ways[i]))
			return false;
		if (fds[2 * i + 1].revents != 0)
			give(&ways[i]);
	}
	return true;
}

static void
start(char **command)
{
	int up[2], down[2];

	if (pipe2(up, O_CLOEXEC) == -1 || pipe2(down, O_CLOEXEC) == -1)
		exit(125);
	fcntl(up[1], F_SETPIPE_SZ, PIPE);
	fcntl(down[1], F_SETPIPE_SZ, PIPE);
	child = fork();
	if (child == 0) {
		dup2(up[0], STDIN_FILENO);
		dup2(down[1], STDOUT_FILENO);
		signal(SIGPIPE, SIG_DFL);
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	close(up[0]);
	close(down[1]);
	ways[0].in = STDIN_FILENO;
	ways[0].out = up[1];
	ways[1].in = down[0];
	ways[1].out = STDOUT_FILENO;
	for (int i = 0; i < 2; i++) {
		fcntl(ways[i].in, F_SETFL, O_NONBLOCK);
		fcntl(ways[i].out, F_SETFL, O_NONBLOCK);
	}
}

static void
open_records(void)
{
	static const char *const ends[2] = { "up", "down" };
	char path[4096];

	for (int i = 0; record_file != NULL && i < 2; i++) {
		snprintf(path, sizeof(path), "%s.%s", record_file, ends[i]);
		ways[i].record = fopen(path, "we");
	}
}

static void
say_count(void)
{
	FILE *file = count_file != NULL ? fopen(count_file, "we") : NULL;

	if (file == NULL)
		return;
	fprintf(file, "%llu %llu\n", (unsigned long long)ways[0].carried,
		(unsigned long long)ways[1].carried);
	fclose(file);
}

/* Is it NAME=VALUE, of a name that we know? */
static bool
take_option(const char *word)
{
	const char *value = strchr(word, '=');
	size_t length = value != NULL ? (size_t)(value - word) : 0;

	for (int i = 0; length > 0 && i < NUMBERS; i++) {
		if (strncmp(word, NAMES[i], length) != 0 ||
			NAMES[i][length] != '\0')
			continue;
		numbers[i] = strtoull(value + 1, NULL, 10);
		return true;
	}
	if (strncmp(word, "count=", 6) == 0)
		count_file = value + 1;
	else if (strncmp(word, "record=", 7) == 0)
		record_file = value + 1;
	else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	int status = 0;

	for (argv++; argc > 1 && *argv != NULL && take_option(*argv); argv++)
		;
	if (argc < 2 || *argv == NULL)
		return 125;
	signal(SIGPIPE, SIG_IGN);
	/* who has hung up still has octets on the line */
	signal(SIGHUP, SIG_IGN);
	open_records();
	start(argv);
	while (turn())
		;
	for (int i = 0; i < 2; i++) {
		shut(&ways[i].in);
		shut(&ways[i].out);
		if (ways[i].record != NULL)
			fclose(ways[i].record);
	}
	say_count();
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
