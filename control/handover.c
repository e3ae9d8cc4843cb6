/*
 * Messages and answers cross in files without a name: the daemon reads and
 * writes them at its own pace, and one that it is slow with is not the next
 * one's.
 */
#include "control/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "base/text.h"

enum {
	WORDS_MAX = 12,
	LINE_MAX_OCTETS =
		8192,         /* a receipt with every octet escaped has room */
	ANSWER_MAX = 3 << 20, /* ten thousand reports have room */
	LINES = 1000,         /* at once, of what waits */
	WHY_MAX = 300
};

/* A request, and what came of it. */
struct call {
	char *words[WORDS_MAX];
	int count;
	struct client_files files;
	enum exit_code code;
};

/* The client's arguments are argv's, and not written to. */
static void
add_word(struct call *c, const char *word)
{
	c->words[c->count++] = (char *)word;
}

static void
add_option(struct call *c, const char *name, const char *value)
{
	if (value == NULL)
		return;
	add_word(c, name);
	add_word(c, value);
}

static void
end_call(struct call *c)
{
	const int files[] = { c->files.in, c->files.out, c->files.err };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] != -1)
			close(files[i]);
}

static int
begin_call(struct call *c, const char *verb, struct error *e)
{
	memset(c, 0, sizeof(*c));
	c->files.in = -1;
	c->files.out = memfd_create("answer", MFD_CLOEXEC);
	c->files.err = memfd_create("errors", MFD_CLOEXEC);
	if (c->files.out == -1 || c->files.err == -1) {
		error_errno(e, "a file for the daemon's answer");
		end_call(c);
		return -1;
	}
	add_word(c, verb);
	return 0;
}

/* The message as the call's input file. */
static int
attach(struct call *c, const void *octets, size_t length, struct error *e)
{
	const char *at = octets;
	ssize_t n;

	c->files.in = memfd_create("message", MFD_CLOEXEC);
	if (c->files.in == -1)
		return error_errno(e, "a file for a message");
	for (; length > 0; at += n, length -= (size_t)n) {
		while ((n = write(c->files.in, at, length)) == -1 &&
			errno == EINTR)
			continue;
		if (n == -1)
			return error_errno(e, "a file for a message");
	}
	return lseek(c->files.in, 0, SEEK_SET) == -1
		? error_errno(e, "a file for a message")
		: 0;
}

/* From its start; the octets up to the end, at most size. */
static ssize_t
read_file(int fd, off_t from, char *out, size_t size, struct error *e)
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

/* Why the daemon did not do it: its first line, without whose it is. */
static int
say_why(struct call *c, struct error *e)
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
	ssize_t length = read_file(c->files.err, 0, text, WHY_MAX, e);

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
static int
ask(struct client *client, struct call *c, struct error *e)
{
	if (client_ask(client, c->count, c->words, &c->files, &c->code, e) == 0)
		return 0;
	/* That there is no daemon, or that it does not let us, is nothing
	 * that it says of what was asked. */
	if (e->code != ERROR_USAGE && e->code != ERROR_LIMIT)
		e->code = ERROR_TROUBLE;
	return -1;
}

static int
senseless(struct error *e)
{
	return error_set(
		e, ERROR_TROUBLE, "the daemon's answer makes no sense");
}

/* An object that is a whole line; NULL: it is none. */
static json_t *
load(const char *line, size_t length)
{
	json_t *o = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(o))
		return o;
	json_decref(o);
	return NULL;
}

/* A text that must be there, unless there may be null instead. */
static bool
take_text(
	const json_t *o, const char *name, bool or_null, char *out, size_t size)
{
	const json_t *value = json_object_get(o, name);

	out[0] = '\0';
	return json_is_string(value)
		? text_copy(out, size, json_string_value(value))
		: or_null && json_is_null(value);
}

static bool
take_number(const json_t *o, const char *name, uint64_t *out)
{
	const json_t *value = json_object_get(o, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return true;
}

static bool
take_time(const json_t *o, const char *name, int64_t *out)
{
	char text[64];
	time_t when;

	if (!take_text(o, name, false, text, sizeof(text)) ||
		text_time_parse(text, &when) == -1)
		return false;
	*out = when;
	return true;
}

static bool
take_disposal(const json_t *o, enum handover_disposal *out)
{
	static const char *const names[] = {
		[HANDOVER_TAKEN] = "taken",
		[HANDOVER_REFUSED] = "refused",
		[HANDOVER_LATER] = "later",
	};
	char text[HANDOVER_WORD_SIZE];

	if (!take_text(o, "disposal", false, text, sizeof(text)))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*out = (enum handover_disposal)i;
		return true;
	}
	return false;
}

static int
full_or_memory(enum buffer_result result, struct error *e)
{
	return result == BUFFER_FULL
		? error_set(e, ERROR_LIMIT, "what the daemon says is too large")
		: error_memory(e);
}

/* All of it, or out is as before. */
static int
append_file(int fd, struct buffer *out, struct error *e)
{
	struct buffer all = { .limit = HANDOVER_FETCH_MAX };
	enum buffer_result result = BUFFER_OK;
	char piece[16384];
	ssize_t n;

	while (result == BUFFER_OK &&
		(n = read_file(
			 fd, (off_t)all.length, piece, sizeof(piece), e)) > 0)
		result = buffer_append(&all, piece, (size_t)n);
	if (result == BUFFER_OK && n == 0)
		result = buffer_append(out, all.data, all.length);
	buffer_clear(&all);
	if (result != BUFFER_OK)
		return full_or_memory(result, e);
	return n == 0 ? 0 : -1;
}

