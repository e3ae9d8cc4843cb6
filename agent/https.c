/*
 * A handle of libcurl, set up once; what a request adds is taken off behind it.
 */
#include "agent/https.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	PATH_SIZE = 512,
	HEADER_MAX = 64 << 10, /* octets of an answer's fields */
	SLOWEST = 1000,        /* octets a second, taken over all */
	LONGEST = 15 * 60      /* seconds of a request */
};

struct https {
	CURL *curl;
	struct https_options options;
	char said[CURL_ERROR_SIZE];
	atomic_bool stopped;
	uint64_t sent;
	/* of the request under way */
	struct buffer *out;
	bool too_long;
	size_t header;
};

/* --- what libcurl asks meanwhile --- */

static size_t
take_body(char *octets, size_t size, size_t count, void *arg)
{
	struct https *h = arg;
	const size_t length = size * count;

	if (buffer_append(h->out, octets, length) == BUFFER_OK)
		return length;
	h->too_long = true;
	return 0;
}

static size_t
take_header(char *octets, size_t size, size_t count, void *arg)
{
	struct https *h = arg;

	(void)octets;
	h->header += size * count;
	h->too_long |= h->header > HEADER_MAX;
	return h->too_long ? 0 : size * count;
}

static int
look(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
	curl_off_t up_now)
{
	struct https *h = arg;

	(void)total, (void)now, (void)up_total, (void)up_now;
	return atomic_load(&h->stopped) ? 1 : 0;
}

/* --- a handle --- */

static bool
given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int
set_text(struct https *h, CURLoption option, const char *text)
{
	return !given(text) || curl_easy_setopt(h->curl, option, text) == 0
		? 0
		: -1;
}

/* Whom we are to speak to, and how it is proved. */
static int
set_peer(struct https *h)
{
	const struct https_options *o = &h->options;
	CURL *c = h->curl;

	if (curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
		    o->allow_http ? "http,https" : "https") != 0 ||
		curl_easy_setopt(c, CURLOPT_SSLVERSION,
			(long)CURL_SSLVERSION_TLSv1_2) != 0 ||
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) != 0 ||
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) != 0 ||
		set_text(h, CURLOPT_CAINFO, o->ca_file) == -1 ||
		set_text(h, CURLOPT_SSLCERT, o->certificate) == -1 ||
		set_text(h, CURLOPT_SSLKEY, o->certificate_key) == -1 ||
		set_text(h, CURLOPT_USERNAME, o->user) == -1 ||
		set_text(h, CURLOPT_PASSWORD, o->password) == -1)
		return -1;
	/* none of the environment's */
	return curl_easy_setopt(c, CURLOPT_PROXY,
		       given(o->proxy) ? o->proxy : "") == 0 &&
			set_text(h, CURLOPT_PROXYUSERNAME, o->proxy_user) ==
				0 &&
			set_text(h, CURLOPT_PROXYPASSWORD, o->proxy_password) ==
				0
		? 0
		: -1;
}

/* HTTP/1.1, since only there is a body held back; a 417 (Expectation failed),
 * after which libcurl would send it all the same, counts as a redirection. */
static int
set_rules(struct https *h)
{
	CURL *c = h->curl;
	const long timeout = (long)h->options.timeout;

	return curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
		       (long)CURL_HTTP_VERSION_1_1) == 0 &&
			curl_easy_setopt(c, CURLOPT_MAXREDIRS, 0L) == 0 &&
			curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == 0 &&
			curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, timeout) ==
				0 &&
			curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L) == 0 &&
			curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, timeout) ==
				0 &&
			curl_easy_setopt(c, CURLOPT_USERAGENT,
				"csrc-dca/" PACKAGE_VERSION) == 0 &&
			curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->said) == 0
		? 0
		: -1;
}

static int
set_calls(struct https *h)
{
	CURL *c = h->curl;

	return curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == 0 &&
			curl_easy_setopt(c, CURLOPT_WRITEDATA, h) == 0 &&
			curl_easy_setopt(
				c, CURLOPT_HEADERFUNCTION, take_header) == 0 &&
			curl_easy_setopt(c, CURLOPT_HEADERDATA, h) == 0 &&
			curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) == 0 &&
			curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look) ==
				0 &&
			curl_easy_setopt(c, CURLOPT_XFERINFODATA, h) == 0
		? 0
		: -1;
}

