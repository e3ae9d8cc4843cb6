/*
 * Path, certificate, registry and the daemon must agree. Who is wrong in one of
 * them is told no more than that; the log has why.
 */
#include "receive/visit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "control/handover.h"
#include "receive/caller.h"
#include "receive/errand.h"
#include "receive/upload.h"

enum {
	STATUS_OK = 200,
	STATUS_EMPTY = 204,
	STATUS_DENIED = 403,
	STATUS_NOT_FOUND = 404,
	STATUS_METHOD = 405,
	STATUS_LENGTH = 411,
	STATUS_TOO_LARGE = 413,
	STATUS_TYPE = 415,
	STATUS_TROUBLE = 503,
	RETRY = 30,     /* seconds, after trouble of ours */
	REQUESTS = 1000 /* in one list */
};

/* One of them. */
struct visit {
	struct visit_desk *desk;
	const struct fcgi_request *request;
	struct fcgi_reply *reply;
	struct errand errand;
	struct caller caller;
	char center[CENTER_ID_SIZE];
	uint64_t printers;
};

static bool
say(struct visit *v, int status, const char *text)
{
	buffer_clear(&v->reply->body);
	v->reply->status = status;
	v->reply->type = "text/plain";
	v->reply->retry = status == STATUS_TROUBLE ? RETRY : 0;
	if (text[0] != '\0')
		buffer_format(&v->reply->body, "%s\n", text);
	return false;
}

/* Nobody hears in what. */
static bool
deny(struct visit *v, const char *why)
{
	log_warn("%s, from %s: denied: %s", v->errand.principal,
		v->caller.address, why);
	return say(v, STATUS_DENIED, "denied");
}

static bool
trouble(struct visit *v, const struct error *e)
{
	log_error("%s: %s", v->errand.principal, e->text);
	return say(v, STATUS_TROUBLE, "not now; try again later");
}

static bool
connect_daemon(struct visit *v)
{
	const struct receive_configuration *c = v->desk->configuration;
	struct error e;

	return v->desk->daemon != NULL ||
		client_open(c->socket, (int)c->timeout, &v->desk->daemon, &e) ==
		0 ||
		trouble(v, &e);
}

/* What the registry says may be old: the daemon is asked each time. */
static bool
identify(struct visit *v)
{
	struct handover_identity id;
	struct error e;

	if (!connect_daemon(v))
		return false;
	if (handover_identify(v->desk->daemon, v->errand.principal, v->center,
		    &id, &e) == -1)
		return trouble(v, &e);
	v->printers = id.printers;
	if (id.registered && id.enabled && id.of_center)
		return true;
	registry_changed(v->desk->registry);
	return deny(v,
		!id.registered          ? "it is not registered"
			: !id.of_center ? "it is of another center"
					: "it is disabled");
}

/* Two with one key would each hear only a half of what there is. */
static void
look_elsewhere(struct visit *v)
{
	struct roll_call call = { "", "" }, before;

	(void)text_copy(call.address, sizeof(call.address), v->caller.address);
	(void)text_copy(call.number, sizeof(call.number), v->caller.number);
	if (roll_called(v->desk->roll, v->errand.id, &call,
		    clock_milliseconds(), &before))
		log_warn("%s is in two places: it called from %s, "
			 "certificate %s, and just before from %s, "
			 "certificate %s",
			v->errand.principal, call.address, call.number,
			before.address, before.number);
}

static bool
know_caller(struct visit *v)
{
	const struct receive_configuration *c = v->desk->configuration;

	caller_read(v->request, (enum proof)c->proof, &v->caller);
	if (v->caller.why != NULL)
		return deny(v, v->caller.why);
	if (!principal_same(v->caller.principal, v->errand.principal))
		return deny(v, "what it has proved is somebody else");
	if (!roll_find(v->desk->roll, v->errand.id, v->center))
		return deny(v, "it is not in the registry");
	return true;
}

/* A media type without its parameters, in any case (RFC 9110, 8.3.1). */
static bool
is_message(const char *given)
{
	static const char type[] = "message/rfc822";
	char word[sizeof(type)] = "";

	if (given == NULL || strcspn(given, "; \t") != strlen(type))
		return false;
	memcpy(word, given, strlen(type));
	return text_equal_nocase(word, type);
}