static bool
take_answer(const json_t *o, struct handover_answer *a)
{
	return take_disposal(o, &a->disposal) &&
		take_text(
			o, "verdict", false, a->verdict, sizeof(a->verdict)) &&
		take_text(o, "reason", true, a->reason, sizeof(a->reason)) &&
		take_number(o, "sequence", &a->sequence) &&
		take_text(o, "principal", true, a->principal,
			sizeof(a->principal)) &&
		take_text(o, "receipt", true, a->receipt, sizeof(a->receipt));
}

/* Whatever it exits with: what is not genuine is answered too. */
static int
read_answer(struct call *c, struct handover_answer *a, struct error *e)
{
	struct buffer line = { .limit = ANSWER_MAX };
	json_t *o = NULL;
	int rc = append_file(c->files.out, &line, e);

	if (rc == 0 && line.length == 0) {
		rc = say_why(c, e);
	} else if (rc == 0) {
		o = load((const char *)line.data, line.length);
		rc = o != NULL && take_answer(o, a) ? 0 : senseless(e);
	}
	json_decref(o);
	buffer_clear(&line);
	return rc;
}

int
handover_submit(struct client *client, const struct handover_message *m,
	struct handover_answer *answer_r, struct error *e)
{
	struct call c;
	int rc = -1;

	memset(answer_r, 0, sizeof(*answer_r));
	if (begin_call(&c, "submit", e) == -1)
		return -1;
	add_word(&c, "-");
	add_option(&c, "--center", m->center);
	add_option(&c, "--trace", m->trace);
	add_option(&c, "--principal", m->principal);
	add_option(&c, "--how", m->how);
	add_option(&c, "--client", m->client);
	if (attach(&c, m->octets, m->length, e) == 0 && ask(client, &c, e) == 0)
		rc = read_answer(&c, answer_r, e);
	end_call(&c);
	return rc;
}

static bool
take_pending(const json_t *o, struct handover_pending *p)
{
	p->sealed = json_is_true(json_object_get(o, "sealed"));
	return take_text(o, "email_id", false, p->email_id,
		       sizeof(p->email_id)) &&
		take_text(o, "serial", false, p->serial, sizeof(p->serial)) &&
		take_text(o, "center", false, p->center, sizeof(p->center)) &&
		take_text(o, "cursor", false, p->cursor, sizeof(p->cursor)) &&
		take_time(o, "issued", &p->issued) &&
		take_time(o, "expires", &p->expires) &&
		take_number(o, "octets", &p->octets);
}

/* The line at *from, which moves behind it. 1: p is what it says; 0: there is
 * none any more. */
static int
next_pending(int fd, off_t *from, struct handover_pending *p, struct error *e)
{
	char line[LINE_MAX_OCTETS];
	ssize_t length = read_file(fd, *from, line, sizeof(line), e);
	const char *newline;
	json_t *o;
	bool good;

	if (length <= 0)
		return (int)length;
	newline = memchr(line, '\n', (size_t)length);
	if (newline == NULL)
		return senseless(e);
	*from += newline + 1 - line;
	o = load(line, (size_t)(newline - line));
	good = o != NULL && take_pending(o, p);
	json_decref(o);
	return good ? 1 : senseless(e);
}

static int
walk_pending(int fd, int (*each)(const struct handover_pending *p, void *arg),
	void *arg, struct error *e)
{
	struct handover_pending p;
	off_t from = 0;
	int rc;

	for (int i = 0; i < LINES; i++) {
		rc = next_pending(fd, &from, &p, e);
		if (rc != 1)
			return rc;
		rc = each(&p, arg);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
handover_pending(struct client *client, const char *center,
	const char *principal, const char *after,
	int (*each)(const struct handover_pending *p, void *arg), void *arg,
	struct error *e)
{
	struct call c;
	int rc = -1;

	if (begin_call(&c, "pending", e) == -1)
		return -1;
	add_option(&c, "--center", center);
	add_option(&c, "--principal", principal);
	add_option(&c, "--after", after);
	if (ask(client, &c, e) == 0)
		rc = c.code == EXIT_DONE
			? walk_pending(c.files.out, each, arg, e)
			: say_why(&c, e);
	end_call(&c);
	return rc;
}

/* Refused is, for an Email-ID, one that nothing waits under. */
static int
end_fetch(struct call *c, struct buffer *out, struct error *e)
{
	if (c->code == EXIT_DONE)
		return append_file(c->files.out, out, e);
	say_why(c, e);
	if (c->code == EXIT_REFUSED)
		e->code = ERROR_NOT_FOUND;
	return -1;
}

int
handover_fetch(struct client *client, const char *email_id, struct buffer *out,
	struct error *e)
{
	struct call c;
	int rc = -1;

	if (begin_call(&c, "fetch", e) == -1)
		return -1;
	add_word(&c, email_id);
	if (ask(client, &c, e) == 0)
		rc = end_fetch(&c, out, e);
	end_call(&c);
	return rc;
}

int
handover_delivered(struct client *client, const char *email_id, struct error *e)
{
	struct call c;
	int rc = -1;

	if (begin_call(&c, "delivered", e) == -1)
		return -1;
	add_word(&c, email_id);
	if (ask(client, &c, e) == 0)
		rc = c.code == EXIT_DONE ? 0 : say_why(&c, e);
	end_call(&c);
	return rc;
}
