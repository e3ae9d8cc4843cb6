/*
 * What a server may do to who asks it: each bad answer has its code, none takes
 * longer than it may, none is believed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/text.h"
#include "dav/dav.h"
#include "tests/unit/hostile.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"
#define MULTI "HTTP/1.1 207 Multi-Status\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"

enum verb { GET, PUT, PUT_LARGE, POST, DELETE, MOVE, MKCOL, LIST };

enum { LIMIT = 100000, LARGE = 8 << 20 };

static int
count(const struct dav_entry *entry, void *arg)
{
	(void)entry;
	++*(int *)arg;
	return 0;
}

static int
get(struct dav *dav, struct error *e)
{
	struct buffer out = { 0 };
	char etag[DAV_ETAG_SIZE];
	int rc = dav_get(dav, "a", LIMIT, &out, etag, e);

	if (rc == -1)
		assert_int_equal(out.length, 0);
	buffer_clear(&out);
	return rc;
}

static int
put(struct dav *dav, size_t length, struct error *e)
{
	char *octets = calloc(1, length);
	int rc = dav_put(dav, "a", octets, length, true, e);

	free(octets);
	return rc;
}

static int
post(struct dav *dav, struct error *e)
{
	struct buffer out = { 0 };
	int rc = dav_post(dav, "a", "a/b", "1234", 4, LIMIT, &out, e);

	assert_int_equal(out.length, rc == -1 ? 0 : 3);
	buffer_clear(&out);
	return rc;
}

static int
ask(struct dav *dav, enum verb verb, struct error *e)
{
	int entries = 0;

	switch (verb) {
	case PUT:
		return put(dav, 10, e);
	case PUT_LARGE:
		return put(dav, LARGE, e);
	case POST:
		return post(dav, e);
	case DELETE:
		return dav_delete(dav, "a", NULL, e);
	case MOVE:
		return dav_move(dav, "a", "b", e);
	case MKCOL:
		return dav_mkcol(dav, "a", e);
	case LIST:
		return dav_list(dav, "a", LIMIT, count, &entries, e);
	case GET:
		break;
	}
	return get(dav, e);
}

/* To a server that was started; a second is all that it may stand still. */
static struct dav *
open_to(const struct hostile *h, struct dav_options options)
{
	char url[64];
	struct dav *dav;
	struct error e;

	text_format(url, sizeof(url), "http://127.0.0.1:%d/x/", h->port);
	options.url = url;
	options.allow_http = true;
	options.timeout = 1;
	if (dav_open(&options, &dav, &e) != 0)
		fail_msg("%s", e.text);
	return dav;
}

static void
try(struct scene scene, enum verb verb, enum error_code code)
{
	struct hostile h;
	struct dav *dav;
	struct error e = { 0 };
	time_t began = time(NULL);
	int rc;

	hostile_start(&h, &scene);
	dav = open_to(&h, (struct dav_options){ 0 });
	rc = ask(dav, verb, &e);
	assert_int_equal(rc == -1, e.code != ERROR_NONE);
	dav_close(&dav);
	assert_null(dav);
	hostile_stop(&h);
	if (e.code != code)
		fail_msg("%.100s, verb %d: %d (%s) instead of %d",
			scene.says == NULL ? "(nothing)" : scene.says, verb,
			e.code, e.text, code);
	if (time(NULL) - began > 60)
		fail_msg("%.100s: took too long", scene.says);
}

