/*
 * What is sent is octet for octet what the receipt is compared with: the
 * message is made, sent, and kept until its answer is read.
 */
#include "agent/contact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "parser/bundle.h"
#include "parser/claims.h"
#include "parser/compose.h"
#include "parser/principal.h"
#include "parser/receipt.h"
#include "parser/seal.h"
#include "parser/spelling.h"

enum {
	AROUND = 16 << 10, /* octets of a message besides its reports */
	LEAST = 4 << 10,   /* octets of a bundle, or one report that has more */
	RETRY_MAX = 24 * 3600 /* seconds that it may put us off */
};

const char *
contact_state_name(enum contact_state state)
{
	static const char *const names[] = { "none", "confirmed", "unreachable",
		"untrusted", "refused", "mismatch", "later", "broken",
		"unreceipted", "trouble" };

	return names[state];
}

/* --- its life --- */

static struct https_options
options_of(const struct dca_configuration *c)
{
	return (struct https_options){ .url = c->url,
		.allow_http = c->allow_http != 0,
		.ca_file = c->ca_file,
		.certificate = c->certificate,
		.certificate_key = c->certificate_key,
		.user = c->password != NULL ? c->id : NULL,
		.password = c->password,
		.proxy = c->proxy,
		.proxy_user = c->proxy_user,
		.proxy_password = c->proxy_password,
		.timeout = c->timeout };
}

static size_t
most_octets(const struct dca_configuration *c)
{
	return (size_t)c->max_message_size - AROUND;
}

int
contact_open(struct contact *c, const struct dca_configuration *configuration,
	const struct device_key *key, struct backlog *backlog,
	struct dating *dating, struct error *e)
{
	struct https_options options = options_of(configuration);
	char id[SPELLED_SIZE];

	memset(c, 0, sizeof(*c));
	c->configuration = configuration;
	c->key = key;
	c->backlog = backlog;
	c->dating = dating;
	c->octets = most_octets(configuration);
	c->lines = BACKLOG_LINES_MAX;
	c->retry_after = -1;
	if (!spelling_make(configuration->id, id) ||
		!text_format(c->path, sizeof(c->path), "/csrc/agent/%s", id))
		return error_set(e, ERROR_BAD, "id: no path can have it");
	if (configuration->certificate_key[0] != '\0' &&
		secret_check(configuration->certificate_key, e) == -1)
		return error_prefix(e, "certificate_key");
	return https_open(&options, &c->https, e);
}

void
contact_close(struct contact *c)
{
	https_close(&c->https);
}

/* --- answers --- */

enum contact_state
contact_failure(const struct error *e)
{
	switch (e->code) {
	case ERROR_DENIED:
		return CONTACT_UNTRUSTED;
	case ERROR_LIMIT:
	case ERROR_BAD:
		return CONTACT_BROKEN;
	default:
		return CONTACT_UNREACHABLE;
	}
}

static void
put_off(struct contact *c, const struct https_reply *reply)
{
	c->retry_after =
		reply->retry_after > RETRY_MAX ? RETRY_MAX : reply->retry_after;
}

enum contact_state
contact_status(struct contact *c, const struct https_reply *reply,
	const char *what, struct error *e)
{
	put_off(c, reply);
	if (reply->status == 200 || reply->status == 204)
		return CONTACT_CONFIRMED;
	error_set(e, ERROR_DENIED, "%s: the center says %ld", what,
		reply->status);
	if (reply->status == 401 || reply->status == 403)
		return CONTACT_REFUSED;
	if (reply->status == 408 || reply->status == 413 ||
		reply->status == 429 || reply->status >= 500)
		return CONTACT_LATER;
	return CONTACT_BROKEN;
}

/* --- who are we? --- */

static enum contact_state
check_greeting(struct contact *c, const struct buffer *answer, struct error *e)
{
	const struct dca_configuration *o = c->configuration;

	if (greeting_read(answer->data, answer->length, &c->greeting, e) == -1)
		return CONTACT_BROKEN;
	if (strcmp(c->greeting.agent, o->id) != 0 ||
		strcmp(c->greeting.center, o->center) != 0) {
		error_set(e, ERROR_DENIED,
			"it takes us for agent %s of center %s, and we are %s "
			"of %s: nothing is sent",
			c->greeting.agent, c->greeting.center, o->id,
			o->center);
		return CONTACT_MISMATCH;
	}
	dating_hear(c->dating, c->greeting.time);
	return CONTACT_CONFIRMED;
}

enum contact_state
contact_greet(struct contact *c, struct error *e)
{
	struct buffer answer = { 0 };
	struct https_reply reply;
	enum contact_state state;

	if (https_get(c->https, c->path, GREETING_MAX, &answer, &reply, e) ==
		-1)
		state = contact_failure(e);
	else
		state = contact_status(c, &reply, c->path, e);
	if (state == CONTACT_CONFIRMED)
		state = check_greeting(c, &answer, e);
	buffer_clear(&answer);
	return state;
}

