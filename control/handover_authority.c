/*
 * The verbs of the authority. An answer is JSON, a line a thing, with DER in
 * base64; a refusal is a line, too, which says of what kind it is.
 */
#include "control/handover_authority.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "control/handover_call.h"
#include "parser/base64.h"

enum {
	ANSWER_MAX = 16 * 1024 * 1024, /* octets */
	REVOKED_AT_ONCE = 1000         /* lines of an answer */
};

/* A call, and its answer's lines. */
struct question {
	struct call call;
	struct buffer answer;
	size_t at; /* the next line */
};

static int
begin(struct question *q, const char *verb, struct error *e)
{
	memset(q, 0, sizeof(*q));
	if (call_begin(&q->call, "authority", e) == -1)
		return -1;
	call_word(&q->call, verb);
	return 0;
}

/* A licence's code may have been in it. */
static int
end(struct question *q, int rc)
{
	buffer_clear(&q->answer);
	call_end(&q->call);
	return rc;
}

/* The next line; NULL, and *end_r: there is none any more. */
static json_t *
next(struct question *q, bool *end_r)
{
	const char *line = (const char *)q->answer.data + q->at, *newline;
	const size_t left = q->answer.length - q->at;

	*end_r = left == 0;
	newline = left > 0 ? memchr(line, '\n', left) : NULL;
	if (newline == NULL)
		return NULL;
	q->at += (size_t)(newline + 1 - line);
	return call_load(line, (size_t)(newline - line));
}

/* Of what kind is it? What has no such line, or none that we know, is what its
 * exit code says. */
static int
refused(struct question *q, struct error *e)
{
	static const struct {
		const char *word;
		enum error_code code;
	} kinds[] = {
		{ "not-found", ERROR_NOT_FOUND },
		{ "exists", ERROR_EXISTS },
		{ "denied", ERROR_DENIED },
		{ "limit", ERROR_LIMIT },
		{ "bad", ERROR_BAD },
	};
	char word[AUTHORITY_WORD_SIZE];
	bool over;
	json_t *o = next(q, &over);

	(void)call_why(&q->call, e);
	if (q->call.code == EXIT_REFUSED && o != NULL &&
		call_text(o, "refused", false, word, sizeof(word)))
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (strcmp(kinds[i].word, word) == 0)
				e->code = kinds[i].code;
	json_decref(o);
	return -1;
}

static int
ask(struct question *q, struct client *client, struct error *e)
{
	if (call_ask(client, &q->call, e) == -1)
		return -1;
	if (call_whole(q->call.files.out, ANSWER_MAX, &q->answer, e) == -1)
		return e->code == ERROR_LIMIT ? call_senseless(e) : -1;
	return q->call.code == EXIT_DONE ? 0 : refused(q, e);
}

/* The only line of an answer, which the caller frees; NULL: -1, and e. */
static json_t *
only(struct question *q, struct client *client, struct error *e)
{
	json_t *o;
	bool over;

	if (ask(q, client, e) == -1)
		return NULL;
	o = next(q, &over);
	if (o != NULL && q->at == q->answer.length)
		return o;
	json_decref(o);
	call_senseless(e);
	return NULL;
}

/* Base64, of at most limit octets, behind what out holds. */
static bool
take_octets(const json_t *o, const char *name, size_t limit, struct buffer *out)
{
	const json_t *value = json_object_get(o, name);
	const size_t length = json_string_length(value);
	unsigned char *octets;
	long count = -1;

	if (!json_is_string(value) || length == 0 ||
		length > base64_size(limit))
		return false;
	octets = malloc(length);
	if (octets != NULL)
		count = base64_decode(json_string_value(value), length, octets);
	if (count > 0 && (size_t)count <= limit &&
		buffer_append(out, octets, (size_t)count) != BUFFER_OK)
		count = -1;
	free(octets);
	return count > 0;
}

/* Verbs that answer nothing but that it is done. */
static int
ask_done(struct question *q, struct client *client, struct error *e)
{
	return end(q, ask(q, client, e));
}

