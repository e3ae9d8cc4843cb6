/*
 * One exchange a call: request out, answer in. neon follows no redirect by
 * itself and ends what is broken or cut off; how much is read, and which answer
 * means what, is decided here.
 */
#include <neon/ne_basic.h>
#include <neon/ne_request.h>
#include <neon/ne_session.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dav/dav.h"
#include "dav/dav_inside.h"
#include "dav/listing.h"
#include "dav/path.h"

enum {
	/* of answers that nobody reads: an error's page */
	UNREAD_MAX = 64 << 10,
	/* A body from here on is announced first: who is refused, or asked for
	 * a password, has not sent it for nothing. A smaller one costs less
	 * than the wait. */
	ANNOUNCED = 32 << 10
};

struct exchange {
	struct dav *dav;
	const char *method, *path; /* encoded */
	ne_request *request;
	/* status whose body goes to read, limit of that; 0: none */
	int wanted;
	size_t limit;
	const char *type; /* that it must have; NULL: any */
	int (*read)(void *arg, const char *octets, size_t length,
		struct error *e); /* 0; 1: enough; -1 */
	void *arg;
	/* of the answer that comes in */
	bool reads, enough;
	size_t came, most;
	struct error error;
};

/* Whatever parameters it has. */
static bool
is_of_type(ne_request *request, const char *type)
{
	const char *said = ne_get_response_header(request, "Content-Type");
	char start[64];

	return said != NULL &&
		text_format(start, sizeof(start), "%.*s",
			(int)strcspn(said, "; \t"), said) &&
		text_equal_nocase(start, type);
}

/* An answer begins; of several, if a password was asked for. A body without a
 * length ends where the connection does, cut off or not. */
static int
begin_answer(void *arg, ne_request *request, const ne_status *status)
{
	struct exchange *x = arg;
	const char *coding =
		ne_get_response_header(request, "Content-Encoding");

	x->came = 0;
	x->enough = false;
	x->reads = x->wanted != 0 && status->code == x->wanted;
	x->most = x->reads ? x->limit : UNREAD_MAX;
	if (!x->reads)
		return 1;
	if (ne_get_response_header(request, "Content-Length") == NULL &&
		ne_get_response_header(request, "Transfer-Encoding") == NULL)
		error_set(&x->error, ERROR_BAD, "an answer without a length");
	else if (coding != NULL && !text_equal_nocase(coding, "identity"))
		error_set(&x->error, ERROR_BAD, "an answer in the coding %.40s",
			coding);
	else if (x->type != NULL && !is_of_type(request, x->type))
		error_set(&x->error, ERROR_BAD, "an answer that is no %s",
			x->type);
	return 1;
}

/* Anything but 0 makes neon close the connection. */
static int
read_answer(void *arg, const char *octets, size_t length)
{
	struct exchange *x = arg;
	int rc;

	if (x->error.code != ERROR_NONE)
		return -1;
	if (length > x->most - x->came) {
		/* The status has said what there is to know. */
		x->enough = !x->reads;
		return x->enough
			? 1
			: error_set(&x->error, ERROR_LIMIT,
				  "an answer of more than %zu octets", x->most);
	}
	x->came += length;
	if (!x->reads || length == 0)
		return 0;
	rc = x->read(x->arg, octets, length, &x->error);
	x->enough = rc == 1;
	return rc;
}

static const struct {
	int status;
	enum error_code code;
} MEANINGS[] = {
	{ 401, ERROR_DENIED },
	{ 403, ERROR_DENIED },
	{ 404, ERROR_NOT_FOUND },
	{ 407, ERROR_DENIED },
	{ 408, ERROR_TROUBLE },
	{ 410, ERROR_NOT_FOUND },
	{ 412, ERROR_EXISTS },
	{ 413, ERROR_LIMIT },
	{ 423, ERROR_TROUBLE },
	{ 425, ERROR_TROUBLE },
	{ 429, ERROR_TROUBLE },
};

static enum error_code
meaning(int status)
{
	size_t i;

	for (i = 0; i < sizeof(MEANINGS) / sizeof(MEANINGS[0]); i++)
		if (MEANINGS[i].status == status)
			return MEANINGS[i].code;
	return status >= 500 && status < 600 ? ERROR_TROUBLE : ERROR_BAD;
}