static void
statuses(void **state)
{
	static const struct {
		const char *status;
		enum verb verb;
		enum error_code code;
	} rows[] = {
		{ "200 OK", GET, ERROR_NONE },
		{ "204 No Content", GET, ERROR_BAD },
		{ "206 Partial Content", GET, ERROR_BAD },
		{ "300 Choices", GET, ERROR_BAD },
		{ "301 Moved\r\nLocation: /y", GET, ERROR_BAD },
		{ "302 Found\r\nLocation: /y", PUT, ERROR_BAD },
		{ "307 There\r\nLocation: /y", PUT, ERROR_BAD },
		{ "308 There\r\nLocation: http://[::1]:1/", LIST, ERROR_BAD },
		{ "304 Not Modified", GET, ERROR_BAD },
		{ "400 Bad", GET, ERROR_BAD },
		{ "401 Who", GET, ERROR_DENIED },
		{ "401 Who\r\nWWW-Authenticate: Basic realm=\"x\"", PUT,
			ERROR_DENIED },
		{ "401 Who\r\nWWW-Authenticate: ,,,=", PUT, ERROR_DENIED },
		{ "403 No", DELETE, ERROR_DENIED },
		{ "404 None", GET, ERROR_NOT_FOUND },
		{ "405 Never", PUT, ERROR_BAD },
		{ "405 There", MKCOL, ERROR_NONE },
		{ "200 OK\r\nContent-Type: a/c", POST, ERROR_BAD },
		{ "201 Created\r\nContent-Type: a/b", POST, ERROR_BAD },
		{ "302 Found\r\nLocation: /y", POST, ERROR_BAD },
		{ "503 Later", POST, ERROR_TROUBLE },
		{ "407 Proxy", GET, ERROR_DENIED },
		{ "408 Slow", GET, ERROR_TROUBLE },
		{ "409 Conflict", MKCOL, ERROR_BAD },
		{ "410 Gone", DELETE, ERROR_NOT_FOUND },
		{ "412 There", PUT, ERROR_EXISTS },
		{ "412 There", MOVE, ERROR_EXISTS },
		{ "413 Large", PUT_LARGE, ERROR_LIMIT },
		{ "418 Teapot", GET, ERROR_BAD },
		{ "423 Locked", MOVE, ERROR_TROUBLE },
		{ "425 Early", PUT, ERROR_TROUBLE },
		{ "429 Often", PUT, ERROR_TROUBLE },
		{ "500 Oh", MOVE, ERROR_TROUBLE },
		{ "503 Later", PUT, ERROR_TROUBLE },
		{ "507 Full", PUT, ERROR_TROUBLE },
		{ "600 What", PUT, ERROR_BAD },
		{ "201 Created", PUT, ERROR_NONE },
		{ "204 No Content", PUT, ERROR_NONE },
		{ "202 Accepted", PUT, ERROR_BAD },
		{ "207 Multi", DELETE, ERROR_BAD },
		{ "202 Accepted", DELETE, ERROR_BAD },
		{ "200 OK", MOVE, ERROR_BAD },
		{ "201 Created", MOVE, ERROR_NONE },
		{ "200 OK", LIST, ERROR_BAD },
		{ "207 Multi", LIST, ERROR_BAD },
	};
	char answer[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_format(answer, sizeof(answer), "HTTP/1.1 %s\r\n" EMPTY,
			rows[i].status);
		try((struct scene){ .says = answer }, rows[i].verb,
			rows[i].code);
	}
}

