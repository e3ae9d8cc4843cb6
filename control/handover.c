/*
 * The verbs of a channel: what is asked, and what is read out of the answer.
 */
#include "control/handover.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "control/handover_call.h"

enum {
	LINE_MAX_OCTETS =
		8192,         /* a receipt with every octet escaped has room */
	ANSWER_MAX = 3 << 20, /* ten thousand reports have room */
	LINES = 1000,         /* at once, of what waits */
	NUMBER_SIZE = 24
};

static bool
take_disposal(const json_t *o, enum handover_disposal *out)
{
	static const char *const names[] = {
		[HANDOVER_TAKEN] = "taken",
		[HANDOVER_REFUSED] = "refused",
		[HANDOVER_LATER] = "later",
	};
	char text[HANDOVER_WORD_SIZE];

	if (!call_text(o, "disposal", false, text, sizeof(text)))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*out = (enum handover_disposal)i;
		return true;
	}
	return false;
}

static bool
take_answer(const json_t *o, struct handover_answer *a)
{
	a->kept = json_is_true(json_object_get(o, "kept"));
	return take_disposal(o, &a->disposal) &&
		call_text(
			o, "verdict", false, a->verdict, sizeof(a->verdict)) &&
		call_text(o, "reason", true, a->reason, sizeof(a->reason)) &&
		call_number(o, "sequence", &a->sequence) &&
		call_text(o, "principal", true, a->principal,
			sizeof(a->principal)) &&
		call_text(o, "receipt", true, a->receipt, sizeof(a->receipt));
}

static bool
take_report(const json_t *o, struct handover_report *r)
{
	return call_text(o, "verdict", false, r->verdict, sizeof(r->verdict)) &&
		call_text(o, "reason", true, r->reason, sizeof(r->reason)) &&
		call_text(o, "serial", true, r->serial, sizeof(r->serial)) &&
		call_number(o, "sequence", &r->sequence);
}

/* Where the last line begins: it is the message's. */
static size_t
find_last(const struct buffer *all)
{
	size_t at = all->length;

	if (all->data[at - 1] == '\n')
		at--;
	while (at > 0 && all->data[at - 1] != '\n')
		at--;
	return at;
}

static bool
take_last(const char *line, struct handover_answer *a)
{
	json_t *o = call_load(line, strcspn(line, "\n"));
	const bool good = o != NULL && take_answer(o, a);

	json_decref(o);
	return good;
}

static bool
take_report_line(
	const char *line, size_t length, const struct handover_message *m)
{
	json_t *o = call_load(line, length);
	struct handover_report r;
	const bool good = o != NULL && take_report(o, &r);

	json_decref(o);
	if (good)
		m->each(&r, m->arg);
	return good;
}

static bool
take_lines(const struct buffer *all, const struct handover_message *m,
	struct handover_answer *a)
{
	const char *line = (const char *)all->data;
	const char *last = line + find_last(all);
	size_t length;

	if (!take_last(last, a) || (line < last && m->each == NULL))
		return false;
	for (; line < last; line += length + 1) {
		length = strcspn(line, "\n");
		if (!take_report_line(line, length, m))
			return false;
	}
	return true;
}

/* Whatever it exits with: what is not genuine is answered too. */
static int
read_answer(struct call *c, const struct handover_message *m,
	struct handover_answer *a, struct error *e)
{
	struct buffer all = { .limit = ANSWER_MAX };
	int rc = call_whole(c->files.out, HANDOVER_FETCH_MAX, &all, e);

	if (rc == 0 && all.length == 0)
		rc = call_why(c, e);
	else if (rc == 0 && !take_lines(&all, m, a))
		rc = call_senseless(e);
	buffer_clear(&all);
	return rc;
}

int
handover_submit(struct client *client, const struct handover_message *m,
	struct handover_answer *answer_r, struct error *e)
{
	struct call c;
	int rc = -1;