/* Why there is no answer, or not all of one. */
static int
judge_failure(struct exchange *x, int rc, bool late)
{
	enum error_code code = ERROR_TROUBLE;

	if (x->error.code != ERROR_NONE)
		return -1;
	if (late)
		return error_set(&x->error, ERROR_TROUBLE, "took too long");
	if (rc == NE_AUTH || rc == NE_PROXYAUTH)
		code = ERROR_DENIED;
	return error_set(&x->error, code, "%s", ne_get_error(x->dav->session));
}

/* done: the statuses that mean it, up to a 0. */
static int
judge_answer(struct exchange *x, const int *done)
{
	const ne_status *status = ne_get_status(x->request);

	for (; *done != 0; done++)
		if (*done == status->code)
			return 0;
	return error_set(&x->error, meaning(status->code), "%d %s",
		status->code,
		status->reason_phrase != NULL ? status->reason_phrase : "");
}

static int
begin(struct exchange *x, struct dav *dav, const char *method, const char *path)
{
	x->dav = dav;
	x->method = method;
	x->path = path;
	if (path == NULL)
		return -1;
	x->request = ne_request_create(dav->session, method, path);
	ne_add_response_body_reader(x->request, begin_answer, read_answer, x);
	return 0;
}

/* Sends it and reads the answer; 0 if its status is one of done. */
static int
run(struct exchange *x, const int *done, struct error *e)
{
	bool late;
	int rc;

	wire_begin(x->dav->wire);
	rc = ne_request_dispatch(x->request);
	late = wire_end(x->dav->wire);
	if (rc != NE_OK && !x->enough)
		rc = judge_failure(x, rc, late);
	else
		rc = judge_answer(x, done);
	if (rc == -1 && x->error.code == ERROR_TROUBLE)
		ne_close_connection(x->dav->session);
	if (rc == -1)
		error_set(e, x->error.code, "%s %s%s: %s", x->method,
			x->dav->origin, x->path, x->error.text);
	return rc;
}

static void
end(struct exchange *x, char *path)
{
	if (x->request != NULL)
		ne_request_destroy(x->request);
	free(path);
}

int
dav_put(struct dav *dav, const char *path, const void *octets, size_t length,
	bool create_only, struct error *e)
{
	static const int done[] = { 200, 201, 204, 0 };
	char *at = path_join(dav->base_path, path, false, e);
	struct exchange x = { 0 };
	int rc = -1;

	if (begin(&x, dav, "PUT", at) == 0) {
		ne_set_request_body_buffer(x.request, octets, length);
		ne_set_request_flag(
			x.request, NE_REQFLAG_EXPECT100, length >= ANNOUNCED);
		if (create_only)
			ne_add_request_header(x.request, "If-None-Match", "*");
		rc = run(&x, done, e);
	}
	end(&x, at);
	return rc;
}

static int
keep(void *arg, const char *octets, size_t length, struct error *e)
{
	switch (buffer_append(arg, octets, length)) {
	case BUFFER_OK:
		return 0;
	case BUFFER_FULL:
		return error_set(e, ERROR_LIMIT, "more than there is room for");
	default:
		return error_memory(e);
	}
}

int
dav_post(struct dav *dav, const char *path, const char *type,
	const void *octets, size_t length, size_t limit, struct buffer *out,
	struct error *e)
{
	static const int done[] = { 200, 0 };
	const char *slash = strrchr(path, '/');
	char *at = path_join(
		dav->base_path, path, slash != NULL && slash[1] == '\0', e);
	struct exchange x = { .wanted = 200,
		.limit = limit,
		.type = type,
		.read = keep,
		.arg = out };
	int rc = -1;

	buffer_clear(out);
	if (begin(&x, dav, "POST", at) == 0) {
		ne_set_request_body_buffer(x.request, octets, length);
		ne_add_request_header(x.request, "Content-Type", type);
		rc = run(&x, done, e);
	}
	if (rc == -1)
		buffer_clear(out);
	end(&x, at);
	return rc;
}