static void
answers(void **state)
{
	static const struct {
		struct scene scene;
		enum verb verb;
		enum error_code code;
	} rows[] = {
		/* lengths that are none, or not true */
		{ { .says = OK "Content-Length: 9\r\n\r\n1234" }, GET,
			ERROR_TROUBLE },
		{ { .says = OK "Content-Length: 100001\r\n\r\n",
			  .manner = FLOODS,
			  .filler = "1" },
			GET, ERROR_LIMIT },
		{ { .says = OK "Content-Length: -1\r\n\r\n1" }, GET,
			ERROR_TROUBLE },
		{ { .says = OK "Content-Length: 1x\r\n\r\n1" }, GET,
			ERROR_TROUBLE },
		{ { .says = OK
			  "Content-Length: 99999999999999999999\r\n\r\n1" },
			GET, ERROR_TROUBLE },
		{ { .says = OK
			  "Content-Length: 1\r\nContent-Length: 2\r\n\r\n12" },
			GET, ERROR_TROUBLE },
		{ { .says = OK "\r\n1234" }, GET, ERROR_BAD },
		{ { .says = "HTTP/1.0 200 OK\r\n\r\n1234" }, GET, ERROR_BAD },
		{ { .says = OK CHUNKED "4\r\n1234\r\n" }, GET, ERROR_TROUBLE },
		{ { .says = OK CHUNKED "4\r\n12345\r\n0\r\n\r\n" }, GET,
			ERROR_TROUBLE },
		{ { .says = OK CHUNKED "-1\r\n1" }, GET, ERROR_TROUBLE },
		{ { .says = OK CHUNKED "fffffffffffffffff\r\n1" }, GET,
			ERROR_TROUBLE },
		{ { .says = OK CHUNKED "x\r\n1" }, GET, ERROR_TROUBLE },
		{ { .says = OK CHUNKED "4\r\n1234\r\n0\r\n\r\n" }, GET,
			ERROR_NONE },
		{ { .says = OK CHUNKED,
			  .manner = FLOODS,
			  .filler = "4\r\n1234\r\n" },
			GET, ERROR_LIMIT },
		{ { .says = OK CHUNKED "4\r\n1234\r\n0\r\n",
			  .manner = FLOODS,
			  .filler = "a: b\r\n" },
			GET, ERROR_TROUBLE },
		{ { .says = OK "Transfer-Encoding: gzip\r\n\r\n" }, GET,
			ERROR_TROUBLE },
		{ { .says = OK "Content-Encoding: gzip\r\n"
			       "Content-Length: 1\r\n\r\n1" },
			GET, ERROR_BAD },
		/* of another type than was asked for */
		{ { .says = OK "Content-Type: a/b\r\n"
			       "Content-Length: 3\r\n\r\n123" },
			POST, ERROR_NONE },
		{ { .says = OK "Content-Type: A/B ;x=y\r\n"
			       "Content-Length: 3\r\n\r\n123" },
			POST, ERROR_NONE },
		{ { .says = OK "Content-Length: 3\r\n\r\n123" }, POST,
			ERROR_BAD },
		{ { .says = OK "Content-Type: a/bc\r\n"
			       "Content-Length: 3\r\n\r\n123" },
			POST, ERROR_BAD },
		{ { .says = OK "Content-Type: a/b\r\n" CHUNKED,
			  .manner = FLOODS,
			  .filler = "4\r\n1234\r\n" },
			POST, ERROR_LIMIT },
		/* no HTTP */
		{ { .says = "" }, GET, ERROR_TROUBLE },
		{ { .says = "hello\r\n\r\n" }, GET, ERROR_TROUBLE },
		{ { .says = "\r\n\r\n" }, GET, ERROR_TROUBLE },
		{ { .says = "HTTP/1.1 2000 OK\r\n\r\n" }, GET, ERROR_TROUBLE },
		{ { .says = "SSH-2.0-OpenSSH\r\n" }, PUT, ERROR_TROUBLE },
		{ { .says = "HTTP/1.1 2\0 OK\r\n" EMPTY, .length = 35 }, GET,
			ERROR_TROUBLE },
		{ { .says = "HTTP/1.1 ", .manner = FLOODS, .filler = "1" }, GET,
			ERROR_TROUBLE },
		{ { .says = OK, .manner = FLOODS, .filler = "a: b\r\n" }, GET,
			ERROR_TROUBLE },
		{ { .says = OK, .manner = FLOODS, .filler = " " }, GET,
			ERROR_TROUBLE },
		{ { .says = OK "a: b\r\n",
			  .manner = FLOODS,
			  .filler = " more\r\n" },
			GET, ERROR_TROUBLE },
		{ { .says = "",
			  .manner = FLOODS,
			  .filler = "HTTP/1.1 100 Go\r\n\r\n" },
			PUT, ERROR_TROUBLE },
		{ { .says = "HTTP/1.1 102 Wait\r\n",
			  .manner = FLOODS,
			  .filler = "a: b\r\n" },
			PUT, ERROR_TROUBLE },
		/* pages that nobody reads */
		{ { .says = "HTTP/1.1 404 None\r\n" CHUNKED,
			  .manner = FLOODS,
			  .filler = "4\r\n1234\r\n" },
			GET, ERROR_NOT_FOUND },
		{ { .says = "HTTP/1.1 201 Created\r\n\r\n",
			  .manner = FLOODS,
			  .filler = "thank you " },
			PUT, ERROR_NONE },
		/* lists */
		{ { .says = MULTI CHUNKED,
			  .manner = FLOODS,
			  .filler = "4\r\n<a/>\r\n" },
			LIST, ERROR_BAD },
		{ { .says = MULTI CHUNKED "1e\r\n<D:multistatus xmlns:D="
					  "\"DAV:\">\r\n",
			  .manner = FLOODS,
			  .filler = "4\r\n<a/>\r\n" },
			LIST, ERROR_LIMIT },
		{ { .says = MULTI "Content-Length: 30\r\n\r\n"
				  "<D:multistatus xmlns:D=\"DAV:\">" },
			LIST, ERROR_BAD },
		{ { .says = MULTI "Content-Length: 31\r\n\r\n"
				  "<D:multistatus xmlns:D=\"DAV:\"/>" },
			LIST, ERROR_NONE },
		{ { .says = MULTI "Content-Length: 15\r\n\r\n<html>hi</html>" },
			LIST, ERROR_BAD },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try(rows[i].scene, rows[i].verb, rows[i].code);
}

/* The other end takes its time. */
static void
slow(void **state)
{
	static const struct {
		struct scene scene;
		enum verb verb;
	} rows[] = {
		{ { .manner = WAITS, .says = "" }, GET },
		{ { .manner = WAITS, .says = OK }, GET },
		{ { .manner = WAITS, .says = OK "Content-Length: 9\r\n\r\n1" },
			GET },
		{ { .manner = WAITS, .says = "HTTP/1.1 100 Go\r\n\r\n" }, PUT },
		{ { .manner = DRIPS, .says = "HTTP/1.1 ", .filler = "0" },
			GET },
		{ { .manner = DRIPS, .says = OK, .filler = "a: b\r\n" }, GET },
		{ { .manner = DRIPS,
			  .says = OK "Content-Length: 90000\r\n\r\n",
			  .filler = "1" },
			GET },
		{ { .manner = DRIPS,
			  .says = "HTTP/1.1 102 Wait\r\n",
			  .filler = "a: b\r\n" },
			PUT },
		{ { .manner = DRIPS,
			  .says = MULTI CHUNKED "1\r\n<\r\n",
			  .filler = "1\r\na\r\n" },
			LIST },
		{ { .manner = DRIPS,
			  .says = OK "Content-Type: a/b\r\n"
				     "Content-Length: 90000\r\n\r\n",
			  .filler = "1" },
			POST },
		{ { .manner = DEAF }, GET },
		{ { .manner = DEAF }, PUT_LARGE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try(rows[i].scene, rows[i].verb, ERROR_TROUBLE);
}

/* Each request has its own time, also on a connection that did well before, and
 * behind one that was late. */
static void
slow_in_the_end(void **state)
{
	struct hostile h;
	struct scene scene = { .manner = TIRES,
		.says = OK "Content-Length: 1\r\n\r\n1",
		.filler = "0" };
	struct error e = { 0 };
	struct dav *dav;

	(void)state;
	hostile_start(&h, &scene);
	dav = open_to(&h, (struct dav_options){ 0 });
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(dav, GET, &e), 0);
		assert_int_equal(ask(dav, GET, &e), -1);
		assert_int_equal(e.code, ERROR_TROUBLE);
	}
	dav_close(&dav);
	hostile_stop(&h);
}

/* Large and steady is not slow. */
static void
large_is_not_late(void **state)
{
	struct hostile h;
	struct scene scene = { .manner = FLOODS,
		.says = OK "Content-Length: 50000000\r\n\r\n",
		.filler = "0123456789012345678901234567890123456789" };
	struct buffer out = { 0 };
	struct error e = { 0 };
	struct dav *dav;

	(void)state;
	hostile_start(&h, &scene);
	dav = open_to(&h, (struct dav_options){ 0 });
	if (dav_get(dav, "a", 50000000, &out, NULL, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(out.length, 50000000);
	buffer_clear(&out);
	dav_close(&dav);
	hostile_stop(&h);
}

/* Octets as they are, an ETag that may go into a header again. */
static void
got(void **state)
{
	static const struct {
		const char *etag, *got;
	} rows[] = {
		{ "\"1-2\"", "\"1-2\"" },
		{ "W/\"1-2\"", "W/\"1-2\"" },
		{ "\"\xc3\xa4\"", "" },
		{ "\"0123456789012345678901234567890123456789012345678901234567"
		  "890123456789012345678901234567890123456789012345678901234567"
		  "89012345678\"",
			"" },
	};
	char answer[512], etag[DAV_ETAG_SIZE];
	struct buffer out = { 0 };
	struct hostile h;
	struct dav *dav;
	struct error e;
	size_t i, length;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_format(answer, sizeof(answer),
			OK "ETag: %s\r\nContent-Length: 3\r\n\r\n",
			rows[i].etag);
		length = strlen(answer);
		memcpy(answer + length, "a\0b", 3);
		hostile_start(&h,
			&(struct scene){
				.says = answer, .length = length + 3 });
		dav = open_to(&h, (struct dav_options){ 0 });
		assert_int_equal(dav_get(dav, "a", 3, &out, etag, &e), 0);
		assert_int_equal(out.length, 3);
		assert_memory_equal(out.data, "a\0b", 3);
		assert_string_equal(etag, rows[i].got);
		dav_close(&dav);
		hostile_stop(&h);
	}
	buffer_clear(&out);
}

/* The last request has that in it. */
static void
has(struct hostile *h, const char *text)
{
	char request[HOSTILE_REQUEST];

	hostile_last(h, request);
	if (strstr(request, text) == NULL)
		fail_msg("%s, but not: %s", request, text);
}

/* What is asked, to the octet; a redirect is not another request. */
static void
asked(void **state)
{
	struct scene scene = { .manner = WAITS,
		.says = "HTTP/1.1 302 Found\r\nLocation: /y\r\n" EMPTY };
	char move[128];
	struct hostile h;
	struct dav *dav;
	struct error e;

	(void)state;
	hostile_start(&h, &scene);
	dav = open_to(&h, (struct dav_options){ .agent = "csrc/1" });
	dav_put(dav, "in box/\xc3\xa4%=;?#.p7m", "x", 1, true, &e);
	assert_int_equal(e.code, ERROR_BAD);
	has(&h, "PUT /x/in%20box/%C3%A4%25=%3B%3F%23.p7m HTTP/1.1\r\n");
	has(&h, "\r\nIf-None-Match: *\r\n");
	has(&h, "\r\nUser-Agent: csrc/1");
	dav_move(dav, "inbox/a", "work/a", &e);
	text_format(move, sizeof(move),
		"\r\nDestination: http://127.0.0.1:%d/x/work/a\r\n", h.port);
	has(&h, move);
	has(&h, "\r\nOverwrite: F\r\n");
	dav_delete(dav, "a", "\"1\"", &e);
	has(&h, "\r\nIf-Match: \"1\"\r\n");
	dav_list(dav, "outbox/A", LIMIT, count, NULL, &e);
	has(&h, "PROPFIND /x/outbox/A/ HTTP/1.1");
	has(&h, "\r\nDepth: 1\r\n");
	dav_close(&dav);
	hostile_stop(&h);
	assert_int_equal(h.requests, 4);
	assert_int_equal(h.connections, 1);
}

/* A large body is not sent to who does not want it. */
static void
announced(void **state)
{
	struct scene scene = { .says = "HTTP/1.1 403 No\r\n" EMPTY };
	struct hostile h;
	struct dav *dav;
	struct error e;

	(void)state;
	hostile_start(&h, &scene);
	dav = open_to(&h, (struct dav_options){ 0 });
	assert_int_equal(put(dav, LARGE, &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
	dav_close(&dav);
	hostile_stop(&h);
	assert_non_null(strstr(h.request, "\r\nExpect: 100-continue\r\n"));
	assert_string_equal(strstr(h.request, "\r\n\r\n"), "\r\n\r\n");
}

/* A password is given once, and to nobody who asks in another way. */
static void
logins(void **state)
{
	static const struct {
		const char *challenge;
		int requests;
	} rows[] = {
		{ "Basic realm=\"x\"", 2 },
		{ "Digest realm=\"x\", nonce=\"1\", qop=\"auth\"", 2 },
		{ "Digest realm=\"x\", nonce=\"1\", algorithm=ROT13", 1 },
		{ "Digest", 1 },
		{ "Negotiate", 1 },
		{ "Bearer", 1 },
	};
	const struct dav_options login = { .user = "A", .password = "secret" };
	char answer[256];
	struct scene scene = { .manner = WAITS, .says = answer };
	struct hostile h;
	struct dav *dav;
	struct error e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_format(answer, sizeof(answer),
			"HTTP/1.1 401 Who\r\nWWW-Authenticate: %s\r\n" EMPTY,
			rows[i].challenge);
		hostile_start(&h, &scene);
		dav = open_to(&h, login);
		assert_int_equal(dav_delete(dav, "a", NULL, &e), -1);
		assert_int_equal(e.code, ERROR_DENIED);
		assert_null(strstr(e.text, "secret"));
		dav_close(&dav);
		hostile_stop(&h);
		if (h.requests != rows[i].requests)
			fail_msg("%s: %d requests", rows[i].challenge,
				h.requests);
	}
}

/* Each password is for one: a proxy's question is not answered with the
 * server's, nor the reverse. */
static void
logins_apart(void **state)
{
	static const struct {
		const char *status;
		struct dav_options options;
		int requests;
	} rows[] = {
		{ "401 Who\r\nWWW-Authenticate",
			{ .proxy_user = "A", .proxy_password = "secret" }, 1 },
		{ "407 Who\r\nProxy-Authenticate",
			{ .user = "A", .password = "secret" }, 1 },
		{ "407 Who\r\nProxy-Authenticate",
			{ .proxy_user = "A", .proxy_password = "secret" }, 2 },
	};
	char answer[256], proxy[64];
	struct scene scene = { .manner = WAITS, .says = answer };
	struct dav_options options;
	struct hostile h;
	struct dav *dav;
	struct error e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_format(answer, sizeof(answer),
			"HTTP/1.1 %s: Basic realm=\"x\"\r\n" EMPTY,
			rows[i].status);
		hostile_start(&h, &scene);
		options = rows[i].options;
		text_format(
			proxy, sizeof(proxy), "http://127.0.0.1:%d", h.port);
		options.proxy = proxy;
		dav = open_to(&h, options);
		assert_int_equal(dav_delete(dav, "a", NULL, &e), -1);
		assert_int_equal(e.code, ERROR_DENIED);
		dav_close(&dav);
		hostile_stop(&h);
		assert_int_equal(h.requests, rows[i].requests);
	}
}

/* TLS that begins and does not go on. */
static void
handshakes(void **state)
{
	static const struct scene rows[] = {
		{ .manner = DEAF },
		{ .manner = TALKS },
		{ .manner = TALKS,
			.says = "\x16\x03\x03\x40",
			.filler = "\x01" },
		{ .manner = TALKS, .says = "HTTP/1.1 400 Bad\r\n\r\n" },
	};
	char url[64];
	const struct dav_options options = { .url = url, .timeout = 1 };
	struct hostile h;
	struct dav *dav;
	struct error e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hostile_start(&h, &rows[i]);
		text_format(url, sizeof(url), "https://127.0.0.1:%d/", h.port);
		assert_int_equal(dav_open(&options, &dav, &e), 0);
		assert_int_equal(dav_delete(dav, "a", NULL, &e), -1);
		assert_int_equal(e.code, ERROR_TROUBLE);
		dav_close(&dav);
		hostile_stop(&h);
	}
}

static void
options_refused(void **state)
{
	static const struct dav_options rows[] = {
		{ .url = "" },
		{ .url = "host" },
		{ .url = "https://" },
		{ .url = "https:///path" },
		{ .url = "http://host/" },
		{ .url = "ftp://host/", .allow_http = true },
		{ .url = "https://host:99999/" },
		{ .url = "https://host:80x/" },
		{ .url = "https://host:x/" },
		{ .url = "https://host:1:80/" },
		{ .url = "https://[::1]:x/" },
		{ .url = "https://host/?a" },
		{ .url = "https://host/#a" },
		{ .url = "https://user:word@host/" },
		{ .url = "https://user:pass#word@host/" },
		{ .url = "https://user:pass word@host/" },
		{ .url = "https://host/", .proxy = "http://u:p/word@host" },
		{ .url = "https://host/", .proxy = "http://u:p?word@host" },
		{ .url = "https://host/ a" },
		{ .url = "https://host/\r\nX: y" },
		{ .url = "https://host/", .user = "a" },
		{ .url = "https://host/", .password = "a" },
		{ .url = "https://host/", .user = "a:b", .password = "a" },
		{ .url = "https://host/", .certificate_key = "/dev/null" },
		{ .url = "https://host/", .proxy = "host:3128" },
		{ .url = "https://host/", .proxy = "https://host:3128" },
		{ .url = "https://host/", .proxy = "http://host/path" },
		{ .url = "https://host/", .proxy_user = "a" },
	};
	struct dav *dav;
	struct error e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e.code = ERROR_NONE;
		if (dav_open(&rows[i], &dav, &e) != -1 ||
			e.code != ERROR_USAGE || dav != NULL ||
			strstr(e.text, "word@") != NULL)
			fail_msg("row %zu, %s: %d %s", i, rows[i].url, e.code,
				e.text);
	}
}