/* Its length is the web server's word, and no more than a number. */
static bool
may_upload(struct visit *v)
{
	const char *length = fcgi_value(v->request, "CONTENT_LENGTH");
	const char *type = fcgi_value(v->request, "CONTENT_TYPE");

	if (!is_message(type))
		return say(v, STATUS_TYPE, "not of this media type");
	if (length == NULL || length[0] == '\0' ||
		strspn(length, "0123456789") != strlen(length))
		return say(v, STATUS_LENGTH, "how long is it?");
	if (strlen(length) > 18 ||
		atoll(length) > v->desk->configuration->max_message_size)
		return say(v, STATUS_TOO_LARGE, "it is too long");
	if (roll_enter(v->desk->roll, v->errand.id))
		return true;
	log_warn("%s, from %s: too many messages at once", v->errand.principal,
		v->caller.address);
	return say(v, STATUS_TROUBLE, "not so many at once");
}

static bool
give_json(struct visit *v, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);
	bool there = text != NULL &&
		buffer_format(&v->reply->body, "%s\n", text) == BUFFER_OK;
	struct error e;

	free(text);
	json_decref(o);
	if (!there) {
		error_memory(&e);
		return trouble(v, &e);
	}
	v->reply->status = STATUS_OK;
	return true;
}

static int
count_request(const struct handover_pending *p, void *arg)
{
	int *count = arg;

	(void)p;
	++*count;
	return 0;
}

/* It is told to the daemon once, by the call that comes before all others. */
static void
greet(struct visit *v)
{
	char now[TEXT_TIME_SIZE];
	struct error e;
	int requests = 0;

	if (handover_heard(v->desk->daemon, v->errand.id, v->caller.address,
		    &e) == -1 ||
		handover_pending(v->desk->daemon, NULL, v->errand.principal,
			NULL, count_request, &requests, &e) == -1) {
		trouble(v, &e);
		return;
	}
	text_time(time(NULL), now);
	v->reply->type = "application/json";
	give_json(v,
		json_pack("{s:s,s:s,s:s,s:I,s:i,s:I}", "agent", v->errand.id,
			"center", v->center, "time", now, "printers",
			(json_int_t)v->printers, "requests", requests, "octets",
			(json_int_t)v->desk->configuration->max_message_size));
}

static int
list_request(const struct handover_pending *p, void *arg)
{
	struct visit *v = arg;
	char expires[TEXT_TIME_SIZE];

	text_time((time_t)p->expires, expires);
	return give_json(v,
		       json_pack("{s:s,s:s,s:I,s:s}", "email_id", p->email_id,
			       "serial", p->serial, "octets",
			       (json_int_t)p->octets, "expires", expires))
		? 0
		: 1;
}

static void
list_requests(struct visit *v)
{
	struct error e;

	v->reply->status = STATUS_OK;
	v->reply->type = UPLOAD_TYPE;
	if (handover_pending(v->desk->daemon, NULL, v->errand.principal, NULL,
		    list_request, v, &e) == -1)
		trouble(v, &e);
}

/* Looking for one among those that wait for this agent. */
struct search {
	const char *email_id;
	char cursor[HANDOVER_CURSOR_SIZE]; /* behind the last one */
	int left;                          /* until the list ends */
};

static int
compare_request(const struct handover_pending *p, void *arg)
{
	struct search *s = arg;

	s->left--;
	memcpy(s->cursor, p->cursor, sizeof(s->cursor));
	return strcmp(p->email_id, s->email_id) == 0;
}

/* 1: it waits; 0: it does not, or not for this agent. */
static int
find_request(struct visit *v, struct error *e)
{
	struct search s = { .email_id = v->errand.email_id };
	int rc;

	do {
		s.left = REQUESTS;
		rc = handover_pending(v->desk->daemon, NULL,
			v->errand.principal,
			s.cursor[0] != '\0' ? s.cursor : NULL, compare_request,
			&s, e);
	} while (rc == 0 && s.left == 0);
	return rc;
}

static void
give_request(struct visit *v)
{
	struct error e;
	int rc = find_request(v, &e);

	if (rc == 1) {
		v->reply->status = STATUS_OK;
		v->reply->type = "message/rfc822";
		rc = handover_fetch(v->desk->daemon, v->errand.email_id,
			     &v->reply->body, &e) == 0
			? 1
			: e.code == ERROR_NOT_FOUND ? 0
						    : -1;
	}
	if (rc == 0)
		say(v, STATUS_NOT_FOUND, "nothing waits by that name");
	else if (rc == -1)
		trouble(v, &e);
}