	memset(answer_r, 0, sizeof(*answer_r));
	if (call_begin(&c, "submit", e) == -1)
		return -1;
	call_word(&c, "-");
	call_option(&c, "--center", m->center);
	call_option(&c, "--trace", m->trace);
	call_option(&c, "--principal", m->principal);
	call_option(&c, "--how", m->how);
	call_option(&c, "--client", m->client);
	if (m->each != NULL)
		call_word(&c, "--reports");
	call_option(&c, "--caller", m->caller);
	call_option(&c, "--station", m->station);
	if (call_attach(&c, m->octets, m->length, e) == 0 &&
		call_ask(client, &c, e) == 0)
		rc = read_answer(&c, m, answer_r, e);
	call_end(&c);
	return rc;
}

static bool
take_pending(const json_t *o, struct handover_pending *p)
{
	p->sealed = json_is_true(json_object_get(o, "sealed"));
	return call_text(o, "email_id", false, p->email_id,
		       sizeof(p->email_id)) &&
		call_text(o, "serial", false, p->serial, sizeof(p->serial)) &&
		call_text(o, "center", false, p->center, sizeof(p->center)) &&
		call_text(o, "cursor", false, p->cursor, sizeof(p->cursor)) &&
		call_time(o, "issued", &p->issued) &&
		call_time(o, "expires", &p->expires) &&
		call_number(o, "octets", &p->octets);
}

/* The line at *from, which moves behind it, as an object of the caller's. 1:
 * there is one; 0: there is none any more. */
static int
next_line(int fd, off_t *from, json_t **o_r, struct error *e)
{
	char line[LINE_MAX_OCTETS];
	ssize_t length = call_read(fd, *from, line, sizeof(line), e);
	const char *newline;

	if (length <= 0)
		return (int)length;
	newline = memchr(line, '\n', (size_t)length);
	if (newline == NULL)
		return call_senseless(e);
	*from += newline + 1 - line;
	*o_r = call_load(line, (size_t)(newline - line));
	return *o_r != NULL ? 1 : call_senseless(e);
}

