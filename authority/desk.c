/*
 * See desk.h.
 */
#include "authority/desk.h"

#include <stdbool.h>
#include <string.h>

#include "authority/keyfetch.h"
#include "base/log.h"
#include "base/text.h"

enum {
	STATUS_OK = 200,
	STATUS_BAD = 400,
	STATUS_DENIED = 403,
	STATUS_NOT_FOUND = 404,
	STATUS_METHOD = 405,
	STATUS_TOO_LARGE = 413,
	STATUS_TYPE = 415,
	STATUS_TROUBLE = 503
};

static const struct {
	enum error_code code;
	int status;
} statuses[] = {
	{ ERROR_BAD, STATUS_BAD },
	{ ERROR_LIMIT, STATUS_TOO_LARGE },
	{ ERROR_DENIED, STATUS_DENIED },
};

/* Whatever else it may be is ours. */
static int
status_of(enum error_code code)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].code == code)
			return statuses[i].status;
	return STATUS_TROUBLE;
}

/* What keeps the daemon from being reached is no word of what was asked. */
static int
connect_daemon(struct desk *d, struct error *e)
{
	if (d->daemon != NULL)
		return 0;
	if (client_open(d->configuration->socket,
		    (int)d->configuration->timeout, &d->daemon, e) == 0) {
		if (cmp_begin(d->cmp, d->daemon, e) == 0)
			return 0;
		client_close(&d->daemon);
	}
	e->code = ERROR_TROUBLE;
	return -1;
}

static int
take_message(struct desk *d, const struct desk_request *request,
	struct buffer *body, struct error *e)
{
	if (request->length > CMP_MESSAGE_MAX)
		return error_set(e, ERROR_LIMIT,
			"a message of more than %d octets", CMP_MESSAGE_MAX);
	if (connect_daemon(d, e) == -1)
		return -1;
	return cmp_answer(
		d->cmp, d->daemon, request->body, request->length, body, e);
}

/* The web server verifies; here is only asked whether it did. */
static int
take_key(struct desk *d, const struct desk_request *request,
	struct buffer *body, struct error *e)
{
	if (request->verified == NULL ||
		strcmp(request->verified, "SUCCESS") != 0 ||
		request->certificate == NULL)
		return error_set(
			e, ERROR_DENIED, "no certificate was verified");
	if (connect_daemon(d, e) == -1)
		return -1;
	return keyfetch_answer(
		d->cmp->issuer, d->daemon, request->certificate, body, e);
}

/* type: of request and answer, where the request has a body. */
static const struct service {
	const char *path, *method, *type, *answer_type;
	int (*take)(struct desk *d, const struct desk_request *request,
		struct buffer *body, struct error *e);
} services[] = {
	{ DESK_CMP_PATH, "POST", "application/pkixcmp", "application/pkixcmp",
		take_message },
	{ DESK_KEY_PATH, "GET", NULL, "application/pkcs7-mime", take_key },
};

/* What follows a "?" is nothing to us. */
static const struct service *
find_service(const char *path)
{
	const size_t length = path != NULL ? strcspn(path, "?") : 0;

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strlen(services[i].path) == length &&
			memcmp(services[i].path, path, length) == 0)
			return &services[i];
	return NULL;
}

/* A media type without its parameters, in any case (RFC 9110, 8.3.1). */
static bool
is_type(const char *given, const char *type)
{
	char word[64];
	size_t length;

	if (given == NULL)
		return false;
	length = strcspn(given, "; \t");
	if (length >= sizeof(word))
		return false;
	memcpy(word, given, length);
	word[length] = '\0';
	return text_equal_nocase(word, type);
}

static void
fail(struct desk_reply *reply, int status, const char *text)
{
	buffer_clear(&reply->body);
	reply->status = status;
	reply->type = "text/plain";
	buffer_format(&reply->body, "%s\n", text);
}

static void
serve(struct desk *d, const struct service *s,
	const struct desk_request *request, struct desk_reply *reply)
{
	struct error e = { 0 };

	if (s->take(d, request, &reply->body, &e) == 0)
		return;
	if (status_of(e.code) == STATUS_TROUBLE) {
		log_error("%s: %s", s->path, e.text);
		fail(reply, STATUS_TROUBLE, "not now; try again later");
	} else
		fail(reply, status_of(e.code), e.text);
}

void
desk_answer(struct desk *d, const struct desk_request *request,
	struct desk_reply *reply_r)
{
	const struct service *s = find_service(request->path);

	*reply_r = (struct desk_reply){ .status = STATUS_OK };
	if (s == NULL)
		fail(reply_r, STATUS_NOT_FOUND, "nothing is here");
	else if (request->method == NULL ||
		strcmp(request->method, s->method) != 0)
		fail(reply_r, STATUS_METHOD, "not by this method");
	else if (s->type != NULL && !is_type(request->type, s->type))
		fail(reply_r, STATUS_TYPE, "not of this media type");
	else {
		reply_r->type = s->answer_type;
		serve(d, s, request, reply_r);
	}
}

void
desk_close(struct desk *d)
{
	if (d->daemon != NULL)
		client_close(&d->daemon);
}