/* One that waits no more was delivered before. */
static void
forget_request(struct visit *v)
{
	struct error e;
	int rc = find_request(v, &e);

	if (rc == 1)
		rc = handover_delivered(
			v->desk->daemon, v->errand.email_id, &e);
	if (rc == -1)
		trouble(v, &e);
	else
		say(v, STATUS_EMPTY, "");
}

/* answer NULL: it has a body, which is handed over. */
static const struct service {
	const char *method;
	void (*answer)(struct visit *v);
} services[ERRAND_KINDS] = {
	[ERRAND_AGENT] = { "GET", greet },
	[ERRAND_REPORTS] = { "POST", NULL },
	[ERRAND_REQUESTS] = { "GET", list_requests },
	[ERRAND_REQUEST] = { "GET", give_request },
	[ERRAND_DELIVERED] = { "POST", forget_request },
};

bool
visit_admit(struct visit_desk *desk, const struct fcgi_request *request,
	struct fcgi_reply *reply)
{
	const char *method = fcgi_value(request, "REQUEST_METHOD");
	struct visit v = { .desk = desk, .request = request, .reply = reply };

	if (!errand_read(fcgi_value(request, "REQUEST_URI"), &v.errand))
		return say(&v, STATUS_NOT_FOUND, "nothing is here");
	if (method == NULL ||
		strcmp(method, services[v.errand.kind].method) != 0)
		return say(&v, STATUS_METHOD, "not by this method");
	if (!know_caller(&v) || !identify(&v))
		return false;
	look_elsewhere(&v);
	if (v.errand.kind == ERRAND_REPORTS)
		return may_upload(&v);
	services[v.errand.kind].answer(&v);
	return false;
}

/* The same message has the same name each time that it comes. */
static int
name_message(const struct visit *v, char *out, size_t size, struct error *e)
{
	const struct crypto_span all = { v->request->body, v->request->length };
	unsigned char digest[SHA256_SIZE];
	char hex[16 + 1];

	if (crypto_sha256(&all, 1, digest, e) == -1)
		return -1;
	text_hex(digest, sizeof(hex) / 2, hex);
	(void)text_format(out, size, "%s/%s", v->errand.id, hex);
	return 0;
}

static int
hand_over(struct visit *v, const char *trace, struct upload *u, struct error *e)
{
	struct handover_message m = {
		.center = v->center,
		.trace = trace,
		.principal = v->errand.principal,
		.how = v->caller.how,
		.client =
			v->caller.address[0] != '\0' ? v->caller.address : NULL,
		.octets = v->request->body,
		.length = v->request->length,
	};

	return upload_hand_over(v->desk->daemon, &m, u, e);
}

/* An agent that was disabled meanwhile has done nothing wrong: whoever enables
 * it again gets what it has. */
static void
pass_on(struct visit *v, const char *trace, struct upload *u)
{
	log_info("%s: %d, of %zu reports %zu taken, %zu kept, %zu not, from %s",
		trace, u->status, u->reports, u->done, u->kept, u->lost,
		v->caller.address);
	if (u->lost > 0 && !identify(v))
		return;
	if (u->status == STATUS_TROUBLE) {
		say(v, STATUS_TROUBLE, "not now; try again later");
		return;
	}
	v->reply->status = u->status;
	v->reply->type = UPLOAD_TYPE;
	v->reply->body = u->text;
	u->text = (struct buffer){ 0 };
}

void
visit_answer(struct visit_desk *desk, const struct fcgi_request *request,
	struct fcgi_reply *reply)
{
	struct visit v = { .desk = desk, .request = request, .reply = reply };
	struct upload u = { 0 };
	char trace[64] = "";
	struct error e;

	/* the same as when it was admitted, but for the registry */
	if (!errand_read(fcgi_value(request, "REQUEST_URI"), &v.errand)) {
		say(&v, STATUS_NOT_FOUND, "nothing is here");
		return;
	}
	if (!know_caller(&v) || !connect_daemon(&v))
		return;
	if (name_message(&v, trace, sizeof(trace), &e) == 0 &&
		hand_over(&v, trace, &u, &e) == 0)
		pass_on(&v, trace, &u);
	else
		trouble(&v, &e);
	buffer_clear(&u.text);
}

void
visit_over(struct roll *roll, const struct fcgi_request *request)
{
	struct errand errand;

	if (errand_read(fcgi_value(request, "REQUEST_URI"), &errand))
		roll_leave(roll, errand.id);
}

void
visit_close(struct visit_desk *desk)
{
	if (desk->daemon != NULL)
		client_close(&desk->daemon);
}