/* --- a message --- */

static time_t
date_of(struct contact *c)
{
	return dating_of(c->dating, dating_look(c->dating));
}

int
contact_entity(struct contact *c, const struct claims *claims,
	struct buffer *entity, struct error *e)
{
	if (compose_claims(entity, claims, e) == -1 ||
		compose_date(entity, date_of(c), e) == -1 ||
		compose_field(entity, "MIME-Version", "1.0", e) == -1 ||
		compose_field(entity, "Content-Type", BUNDLE_TYPE, e) == -1 ||
		compose_field(entity, "Content-Transfer-Encoding", "8bit", e) ==
			-1)
		return -1;
	return buffer_text(entity, "\r\n") == BUFFER_OK ? 0 : error_memory(e);
}

/* The sealed part as octets, where mail would need base64. */
static int
put_fields(const struct claims *claims, time_t now, struct buffer *message,
	struct error *e)
{
	if (compose_date(message, now, e) == -1 ||
		compose_claims(message, claims, e) == -1)
		return -1;
	for (size_t i = 0; i < COMPOSE_SMIME_FIELDS; i++) {
		const struct compose_smime *f = &compose_smime[i];
		bool encoding =
			strcmp(f->name, "Content-Transfer-Encoding") == 0;

		if (compose_field(message, f->name,
			    encoding ? "binary" : f->value, e) == -1)
			return -1;
	}
	return buffer_text(message, "\r\n") == BUFFER_OK ? 0 : error_memory(e);
}

static int
make_message(struct contact *c, const struct claims *claims,
	const struct buffer *entity, struct buffer *message, struct error *e)
{
	const struct device_key *key = c->key;

	if (put_fields(claims, date_of(c), message, e) == -1)
		return -1;
	return seal_make(entity->data, entity->length, key->key, key->length,
		key->id, key->id_length, message, e);
}

/* --- its answer --- */

/* The center's word that it has just these octets from us. */
static int
check_receipt(const struct contact *c, const char *text,
	const struct buffer *message, struct error *e)
{
	const struct crypto_span span = { message->data, message->length };
	unsigned char digest[SHA256_SIZE];
	char own[PRINCIPAL_SIZE];
	struct receipt r;

	if (text[0] == '\0')
		return error_set(e, ERROR_DENIED, "there is no receipt");
	if (receipt_check(text, strlen(text), c->key->key, c->key->length, &r,
		    e) == -1 ||
		crypto_sha256(&span, 1, digest, e) == -1)
		return -1;
	if (!principal_spell(PRINCIPAL_AGENT, c->configuration->id, own) ||
		!principal_same(r.principal, own))
		return error_set(e, ERROR_DENIED, "the receipt is another's");
	if (memcmp(r.digest, digest, sizeof(digest)) != 0)
		return error_set(
			e, ERROR_DENIED, "the receipt is for other octets");
	return 0;
}

static enum contact_state
read_answer(const struct contact *c, const struct buffer *answer,
	const struct buffer *message, size_t count, struct verdicts *v,
	struct error *e)
{
	if (verdicts_read(answer->data, answer->length, count, v, e) == -1) {
		error_prefix(e, "the answer to reports");
		return CONTACT_BROKEN;
	}
	if (check_receipt(c, v->receipt, message, e) == 0)
		return CONTACT_CONFIRMED;
	if (e->code == ERROR_TROUBLE)
		return CONTACT_TROUBLE;
	error_prefix(e, "nothing is forgotten, the center said %s (%s)",
		v->verdict, v->reason);
	return CONTACT_UNRECEIPTED;
}

static enum contact_state
send_message(struct contact *c, const struct buffer *message, size_t count,
	struct verdicts *v, struct error *e)
{
	struct buffer answer = { 0 };
	struct https_reply reply;
	enum contact_state state;
	char path[80];

	text_format(path, sizeof(path), "%s/reports", c->path);
	if (https_post(c->https, path, "message/rfc822", message, VERDICTS_MAX,
		    &answer, &reply, e) == -1)
		state = contact_failure(e);
	else if (reply.status == 200 || reply.status == 422)
		state = read_answer(c, &answer, message, count, v, e);
	else
		state = contact_status(c, &reply, path, e);
	if (state != CONTACT_CONFIRMED && reply.status == 413)
		v->answered = 0;
	buffer_clear(&answer);
	return state;
}

enum contact_state
contact_post(struct contact *c, const struct claims *claims,
	const struct buffer *entity, size_t count, struct verdicts *v,
	struct error *e)
{
	struct buffer message = { 0 };
	enum contact_state state;

	memset(v, 0, sizeof(*v));
	state = make_message(c, claims, entity, &message, e) == -1
		? CONTACT_TROUBLE
		: send_message(c, &message, count, v, e);
	buffer_clear(&message);
	return state;
}

/* --- the queue --- */

