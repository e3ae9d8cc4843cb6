/*
 * See reader.h. The process writes records on the pipe, each of a letter, two
 * octets of length and so many more, and its end is told by the pipe's. What
 * comes is held against bounds like the file itself.
 */
#include "fax/reader.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/privileges.h"
#include "base/program.h"
#include "base/text.h"
#include "fax/tiff.h"

enum {
	RECORD_HEADER = 3,
	RECORD_MAX = 2048, /* a symbol's octets, whichever its size */
	PIPE = 0,          /* the process's only descriptor */
	MEMORY = 512 << 20
};

/* --- in the process --- */

static int
put(char letter, const void *octets, size_t length)
{
	unsigned char record[RECORD_HEADER + RECORD_MAX];
	size_t done = 0;
	ssize_t n;

	if (length > RECORD_MAX)
		return 0;
	record[0] = (unsigned char)letter;
	record[1] = (unsigned char)(length >> 8);
	record[2] = (unsigned char)length;
	memcpy(record + RECORD_HEADER, octets, length);
	length += RECORD_HEADER;
	while (done < length) {
		n = write(PIPE, record + done, length - done);
		if (n == -1)
			return 1;
		done += (size_t)n;
	}
	return 0;
}

static int
put_symbol(const void *octets, size_t length, void *arg)
{
	(void)arg;
	return put('S', octets, length);
}

static void
look(const struct buffer *tiff)
{
	const struct reader_sink sink = { put_symbol, NULL };
	struct tiff_look l;
	struct error e = { ERROR_NONE, "" };
	unsigned char counts[2];
	int rc = reader_look(tiff->data, tiff->length, &sink, &l, &e);

	counts[0] = (unsigned char)l.pages;
	counts[1] = (unsigned char)l.passed;
	if (put('F', l.station, strlen(l.station)) == 0 &&
		put('C', l.caller, strlen(l.caller)) == 0 &&
		put('P', counts, sizeof(counts)) == 0 && rc == -1)
		(void)put('E', e.text, strlen(e.text));
}

/* --- and here --- */

struct reading {
	pid_t pid;
	int in;
	int64_t end; /* clock_milliseconds */
	struct buffer octets;
	struct assembly *assembly;
	struct reader_result *result;
};

static int
start(struct reading *r, const struct buffer *tiff, unsigned int seconds,
	struct error *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_errno(e, "pipe");
	r->pid = fork();
	if (r->pid == 0) {
		if (privileges_confine(ends[1], seconds + 1, MEMORY) != 0)
			_exit(2);
		look(tiff);
		_exit(0);
	}
	close(ends[1]);
	r->in = ends[0];
	r->end = clock_milliseconds() + (int64_t)seconds * 1000;
	if (r->pid != -1)
		return 0;
	error_errno(e, "fork");
	close(r->in);
	return -1;
}

static void
take_symbol(struct reading *r, const unsigned char *octets, size_t length)
{
	if (assembly_take(r->assembly, octets, length, NULL) == 0)
		r->result->symbols++;
	else
		r->result->strange++;
}

static void
take_text(const unsigned char *octets, size_t length, char *out, size_t size)
{
	char text[RECORD_MAX + 1];

	memcpy(text, octets, length);
	text[length] = '\0';
	text_printable(text, strlen(text), out, size);
}

static void
take_number(
	const unsigned char *octets, size_t length, char out[TELEPHONE_SIZE])
{
	char text[RECORD_MAX + 1];

	memcpy(text, octets, length);
	text[length] = '\0';
	(void)telephone_read(text, out);
}

/* False: no such record is written. */
static bool
take(struct reading *r, char letter, const unsigned char *octets, size_t length)
{
	struct reader_result *result = r->result;

	if (letter == 'S' &&
		result->symbols + result->strange < READER_SYMBOLS_MAX)
		take_symbol(r, octets, length);
	else if (letter == 'F')
		take_number(octets, length, result->station);
	else if (letter == 'C')
		take_number(octets, length, result->caller);
	else if (letter == 'E')
		take_text(octets, length, result->why, sizeof(result->why));
	else if (letter == 'P' && length == 2) {
		result->pages = octets[0];
		result->passed = octets[1];
	} else {
		return false;
	}
	return true;
}

/* The records that are whole; what is left comes first in the buffer. */
static bool
take_all(struct reading *r)
{
	struct buffer *b = &r->octets;
	size_t at = 0, length;

	for (; b->length - at >= RECORD_HEADER; at += RECORD_HEADER + length) {
		const unsigned char *record = b->data + at;

		length = (size_t)record[1] << 8 | record[2];
		if (length > RECORD_MAX)
			return false;
		if (b->length - at < RECORD_HEADER + length)
			break;
		if (!take(r, (char)record[0], record + RECORD_HEADER, length))
			return false;
	}
	if (at > 0) {
		memmove(b->data, b->data + at, b->length - at);
		b->length -= at;
	}
	return true;
}

/* 1: go on; 0: its end; -1: the time is over, or it writes nonsense, which
 * result->why says. */
static int
listen_on(struct reading *r)
{
	const int64_t left = r->end - clock_milliseconds();
	struct pollfd p = { r->in, POLLIN, 0 };
	unsigned char octets[4096];
	ssize_t n = -1;

	if (left <= 0 || poll(&p, 1, (int)left) == 0) {
		text_copy(r->result->why, sizeof(r->result->why),
			"it took too long");
		return -1;
	}
	if ((p.revents & (POLLIN | POLLHUP)) != 0)
		n = read(r->in, octets, sizeof(octets));
	if (n <= 0)
		return n == 0 ? 0 : 1;
	if (buffer_append(&r->octets, octets, (size_t)n) == BUFFER_OK &&
		take_all(r))
		return 1;
	text_copy(r->result->why, sizeof(r->result->why),
		"what it says makes no sense");
	return -1;
}

static void
end(struct reading *r, int rc)
{
	struct reader_result *result = r->result;
	int status;

	if (rc == -1)
		kill(r->pid, SIGKILL);
	close(r->in);
	if (program_wait(r->pid, &status) == -1 || rc == -1)
		return;
	if (WIFSIGNALED(status))
		text_format(result->why, sizeof(result->why),
			"signal %d ended it", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		text_format(result->why, sizeof(result->why),
			"it ended with %d", WEXITSTATUS(status));
}

int
reader_run(const struct buffer *tiff, unsigned int seconds, struct assembly *a,
	struct reader_result *result_r, struct error *e)
{
	struct reading r = {
		.assembly = a,
		.result = result_r,
		.octets.limit = 2 * (RECORD_HEADER + RECORD_MAX) + 4096,
	};
	int rc;

	memset(result_r, 0, sizeof(*result_r));
	if (start(&r, tiff, seconds, e) == -1)
		return -1;
	while ((rc = listen_on(&r)) == 1)
		continue;
	end(&r, rc);
	buffer_clear(&r.octets);
	return 0;
}