static int
walk_pending(int fd, int (*each)(const struct handover_pending *p, void *arg),
	void *arg, struct error *e)
{
	struct handover_pending p;
	off_t from = 0;
	json_t *o;
	int rc;

	for (int i = 0; i < LINES; i++) {
		rc = next_line(fd, &from, &o, e);
		if (rc != 1)
			return rc;
		rc = take_pending(o, &p) ? each(&p, arg) : call_senseless(e);
		json_decref(o);
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

	if (call_begin(&c, "pending", e) == -1)
		return -1;
	call_option(&c, "--center", center);
	call_option(&c, "--principal", principal);
	call_option(&c, "--after", after);
	if (call_ask(client, &c, e) == 0)
		rc = c.code == EXIT_DONE
			? walk_pending(c.files.out, each, arg, e)
			: call_why(&c, e);
	call_end(&c);
	return rc;
}

/* Refused is, for an Email-ID, one that nothing waits under. */
static int
end_fetch(struct call *c, struct buffer *out, struct error *e)
{
	if (c->code == EXIT_DONE)
		return call_whole(c->files.out, HANDOVER_FETCH_MAX, out, e);
	call_why(c, e);
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

	if (call_begin(&c, "fetch", e) == -1)
		return -1;
	call_word(&c, email_id);
	if (call_ask(client, &c, e) == 0)
		rc = end_fetch(&c, out, e);
	call_end(&c);
	return rc;
}

int
handover_delivered(struct client *client, const char *email_id, struct error *e)
{
	struct call c;
	int rc = -1;

	if (call_begin(&c, "delivered", e) == -1)
		return -1;
	call_word(&c, email_id);
	if (call_ask(client, &c, e) == 0)
		rc = c.code == EXIT_DONE ? 0 : call_why(&c, e);
	call_end(&c);
	return rc;
}

static bool
take_identity(const json_t *o, struct handover_identity *id)
{
	id->registered = json_is_true(json_object_get(o, "registered"));
	id->enabled = json_is_true(json_object_get(o, "enabled"));
	id->of_center = json_is_true(json_object_get(o, "of_center"));
	id->of_channel = json_is_true(json_object_get(o, "of_channel"));
	return json_object_get(o, "printers") == NULL ||
		call_number(o, "printers", &id->printers);
}

/* One that is not known is answered too. */
static int
read_identity(struct call *c, struct handover_identity *id, struct error *e)
{
	off_t from = 0;
	json_t *o = NULL;
	int rc = next_line(c->files.out, &from, &o, e);

	if (rc == 0)
		rc = call_why(c, e);
	else if (rc == 1)
		rc = take_identity(o, id) ? 0 : call_senseless(e);
	json_decref(o);
	return rc;
}

int
handover_identify(struct client *client, const char *principal,
	const char *center, struct handover_identity *identity_r,
	struct error *e)
{
	struct call c;
	int rc = -1;

	memset(identity_r, 0, sizeof(*identity_r));
	if (call_begin(&c, "identify", e) == -1)
		return -1;
	call_word(&c, principal);
	call_option(&c, "--center", center);
	if (call_ask(client, &c, e) == 0)
		rc = read_identity(&c, identity_r, e);
	call_end(&c);
	return rc;
}

static int
walk_registry(int fd, int (*each)(const struct handover_agent *a, void *arg),
	void *arg, struct error *e)
{
	struct handover_agent a;
	off_t from = 0;
	json_t *o;
	int rc;

	while ((rc = next_line(fd, &from, &o, e)) == 1) {
		rc = call_text(o, "agent", false, a.id, sizeof(a.id)) &&
				call_text(o, "center", false, a.center,
					sizeof(a.center))
			? each(&a, arg)
			: call_senseless(e);
		json_decref(o);
		if (rc != 0)
			break;
	}
	return rc;
}

int
handover_registry(struct client *client,
	int (*each)(const struct handover_agent *agent, void *arg), void *arg,
	struct error *e)
{
	struct call c;
	int rc = -1;

	if (call_begin(&c, "agent", e) == -1)
		return -1;
	call_word(&c, "registry");
	if (call_ask(client, &c, e) == 0)
		rc = c.code == EXIT_DONE
			? walk_registry(c.files.out, each, arg, e)
			: call_why(&c, e);
	call_end(&c);
	return rc;
}

int
handover_heard(struct client *client, const char *agent, const char *address,
	struct error *e)
{
	struct call c;
	int rc = -1;

	if (call_begin(&c, "agent", e) == -1)
		return -1;
	call_word(&c, "heard");
	call_word(&c, agent);
	call_option(&c, "--address", address);
	if (call_ask(client, &c, e) == 0)
		rc = c.code == EXIT_DONE ? 0 : call_why(&c, e);
	call_end(&c);
	return rc;
}

int
handover_called(struct client *client, const struct handover_call *call,
	struct error *e)
{
	char seconds[NUMBER_SIZE], sent[NUMBER_SIZE], received[NUMBER_SIZE];
	struct call c;
	int rc = -1;

	(void)text_format(seconds, NUMBER_SIZE, "%" PRIu64, call->seconds);
	(void)text_format(sent, NUMBER_SIZE, "%" PRIu64, call->sent);
	(void)text_format(received, NUMBER_SIZE, "%" PRIu64, call->received);
	if (call_begin(&c, "called", e) == -1)
		return -1;
	call_word(&c, call->serial);
	call_option(&c, "--seconds", seconds);
	call_option(&c, "--sent", sent);
	call_option(&c, "--received", received);
	if (call_ask(client, &c, e) == 0)
		rc = c.code == EXIT_DONE ? 0 : call_why(&c, e);
	call_end(&c);
	return rc;
}

int
handover_stats(struct client *client, struct buffer *out, struct error *e)
{
	struct call c;
	int rc = -1;

	if (call_begin(&c, "stats", e) == -1)
		return -1;
	call_word(&c, "--prometheus");
	if (call_ask(client, &c, e) == 0)
		rc = c.code == EXIT_DONE
			? call_whole(c.files.out, ANSWER_MAX, out, e)
			: call_why(&c, e);
	call_end(&c);
	return rc;
}