static int
check_url(const struct https_options *o, struct error *e)
{
	if (strncmp(o->url, "https://", 8) == 0)
		return 0;
	if (strncmp(o->url, "http://", 7) != 0)
		return error_set(e, ERROR_BAD, "%s: no https:// URL", o->url);
	return o->allow_http
		? 0
		: error_set(e, ERROR_BAD, "%s: only with allow_http = yes",
			  o->url);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
begin_library(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

int
https_open(const struct https_options *options, struct https **https_r,
	struct error *e)
{
	struct https *h;

	*https_r = NULL;
	if (check_url(options, e) == -1)
		return -1;
	pthread_once(&once, begin_library);
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return error_memory(e);
	h->options = *options;
	h->curl = curl_easy_init();
	if (h->curl != NULL && set_peer(h) == 0 && set_rules(h) == 0 &&
		set_calls(h) == 0) {
		*https_r = h;
		return 0;
	}
	https_close(&h);
	return error_set(e, ERROR_TROUBLE, "libcurl cannot be set up");
}

void
https_close(struct https **https)
{
	struct https *h = *https;

	*https = NULL;
	if (h == NULL)
		return;
	if (h->curl != NULL)
		curl_easy_cleanup(h->curl);
	free(h);
}

void
https_stop(struct https *h)
{
	atomic_store(&h->stopped, true);
}

uint64_t
https_sent(const struct https *h)
{
	return h->sent;
}

/* --- a request --- */

/* What went wrong below HTTP. */
static int
fail(struct https *h, CURLcode code, struct error *e)
{
	const char *said =
		h->said[0] != '\0' ? h->said : curl_easy_strerror(code);

	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_ISSUER_ERROR:
		return error_set(e, ERROR_DENIED, "TLS: %s", said);
	case CURLE_WRITE_ERROR:
		if (h->too_long)
			return error_set(
				e, ERROR_LIMIT, "the answer is too long");
		break;
	case CURLE_TOO_MANY_REDIRECTS:
		return error_set(e, ERROR_TROUBLE,
			"the server will not say 100 (Continue)");
	case CURLE_OPERATION_TIMEDOUT:
		return error_set(e, ERROR_TROUBLE, "it took too long%s: %s",
			h->sent == 0 ? ", or no 100 (Continue) came" : "",
			said);
	default:
		break;
	}
	return error_set(e, ERROR_TROUBLE, "%s", said);
}

static void
read_reply(struct https *h, struct https_reply *reply)
{
	curl_off_t retry = 0, sent = 0;
	const char *type = NULL;

	memset(reply, 0, sizeof(*reply));
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &reply->status);
	curl_easy_getinfo(h->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
	h->sent += sent > 0 ? (uint64_t)sent : 0;
	curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &retry);
	reply->retry_after = retry > 0 ? retry : -1;
	curl_easy_getinfo(h->curl, CURLINFO_CONTENT_TYPE, &type);
	if (type != NULL)
		text_format(reply->type, sizeof(reply->type), "%.*s",
			(int)strcspn(type, "; \t"), type);
	text_lower(reply->type);
}

static int
perform(struct https *h, const char *path, size_t limit, int64_t octets,
	struct buffer *out, struct https_reply *reply, struct error *e)
{
	char url[PATH_SIZE + 1024];
	int64_t seconds = 2 * h->options.timeout + octets / SLOWEST;
	CURLcode code;

	buffer_clear(out);
	out->limit = limit;
	h->out = out;
	h->too_long = false;
	h->header = 0;
	h->said[0] = '\0';
	if (!text_format(url, sizeof(url), "%s%s", h->options.url, path))
		return error_set(e, ERROR_BAD, "the URL is too long");
	if (seconds > LONGEST)
		seconds = LONGEST;
	if (curl_easy_setopt(h->curl, CURLOPT_URL, url) != 0 ||
		curl_easy_setopt(h->curl, CURLOPT_TIMEOUT, (long)seconds) != 0)
		return error_memory(e);
	code = curl_easy_perform(h->curl);
	read_reply(h, reply);
	return code == CURLE_OK ? 0 : fail(h, code, e);
}

int
https_get(struct https *h, const char *path, size_t limit, struct buffer *out,
	struct https_reply *reply_r, struct error *e)
{
	memset(reply_r, 0, sizeof(*reply_r));
	if (curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L) != 0)
		return error_memory(e);
	return perform(h, path, limit, (int64_t)limit, out, reply_r, e);
}

static struct curl_slist *
make_fields(const char *type)
{
	struct curl_slist *fields, *more;
	char field[128];

	text_format(field, sizeof(field), "Content-Type: %s", type);
	fields = curl_slist_append(NULL, field);
	more = fields == NULL
		? NULL
		: curl_slist_append(fields, "Expect: 100-continue");
	if (more == NULL)
		curl_slist_free_all(fields);
	return more;
}

/* Nobody waits so long for a 100 as for the whole. */
static int
set_body(struct https *h, const struct buffer *body, struct curl_slist *fields)
{
	CURL *c = h->curl;
	const char *octets = body->length > 0 ? (char *)body->data : "";

	return curl_easy_setopt(c, CURLOPT_POST, 1L) == 0 &&
			curl_easy_setopt(c, CURLOPT_POSTFIELDS, octets) == 0 &&
			curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
				(curl_off_t)body->length) == 0 &&
			curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields) == 0 &&
			curl_easy_setopt(c, CURLOPT_EXPECT_100_TIMEOUT_MS,
				2L * LONGEST * 1000) == 0
		? 0
		: -1;
}

int
https_post(struct https *h, const char *path, const char *type,
	const struct buffer *body, size_t limit, struct buffer *out,
	struct https_reply *reply_r, struct error *e)
{
	struct curl_slist *fields = make_fields(type);
	int rc = -1;

	memset(reply_r, 0, sizeof(*reply_r));
	if (fields == NULL || set_body(h, body, fields) == -1)
		error_memory(e);
	else
		rc = perform(
			h, path, limit, (int64_t)body->length, out, reply_r, e);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, NULL);
	curl_slist_free_all(fields);
	return rc;
}