static bool
take_licence(const json_t *o, struct authority_licence *l)
{
	return call_text(o, "licence", false, l->licence, sizeof(l->licence)) &&
		call_text(o, "principal", false, l->principal,
			sizeof(l->principal)) &&
		call_text(o, "code", false, l->code, sizeof(l->code)) &&
		call_number(o, "resets", &l->resets) &&
		call_text(o, "url", true, l->url, sizeof(l->url));
}

int
authority_begin(struct client *client, struct error *e)
{
	struct question q;

	if (begin(&q, "begin", e) == -1)
		return -1;
	return ask_done(&q, client, e);
}

int
authority_reserve(struct client *client, const char *licence,
	const char *transaction, struct authority_licence *licence_r,
	struct error *e)
{
	struct question q;
	json_t *o;
	int rc = -1;

	memset(licence_r, 0, sizeof(*licence_r));
	if (begin(&q, "reserve", e) == -1)
		return -1;
	call_word(&q.call, licence);
	call_word(&q.call, transaction);
	o = only(&q, client, e);
	if (o != NULL)
		rc = take_licence(o, licence_r) ? 0 : call_senseless(e);
	json_decref(o);
	return end(&q, rc);
}

int
authority_release(struct client *client, const char *licence,
	const char *transaction, struct error *e)
{
	struct question q;

	if (begin(&q, "release", e) == -1)
		return -1;
	call_word(&q.call, licence);
	call_word(&q.call, transaction);
	return ask_done(&q, client, e);
}

struct made {
	const void *octets;
	size_t length;
};

/* What record and renew have in common: the file, and the answer. */
static int
ask_issued(struct question *q, struct client *client, const struct made *der,
	struct buffer *der_r, char number_r[AUTHORITY_NUMBER_SIZE],
	bool *again_r, struct error *e)
{
	json_t *o = NULL;
	int rc = -1;

	call_word(&q->call, "-");
	number_r[0] = '\0';
	if (call_attach(&q->call, der->octets, der->length, e) == 0)
		o = only(q, client, e);
	if (o == NULL)
		return end(q, -1);
	*again_r = json_is_true(json_object_get(o, "again"));
	rc = call_text(o, "number", false, number_r, AUTHORITY_NUMBER_SIZE) &&
			take_octets(o, "certificate", AUTHORITY_CERTIFICATE_MAX,
				der_r)
		? 0
		: call_senseless(e);
	json_decref(o);
	return end(q, rc);
}

int
authority_record(struct client *client, const char *licence,
	const char *transaction, const void *der, size_t length,
	struct buffer *der_r, char number_r[AUTHORITY_NUMBER_SIZE],
	bool *again_r, struct error *e)
{
	const struct made made = { der, length };
	struct question q;

	if (begin(&q, "record", e) == -1)
		return -1;
	call_word(&q.call, licence);
	call_word(&q.call, transaction);
	return ask_issued(&q, client, &made, der_r, number_r, again_r, e);
}

int
authority_renew(struct client *client, const char *number, const void *der,
	size_t length, struct buffer *der_r,
	char number_r[AUTHORITY_NUMBER_SIZE], bool *again_r, struct error *e)
{
	const struct made made = { der, length };
	struct question q;

	if (begin(&q, "renew", e) == -1)
		return -1;
	call_word(&q.call, number);
	return ask_issued(&q, client, &made, der_r, number_r, again_r, e);
}

/* Of one thing, with one option; NULL: none. */
static int
tell(struct client *client, const char *verb, const char *name,
	const char *option, const char *value, struct error *e)
{
	struct question q;

	if (begin(&q, verb, e) == -1)
		return -1;
	call_option(&q.call, option, value);
	call_word(&q.call, name);
	return ask_done(&q, client, e);
}

int
authority_confirm(struct client *client, const char *number, struct error *e)
{
	return tell(client, "confirm", number, NULL, NULL, e);
}