/* Short, and such as may stand in a header again. */
static void
copy_etag(char etag_r[DAV_ETAG_SIZE], const char *etag)
{
	if (etag == NULL || !text_ascii(etag) ||
		!text_copy(etag_r, DAV_ETAG_SIZE, etag))
		etag_r[0] = '\0';
}

int
dav_get(struct dav *dav, const char *path, size_t limit, struct buffer *out,
	char etag_r[DAV_ETAG_SIZE], struct error *e)
{
	static const int done[] = { 200, 0 };
	char *at = path_join(dav->base_path, path, false, e);
	struct exchange x = {
		.wanted = 200, .limit = limit, .read = keep, .arg = out
	};
	int rc = -1;

	buffer_clear(out);
	if (begin(&x, dav, "GET", at) == 0)
		rc = run(&x, done, e);
	if (rc == 0 && etag_r != NULL)
		copy_etag(etag_r, ne_get_response_header(x.request, "ETag"));
	if (rc == -1)
		buffer_clear(out);
	end(&x, at);
	return rc;
}

int
dav_delete(struct dav *dav, const char *path, const char *etag, struct error *e)
{
	static const int done[] = { 200, 204, 0 };
	char *at = path_join(dav->base_path, path, false, e);
	struct exchange x = { 0 };
	int rc = -1;

	if (begin(&x, dav, "DELETE", at) == 0) {
		if (etag != NULL && etag[0] != '\0')
			ne_add_request_header(x.request, "If-Match", etag);
		rc = run(&x, done, e);
	}
	end(&x, at);
	return rc;
}

int
dav_move(struct dav *dav, const char *from, const char *to, struct error *e)
{
	static const int done[] = { 201, 204, 0 };
	char *at = path_join(dav->base_path, from, false, e);
	char *target = path_join(dav->base_path, to, false, e);
	struct exchange x = { 0 };
	int rc = -1;

	if (target != NULL && begin(&x, dav, "MOVE", at) == 0) {
		ne_print_request_header(
			x.request, "Destination", "%s%s", dav->origin, target);
		ne_add_request_header(x.request, "Overwrite", "F");
		rc = run(&x, done, e);
	}
	free(target);
	end(&x, at);
	return rc;
}

int
dav_mkcol(struct dav *dav, const char *path, struct error *e)
{
	static const int done[] = { 201, 405, 0 };
	char *at = path_join(dav->base_path, path, true, e);
	struct exchange x = { 0 };
	int rc = -1;

	if (begin(&x, dav, "MKCOL", at) == 0)
		rc = run(&x, done, e);
	end(&x, at);
	return rc;
}

static int
list_more(void *arg, const char *octets, size_t length, struct error *e)
{
	return listing_read(arg, octets, length, e);
}

/* What came was all of it, and was XML. */
static int
see_end(struct exchange *x, struct listing *l, struct error *e)
{
	if (x->enough || listing_end(l, &x->error) == 0)
		return 0;
	return error_set(e, x->error.code, "%s %s%s: %s", x->method,
		x->dav->origin, x->path, x->error.text);
}

int
dav_list(struct dav *dav, const char *path, size_t octets_limit,
	int (*each)(const struct dav_entry *entry, void *arg), void *arg,
	struct error *e)
{
	static const int done[] = { 207, 0 };
	char *at = path_join(dav->base_path, path, true, e);
	struct listing *l = at != NULL ? listing_new(at, each, arg) : NULL;
	struct exchange x = { .wanted = 207,
		.limit = octets_limit,
		.read = list_more,
		.arg = l };
	int rc = -1;

	if (at != NULL && l == NULL) {
		error_memory(e);
	} else if (begin(&x, dav, "PROPFIND", at) == 0) {
		ne_set_request_body_buffer(
			x.request, LISTING_ASKED, strlen(LISTING_ASKED));
		ne_add_request_header(x.request, "Depth", "1");
		ne_add_request_header(x.request, "Content-Type",
			"application/xml; charset=utf-8");
		rc = run(&x, done, e);
		if (rc == 0)
			rc = see_end(&x, l, e);
	}
	listing_free(&l);
	end(&x, at);
	return rc;
}