static void
tell_refused(const struct verdicts *v)
{
	if (v->kept + v->refused == 0)
		return;
	log_warn("the center did not take all: %zu kept there, %zu refused and "
		 "put aside; the first is report %zu of %s: %s (%s)",
		v->kept, v->refused, v->first.report,
		v->first.serial[0] != '\0' ? v->first.serial : "nobody",
		v->first.verdict, v->first.reason);
}

/* Only some of the lines were answered for. */
static void
cut_slice(
	struct backlog_slice *slice, const struct buffer *entity, size_t lines)
{
	const unsigned char *end = entity->data + entity->length;
	const unsigned char *start = end - (slice->to - slice->from),
			    *at = start;

	for (slice->lines = 0; slice->lines < lines && at < end; slice->lines++)
		at = (const unsigned char *)memchr(
			     at, '\n', (size_t)(end - at)) +
			1;
	slice->to = slice->from + (at - start);
}

static enum contact_state
settle(struct contact *c, struct backlog_slice *slice,
	const struct buffer *entity, const struct verdicts *v, struct error *e)
{
	if (v->answered == 0 && v->too_large) {
		c->lines = (slice->lines + 1) / 2;
		return CONTACT_CONFIRMED;
	}
	if (v->answered == 0) {
		error_set(e, ERROR_BAD, "the center answered for no report");
		return CONTACT_BROKEN;
	}
	if (v->answered < slice->lines) {
		c->lines = v->answered;
		cut_slice(slice, entity, v->answered);
	} else if (v->too_large) {
		c->lines = BACKLOG_LINES_MAX; /* it was not their number */
	}
	tell_refused(v);
	if (backlog_answered(c->backlog, slice, v->reports, e) == -1)
		return CONTACT_TROUBLE;
	c->genuine += v->genuine;
	c->duplicate += v->duplicate;
	c->kept += v->kept;
	c->refused += v->refused;
	c->bundles++;
	log_info("bundle of %zu reports: %zu genuine, %zu duplicate, %zu kept, "
		 "%zu refused, in %lld ms",
		slice->lines, v->genuine, v->duplicate, v->kept, v->refused,
		(long long)(clock_milliseconds() - c->began));
	return CONTACT_CONFIRMED;
}

/* How much goes at once, from how it went: a line that is often cut gets
 * through with less. */
static void
adapt(struct contact *c, enum contact_state state)
{
	size_t most = most_octets(c->configuration);

	if (c->greeting.octets > 0 &&
		(uint64_t)c->greeting.octets < most + AROUND)
		most = c->greeting.octets > LEAST + AROUND
			? (size_t)c->greeting.octets - AROUND
			: LEAST;
	if (state == CONTACT_UNREACHABLE || state == CONTACT_LATER)
		c->octets /= 2;
	else if (state == CONTACT_CONFIRMED)
		c->octets *= 2;
	if (c->octets < LEAST)
		c->octets = LEAST;
	if (c->octets > most)
		c->octets = most;
}

/* As much as may go at once, but one report at least. */
static int
take_slice(struct contact *c, struct buffer *entity,
	struct backlog_slice *slice_r, struct error *e)
{
	const size_t start = entity->length;

	if (backlog_take(c->backlog, c->octets, c->lines, entity, slice_r, e) ==
		0)
		return 0;
	if (e->code != ERROR_LIMIT)
		return -1;
	entity->length = start;
	return backlog_take(
		c->backlog, BACKLOG_LINE_MAX + LEAST, 1, entity, slice_r, e);
}

/* CONTACT_NONE: there is nothing. */
static enum contact_state
send_bundle(struct contact *c, struct verdicts *v, struct error *e)
{
	struct claims claims = { 0 };
	struct buffer entity = { 0 };
	struct backlog_slice slice;
	enum contact_state state = CONTACT_NONE;

	claims_take_center(&claims, c->configuration->center,
		strlen(c->configuration->center));
	adapt(c, CONTACT_NONE);
	c->began = clock_milliseconds();
	if (contact_entity(c, &claims, &entity, e) == -1 ||
		take_slice(c, &entity, &slice, e) == -1) {
		state = CONTACT_TROUBLE;
	} else if (slice.lines > 0) {
		state = contact_post(c, &claims, &entity, slice.lines, v, e);
		if (state == CONTACT_CONFIRMED)
			state = settle(c, &slice, &entity, v, e);
		adapt(c, state);
	}
	buffer_clear(&entity);
	return state;
}

enum contact_state
contact_send(struct contact *c, struct error *e)
{
	struct verdicts *v = malloc(sizeof(*v));
	enum contact_state state = CONTACT_CONFIRMED;

	if (v == NULL) {
		error_memory(e);
		return CONTACT_TROUBLE;
	}
	while (state == CONTACT_CONFIRMED) {
		if (c->enough != NULL && c->enough(c->enough_arg))
			break;
		state = send_bundle(c, v, e);
		if (state == CONTACT_CONFIRMED && c->progress != NULL)
			c->progress(c->progress_arg, c);
	}
	free(v);
	return state == CONTACT_NONE ? CONTACT_CONFIRMED : state;
}