int
authority_revoke(struct client *client, const char *number, const char *reason,
	struct error *e)
{
	return tell(client, "revoke", number, "--reason", reason, e);
}

int
authority_mailed(struct client *client, const char *number, struct error *e)
{
	return tell(client, "mailed", number, NULL, NULL, e);
}

int
authority_unsigned(struct client *client, const char *licence, const char *why,
	struct error *e)
{
	return tell(client, "unsigned", licence, "--why", why, e);
}

static bool
take_certificate(const json_t *o, struct authority_certificate *c)
{
	return call_text(o, "number", false, c->number, sizeof(c->number)) &&
		call_text(o, "principal", false, c->principal,
			sizeof(c->principal)) &&
		call_text(
			o, "licence", false, c->licence, sizeof(c->licence)) &&
		call_text(o, "state", false, c->state, sizeof(c->state)) &&
		call_text(o, "url", true, c->url, sizeof(c->url)) &&
		take_octets(
			o, "certificate", AUTHORITY_CERTIFICATE_MAX, &c->der);
}

int
authority_certificate(struct client *client, const char *number,
	struct authority_certificate *certificate_r, struct error *e)
{
	struct question q;
	json_t *o;
	int rc = -1;

	memset(certificate_r, 0, sizeof(*certificate_r));
	if (begin(&q, "certificate", e) == -1)
		return -1;
	call_word(&q.call, number);
	o = only(&q, client, e);
	if (o != NULL)
		rc = take_certificate(o, certificate_r) ? 0 : call_senseless(e);
	json_decref(o);
	return end(&q, rc);
}

int
authority_first_key(struct client *client, const char *number, const void *der,
	size_t length, struct buffer *cms_r, struct error *e)
{
	struct question q;
	json_t *o = NULL;
	int rc = -1;

	if (begin(&q, "first-key", e) == -1)
		return -1;
	call_word(&q.call, number);
	call_word(&q.call, "-");
	if (call_attach(&q.call, der, length, e) == 0)
		o = only(&q, client, e);
	if (o != NULL)
		rc = take_octets(o, "key", AUTHORITY_CMS_MAX, cms_r)
			? 0
			: call_senseless(e);
	json_decref(o);
	return end(&q, rc);
}

struct due {
	const struct authority_due_calls *calls;
	void *arg;
	struct error *e;
};

static int
take_crl(const json_t *o, const struct due *d)
{
	uint64_t revision;

	if (!call_number(o, "revision", &revision))
		return call_senseless(d->e);
	return d->calls->crl != NULL ? d->calls->crl(revision, d->arg, d->e)
				     : 0;
}

static int
take_mail(const json_t *o, const struct due *d)
{
	struct authority_mail m = { .number = "" };
	int rc;

	if (!call_text(o, "number", false, m.number, sizeof(m.number)) ||
		!call_text(o, "server", false, m.server, sizeof(m.server)) ||
		!call_text(o, "url", false, m.url, sizeof(m.url)) ||
		!call_text(o, "address", false, m.address, sizeof(m.address)) ||
		!take_octets(o, "certificate", AUTHORITY_CERTIFICATE_MAX,
			&m.certificate))
		rc = call_senseless(d->e);
	else
		rc = d->calls->mail != NULL ? d->calls->mail(&m, d->arg, d->e)
					    : 0;
	buffer_clear(&m.certificate);
	return rc;
}

static int
take_sign(const json_t *o, const struct due *d)
{
	struct authority_sign s = { .licence = "" };
	int rc;

	if (!call_text(o, "licence", false, s.licence, sizeof(s.licence)) ||
		!call_text(o, "principal", false, s.principal,
			sizeof(s.principal)) ||
		!call_text(o, "transaction", false, s.transaction,
			sizeof(s.transaction)) ||
		!take_octets(o, "request", AUTHORITY_REQUEST_MAX, &s.request))
		rc = call_senseless(d->e);
	else
		rc = d->calls->sign != NULL ? d->calls->sign(&s, d->arg, d->e)
					    : 0;
	buffer_clear(&s.request);
	return rc;
}

