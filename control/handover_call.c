/*
 * Messages and answers cross in files without a name: the daemon reads and
 * writes them at its own pace, and one that it is slow with is not the next
 * one's.
 */
#include "control/handover_call.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/wipe.h"

enum { WHY_MAX = 300 };

/* The client's arguments are argv's, and not written to. */
void
call_word(struct call *c, const char *word)
{
	c->words[c->count++] = (char *)word;
}

void
call_option(struct call *c, const char *name, const char *value)
{
	if (value == NULL)
		return;
	call_word(c, name);
	call_word(c, value);
}

void
call_end(struct call *c)
{
	const int files[] = { c->files.in, c->files.out, c->files.err };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] != -1)
			close(files[i]);
}

int
call_begin(struct call *c, const char *verb, struct error *e)
{
	memset(c, 0, sizeof(*c));
	c->files.in = -1;
	c->files.out = memfd_create("answer", MFD_CLOEXEC);
	c->files.err = memfd_create("errors", MFD_CLOEXEC);
	if (c->files.out == -1 || c->files.err == -1) {
		error_errno(e, "a file for the daemon's answer");
		call_end(c);
		return -1;
	}
	call_word(c, verb);
	return 0;
}

/* The message as the call's input file. */
int
call_attach(struct call *c, const void *octets, size_t length, struct error *e)
{
	c->files.in = file_memory(octets, length, e);
	return c->files.in != -1 ? 0 : -1;
}

/* From its start; the octets up to the end, at most size. */
ssize_t
call_read(int fd, off_t from, char *out, size_t size, struct error *e)
{
	ssize_t n;
	size_t got = 0;

	while (got < size) {
		n = pread(fd, out + got, size - got, from + (off_t)got);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return error_errno(e, "the daemon's answer");
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static int
full_or_memory(enum buffer_result result, struct error *e)
{
	return result == BUFFER_FULL
		? error_set(e, ERROR_LIMIT, "what the daemon says is too large")
		: error_memory(e);
}

/* A licence's code may be among it. */
int
call_whole(int fd, size_t limit, struct buffer *out, struct error *e)
{
	struct buffer all = { .limit = limit };
	enum buffer_result result = BUFFER_OK;
	char piece[16384];
	ssize_t n;

	while (result == BUFFER_OK &&
		(n = call_read(
			 fd, (off_t)all.length, piece, sizeof(piece), e)) > 0)
		result = buffer_append(&all, piece, (size_t)n);
	if (result == BUFFER_OK && n == 0)
		result = buffer_append(out, all.data, all.length);
	buffer_clear(&all);
	wipe(piece, sizeof(piece));
	if (result != BUFFER_OK)
		return full_or_memory(result, e);
	return n == 0 ? 0 : -1;
}

/* Why the daemon did not do it: its first line, without whose it is. */
int
call_why(struct call *c, struct error *e)
{
	static const enum error_code codes[] = {
		[EXIT_USAGE] = ERROR_USAGE,
		[EXIT_REFUSED] = ERROR_BAD,
	};
	const enum error_code code =
		c->code == EXIT_USAGE || c->code == EXIT_REFUSED
		? codes[c->code]
		: ERROR_TROUBLE;
	char text[WHY_MAX + 1];
	const char *why = text, *colon;
	ssize_t length = call_read(c->files.err, 0, text, WHY_MAX, e);

	if (length == -1)
		return -1;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if ((colon = strstr(text, ": ")) != NULL)
		why = colon + 2;
	return error_set(e, code, "the daemon: %s",
		why[0] != '\0' ? why : "no reason given");
}

/* 0: it ran; c->code is how it ended. */
int
call_ask(struct client *client, struct call *c, struct error *e)
{
	if (client_ask(client, c->count, c->words, &c->files, &c->code, e) == 0)
		return 0;
	/* That there is no daemon, or that it does not let us, is nothing
	 * that it says of what was asked. */
	if (e->code != ERROR_USAGE && e->code != ERROR_LIMIT)
		e->code = ERROR_TROUBLE;
	return -1;
}

int
call_senseless(struct error *e)
{
	return error_set(
		e, ERROR_TROUBLE, "the daemon's answer makes no sense");
}

/* An object that is a whole line; NULL: it is none. */
json_t *
call_load(const char *line, size_t length)
{
	json_t *o = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(o))
		return o;
	json_decref(o);
	return NULL;
}

/* A text that must be there, unless there may be null instead. */
bool
call_text(
	const json_t *o, const char *name, bool or_null, char *out, size_t size)
{
	const json_t *value = json_object_get(o, name);

	out[0] = '\0';
	return json_is_string(value)
		? text_copy(out, size, json_string_value(value))
		: or_null && json_is_null(value);
}

bool
call_number(const json_t *o, const char *name, uint64_t *out)
{
	const json_t *value = json_object_get(o, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return true;
}

bool
call_time(const json_t *o, const char *name, int64_t *out)
{
	char text[64];
	time_t when;

	if (!call_text(o, name, false, text, sizeof(text)) ||
		text_time_parse(text, &when) == -1)
		return false;
	*out = when;
	return true;
}