static void
files_refused(void **state)
{
	static const struct {
		struct dav_options options;
		enum error_code code;
	} rows[] = {
		{ { .ca_file = "/nonexistent" }, ERROR_TROUBLE },
		{ { .ca_file = "/dev/null" }, ERROR_BAD },
		{ { .ca_file = "/etc/passwd" }, ERROR_BAD },
		{ { .certificate = "/dev/zero" }, ERROR_BAD },
		{ { .certificate = "/etc/passwd" }, ERROR_BAD },
	};
	struct dav_options options;
	struct dav *dav;
	struct error e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		options = rows[i].options;
		options.url = "https://host/";
		assert_int_equal(dav_open(&options, &dav, &e), -1);
		assert_int_equal(e.code, rows[i].code);
	}
}

static void
paths_refused(void **state)
{
	static const char *const rows[] = { "", "/a", "a//b", "a/", "..",
		"../a", "a/..", "a/../b", ".", "./a", "a/.", "/" };
	const struct dav_options options = { .url = "https://host/" };
	char path[2000];
	struct dav *dav;
	struct error e;
	size_t i;

	(void)state;
	assert_int_equal(dav_open(&options, &dav, &e), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e.code = ERROR_NONE;
		if (dav_delete(dav, rows[i], NULL, &e) != -1 ||
			e.code != ERROR_USAGE)
			fail_msg("%s: %d %s", rows[i], e.code, e.text);
		e.code = ERROR_NONE;
		assert_int_equal(dav_move(dav, "a", rows[i], &e), -1);
		assert_int_equal(e.code, ERROR_USAGE);
	}
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(dav_delete(dav, path, NULL, &e), -1);
	assert_int_equal(e.code, ERROR_USAGE);
	dav_close(&dav);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(answers),
		cmocka_unit_test(slow),
		cmocka_unit_test(slow_in_the_end),
		cmocka_unit_test(large_is_not_late),
		cmocka_unit_test(got),
		cmocka_unit_test(asked),
		cmocka_unit_test(announced),
		cmocka_unit_test(logins),
		cmocka_unit_test(logins_apart),
		cmocka_unit_test(handshakes),
		cmocka_unit_test(options_refused),
		cmocka_unit_test(files_refused),
		cmocka_unit_test(paths_refused),
	};

	return cmocka_run_group_tests_name("dav", tests, NULL, NULL);
}