static int
take_due(const json_t *o, const struct due *d)
{
	static const struct {
		const char *word;
		int (*take)(const json_t *o, const struct due *d);
	} kinds[] = {
		{ "crl", take_crl },
		{ "mail", take_mail },
		{ "sign", take_sign },
	};
	char word[AUTHORITY_WORD_SIZE];

	if (!call_text(o, "due", false, word, sizeof(word)))
		return call_senseless(d->e);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return kinds[i].take(o, d);
	return call_senseless(d->e);
}

static int
each_due(struct question *q, const struct due *d)
{
	json_t *o;
	bool over;
	int rc = 0;

	while (rc == 0 && (o = next(q, &over)) != NULL) {
		rc = take_due(o, d);
		json_decref(o);
	}
	return rc == 0 && !over ? call_senseless(d->e) : rc;
}

int
authority_due(struct client *client, const struct authority_due_calls *calls,
	void *arg, struct error *e)
{
	const struct due d = { calls, arg, e };
	struct question q;

	if (begin(&q, "due", e) == -1)
		return -1;
	return end(&q, ask(&q, client, e) == 0 ? each_due(&q, &d) : -1);
}

/* One answer's lines. after moves to the last; *count_r: how many. */
static int
each_revoked(struct question *q, char after[AUTHORITY_NUMBER_SIZE],
	int *count_r, int (*each)(const struct authority_revoked *r, void *arg),
	void *arg, struct error *e)
{
	struct authority_revoked r;
	json_t *o;
	bool over;
	int rc = 0;

	for (*count_r = 0; rc == 0 && (o = next(q, &over)) != NULL;
		(*count_r)++) {
		rc = call_text(
			     o, "number", false, r.number, sizeof(r.number)) &&
				strcmp(r.number, after) > 0 &&
				call_text(o, "reason", false, r.reason,
					sizeof(r.reason)) &&
				call_time(o, "revoked", &r.revoked)
			? each(&r, arg)
			: call_senseless(e);
		memcpy(after, r.number, AUTHORITY_NUMBER_SIZE);
		json_decref(o);
	}
	return rc == 0 && !over ? call_senseless(e) : rc;
}

int
authority_revoked(struct client *client, const char *after,
	int (*each)(const struct authority_revoked *r, void *arg), void *arg,
	struct error *e)
{
	char last[AUTHORITY_NUMBER_SIZE] = "";
	struct question q;
	int count, rc;

	if (after != NULL && !text_copy(last, sizeof(last), after))
		return error_set(e, ERROR_BAD, "no certificate's number");
	do {
		if (begin(&q, "revoked", e) == -1)
			return -1;
		if (last[0] != '\0')
			call_option(&q.call, "--after", last);
		rc = ask(&q, client, e);
		if (rc == 0)
			rc = each_revoked(&q, last, &count, each, arg, e);
		(void)end(&q, rc);
	} while (rc == 0 && count >= REVOKED_AT_ONCE);
	return rc;
}

int
authority_published(struct client *client, const struct authority_crl *crl,
	const void *der, size_t length, struct error *e)
{
	char revision[24], number[24];
	char from[TEXT_TIME_SIZE], until[TEXT_TIME_SIZE];
	struct question q;

	(void)text_format(revision, sizeof(revision), "%llu",
		(unsigned long long)crl->revision);
	(void)text_format(number, sizeof(number), "%llu",
		(unsigned long long)crl->number);
	text_time((time_t)crl->this_update, from);
	text_time((time_t)crl->next_update, until);
	if (begin(&q, "published", e) == -1)
		return -1;
	call_option(&q.call, "--revision", revision);
	call_option(&q.call, "--number", number);
	call_option(&q.call, "--this", from);
	call_option(&q.call, "--next", until);
	call_word(&q.call, "-");
	if (call_attach(&q.call, der, length, e) == -1)
		return end(&q, -1);
	return ask_done(&q, client, e);
}
