/*
 * What an agent says to a center, and what it makes of answers that are
 * hostile: nothing leaves before the center has said for whom it takes us, no
 * body without its 100 (Continue), and nothing is forgotten without a receipt
 * that holds.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/contact.h"
#include "agent/turn.h"
#include "base/crypto.h"
#include "base/text.h"
#include "parser/entity.h"
#include "parser/receipt.h"
#include "parser/seal.h"

#define GREETING                                                             \
	"{\"agent\":\"NORTH\",\"center\":\"K0001\",\"time\":"                \
	"\"2026-11-30T20:00:00Z\",\"printers\":3,\"requests\":0,\"octets\":" \
	"4194304}\n"
#define HEAD(status, type)                                              \
	"HTTP/1.1 " status "\r\nContent-Type: " type "\r\nConnection: " \
	"close\r\n"
#define EMAIL_ID "01j0000000000000000000000a"
#define OK(call)                                   \
	do {                                       \
		if ((call) != 0)                   \
			fail_msg("%s", f->e.text); \
	} while (0)

enum { REQUEST_MAX = 1 << 20 };

/* What is wrong with the receipt. */
enum fault {
	FAULT_NONE,
	FAULT_MISSING,
	FAULT_KEY,
	FAULT_DIGEST,
	FAULT_OTHER,
	FAULT_DEVICE,
	FAULT_CUT
};

/* A center. Texts are whole answers; NULL: what a good one says. */
struct center {
	int listener, port;
	pthread_t thread;
	const char *_Atomic greeting, *_Atomic instead; /* instead of a 100 */
	const char *_Atomic status; /* of what it has judged; NULL: 200 */
	const char *_Atomic lines;  /* NULL: all genuine */
	atomic_bool too_large;      /* says that of the message */
	enum fault fault;
	/* What it has seen; it may still be at a call that is over here. */
	atomic_int requests;
	atomic_size_t bodies; /* octets */
	char last[4096];
};

struct fixture {
	char path[64];
	struct center center;
	struct dca_configuration configuration;
	char url[64];
	struct device_key key;
	struct dating dating;
	struct backlog *backlog;
	struct contact contact;
	struct buffer texts[2]; /* the center may still be sending them */
	struct error e;
};

static void
say(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, text, length, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		length -= (size_t)n;
	}
}

/* Up to the end of the header; what follows of the body stays behind it. */
static size_t
hear(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n;

	do {
		n = recv(fd, text + length, size - 1 - length, 0);
		if (n <= 0)
			return 0;
		length += (size_t)n;
		text[length] = '\0';
	} while (strstr(text, "\r\n\r\n") == NULL);
	return length;
}

static void
make_receipt(const struct center *c, const unsigned char *body, size_t length,
	struct buffer *out)
{
	const struct crypto_span span = { body, length };
	unsigned char key[32];
	struct receipt r = { .key_id = { 1 }, .key_id_length = 1 };

	memset(key, c->fault == FAULT_KEY ? 8 : 7, sizeof(key));
	strcpy(r.principal,
		c->fault == FAULT_OTHER            ? "agent:SOUTH"
			: c->fault == FAULT_DEVICE ? "device:NORTH"
						   : "agent:NORTH");
	crypto_sha256(&span, 1, r.digest, NULL);
	r.digest[0] ^= c->fault == FAULT_DIGEST;
	r.date = 1796068800;
	if (c->fault != FAULT_MISSING)
		receipt_make(&r, key, sizeof(key), out, NULL);
	if (c->fault == FAULT_CUT)
		out->length -= 2;
}

static void
put_escaped(struct buffer *out, const struct buffer *text)
{
	for (size_t i = 0; i < text->length; i++)
		if (text->data[i] == '\n')
			buffer_text(out, "\\n");
		else
			buffer_append(out, &text->data[i], 1);
}

/* The agent's lines are counted by opening what it has sent. */
static void
judge(const struct center *c, const unsigned char *body, size_t length,
	struct buffer *out)
{
	struct buffer receipt = { 0 };

	make_receipt(c, body, length, &receipt);
	if (c->lines != NULL)
		buffer_text(out, c->lines);
	else
		for (int i = 1; i <= 3; i++)
			buffer_format(out,
				"{\"report\":%d,\"verdict\":\"genuine\","
				"\"reason\":\"-\",\"serial\":\"A1\","
				"\"sequence\":1,\"kept\":false}\n",
				i);
	buffer_text(out,
		c->too_large ? "{\"message\":{\"verdict\":\"malformed\","
			       "\"reason\":\"too-large\",\"kept\":false},"
			       "\"receipt\":"
			     : "{\"message\":{\"verdict\":\"genuine\","
			       "\"reason\":\"-\",\"kept\":false},"
			       "\"receipt\":");
	if (receipt.length > 0)
		buffer_text(out, "\"");
	put_escaped(out, &receipt);
	buffer_text(out, receipt.length > 0 ? "\"}\n" : "null}\n");
	buffer_clear(&receipt);
}

static void
answer_post(struct center *c, int fd, char *request, size_t length)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const char *field = strstr(request, "Content-Length: ");
	size_t want = field == NULL ? 0 : strtoul(field + 16, NULL, 10);
	char *body = strstr(request, "\r\n\r\n") + 4;
	size_t have = length - (size_t)(body - request);
	struct buffer out = { 0 };
	ssize_t n = 1;

	c->bodies += have;
	if (c->instead != NULL) {
		say(fd, c->instead, strlen(c->instead));
		shutdown(fd, SHUT_WR);
		while ((n = recv(fd, body, 4096, 0)) > 0)
			c->bodies += (size_t)n;
		return;
	}
	say(fd, go_on, sizeof(go_on) - 1);
	while (have < want && (n = recv(fd, body + have, want - have, 0)) > 0) {
		have += (size_t)n;
		c->bodies += (size_t)n;
	}
	buffer_format(&out,
		"HTTP/1.1 %s\r\nContent-Type: application/jsonl"
		"\r\nConnection: close\r\n\r\n",
		c->status == NULL ? "200 OK" : c->status);
	judge(c, (unsigned char *)body, have, &out);
	say(fd, (char *)out.data, out.length);
	buffer_clear(&out);
}

static void
answer(struct center *c, int fd, char *request)
{
	size_t length = hear(fd, request, REQUEST_MAX);

	if (length == 0)
		return;
	c->requests++;
	text_format(c->last, sizeof(c->last), "%.*s",
		(int)(strstr(request, "\r\n\r\n") - request), request);
	if (strncmp(request, "POST", 4) == 0)
		answer_post(c, fd, request, length);
	else if (c->greeting != NULL)
		say(fd, c->greeting, strlen(c->greeting));
	else
		say(fd, HEAD("200 OK", "application/json") "\r\n" GREETING,
			strlen(HEAD(
				"200 OK", "application/json") "\r\n" GREETING));
}

static void *
serve(void *arg)
{
	struct center *c = arg;
	char *request = malloc(REQUEST_MAX);
	int fd;

	while ((fd = accept(c->listener, NULL, NULL)) != -1) {
		answer(c, fd, request);
		close(fd);
	}
	free(request);
	return NULL;
}

static void
begin_center(struct center *c)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t length = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(c->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(c->listener, 8), 0);
	getsockname(c->listener, (struct sockaddr *)&at, &length);
	c->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&c->thread, NULL, serve, c), 0);
}

static void
no_clock(struct clock_reading *r)
{
	memset(r, 0, sizeof(*r));
	r->boot = 100;
	strcpy(r->boot_id, "one");
}

static void
put_three(struct fixture *f)
{
	for (int i = 0; i < 3; i++)
		OK(backlog_put(f->backlog, "{\"version\":1,\"n\":1}", 19, NULL,
			0, &f->e));
	OK(backlog_sync(f->backlog, &f->e));
}

static int
make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct dca_configuration *c = &f->configuration;
	static char north[] = "NORTH", center[] = "K0001", none[] = "";

	strcpy(f->path, "/tmp/contact.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	OK(crypto_init(&f->e));
	OK(parser_init(&f->e));
	begin_center(&f->center);
	text_format(
		f->url, sizeof(f->url), "http://127.0.0.1:%d", f->center.port);
	c->id = north;
	c->center = center;
	c->url = f->url;
	c->certificate_key = none;
	c->allow_http = 1;
	c->timeout = 1;
	c->max_message_size = 1 << 20;
	memset(f->key.key, 7, sizeof(f->key.key));
	f->key.length = 32;
	f->key.id[0] = 1;
	f->key.id_length = 1;
	dating_init(&f->dating, no_clock);
	OK(backlog_open(f->path, 1 << 20, &f->backlog, &f->e));
	OK(contact_open(
		&f->contact, c, &f->key, f->backlog, &f->dating, &f->e));
	put_three(f);
	*state = f;
	return 0;
}

static int
unmake(void **state)
{
	struct fixture *f = *state;
	char command[128];

	shutdown(f->center.listener, SHUT_RDWR);
	pthread_join(f->center.thread, NULL);
	close(f->center.listener);
	contact_close(&f->contact);
	backlog_close(&f->backlog);
	buffer_clear(&f->texts[0]);
	buffer_clear(&f->texts[1]);
	text_format(command, sizeof(command), "rm -rf %s", f->path);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static int64_t
waits(struct fixture *f)
{
	struct backlog_count count;

	backlog_count(f->backlog, &count);
	return count.octets;
}

#define STATE(got, want) \
	assert_string_equal(contact_state_name(got), contact_state_name(want))

/* Our own clock came while the center is away: what waits is dated now, since
 * after another boot it would get a doubtful one. */
static void
clock_without_center(struct clock_reading *r)
{
	no_clock(r);
	r->real = 1796068800;
	r->synchronised = true;
}

static void
begin_site(struct fixture *f, struct site *s)
{
	memset(s, 0, sizeof(*s));
	s->mode = SITE_WORK;
	s->configuration = &f->configuration;
	s->configuration->state_directory = f->path;
	s->backlog = f->backlog;
	s->dating = f->dating;
	s->contact = f->contact;
	s->contact.dating = &s->dating;
}

static void
dates_without_center(void **state)
{
	struct fixture *f = *state;
	struct backlog_count count;
	struct turn t = { 0 };
	struct site s;

	f->center.greeting = HEAD("503 Service Unavailable",
		"text/plain") "Content-Length: 0\r\n\r\n";
	begin_site(f, &s);
	OK(backlog_put(f->backlog, "{\"version\":1,\"n\":2}", 19, &s.dating, 90,
		&f->e));
	OK(backlog_sync(f->backlog, &f->e));
	s.dating.clock = clock_without_center;
	STATE(turn_contact(&s, &t), CONTACT_LATER);
	backlog_count(f->backlog, &count);
	assert_int_equal(count.undated, 0);
	assert_int_equal(count.files, 2);
}

/* What stands where an answer is to be sent cannot be read. */
static void
answer_that_fails(void **state)
{
	struct fixture *f = *state;
	char path[128];
	struct turn t = { 0 };
	struct site s;

	begin_site(f, &s);
	text_format(path, sizeof(path), "%s/answers", f->path);
	assert_int_equal(mkdir(path, 0700), 0);
	text_format(
		path, sizeof(path), "%s/answers/" EMAIL_ID ".A1.json", f->path);
	assert_int_equal(mkdir(path, 0700), 0);
	STATE(turn_contact(&s, &t), CONTACT_TROUBLE);
	assert_non_null(strstr(t.contact_why, EMAIL_ID));
	assert_int_equal(waits(f), 0);
	assert_int_equal(t.failures, 0);
}

static void
greets(void **state)
{
	struct fixture *f = *state;

	STATE(contact_greet(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(f->contact.greeting.printers, 3);
	assert_int_equal(dating_of(&f->dating, 100), 1796068800);
	assert_int_equal(
		strncmp(f->center.last, "GET /csrc/agent/NORTH HTTP/1.1", 30),
		0);
	assert_int_equal(f->center.bodies, 0);
}

static void
greeted_wrong(void **state)
{
#define JSON HEAD("200 OK", "application/json") "\r\n"
	static const struct {
		const char *says;
		enum contact_state state;
	} rows[] = {
		{ JSON "{\"agent\":\"SOUTH\",\"center\":\"K0001\",\"time\":"
		       "\"2026-11-30T20:00:00Z\",\"printers\":3,\"requests\":"
		       "0}",
			CONTACT_MISMATCH },
		{ JSON "{\"agent\":\"NORTH\",\"center\":\"K0002\",\"time\":"
		       "\"2026-11-30T20:00:00Z\",\"printers\":3,\"requests\":"
		       "0}",
			CONTACT_MISMATCH },
		{ JSON "{\"agent\":\"NORTH\",\"agent\":\"NORTH\",\"center\":"
		       "\"K0001\",\"time\":\"2026-11-30T20:00:00Z\","
		       "\"printers\":3,\"requests\":0}",
			CONTACT_BROKEN },
		{ JSON "{\"agent\":\"NORTH\",\"center\":\"K0001\"}",
			CONTACT_BROKEN },
		{ JSON "{\"agent\":[],\"center\":1}", CONTACT_BROKEN },
		{ JSON "welcome", CONTACT_BROKEN },
		{ JSON, CONTACT_BROKEN },
		{ HEAD("403 Forbidden", "text/html") "\r\n", CONTACT_REFUSED },
		{ HEAD("404 Not Found", "text/html") "\r\n", CONTACT_BROKEN },
		{ HEAD("302 Found", "text/html") "Location: /\r\n\r\n",
			CONTACT_BROKEN },
		{ HEAD("503 Busy", "text/html") "Retry-After: 77\r\n\r\n",
			CONTACT_LATER },
		{ HEAD("200 OK", "application/json") "Content-Length: "
						     "900\r\n\r\n" GREETING,
			CONTACT_UNREACHABLE },
		{ "SSH-2.0-OpenSSH\r\n\r\n", CONTACT_UNREACHABLE },
		{ "", CONTACT_UNREACHABLE },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->center.greeting = rows[i].says;
		STATE(contact_greet(&f->contact, &f->e), rows[i].state);
	}
	assert_int_equal(f->center.bodies, 0);
}

static void
greeted_at_length(void **state)
{
	struct fixture *f = *state;
	struct buffer *text = f->texts;

	buffer_text(text, HEAD("200 OK", "application/json") "\r\n");
	for (int i = 0; i < 5000; i++)
		buffer_text(text, " ");
	f->center.greeting = (char *)text->data;
	STATE(contact_greet(&f->contact, &f->e), CONTACT_BROKEN);
	/* fields without end */
	text++;
	buffer_text(text, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 5000; i++)
		buffer_text(text, "X-Field: something of no use\r\n");
	f->center.greeting = (char *)text->data;
	STATE(contact_greet(&f->contact, &f->e), CONTACT_BROKEN);
}

static void
later_is_when_it_says(void **state)
{
	struct fixture *f = *state;

	f->center.greeting =
		HEAD("503 Busy", "text/html") "Retry-After: 77\r\n\r\n";
	STATE(contact_greet(&f->contact, &f->e), CONTACT_LATER);
	assert_int_equal(f->contact.retry_after, 77);
	f->center.greeting =
		HEAD("503 Busy", "text/html") "Retry-After: 99999999\r\n\r\n";
	STATE(contact_greet(&f->contact, &f->e), CONTACT_LATER);
	assert_int_equal(f->contact.retry_after, 24 * 3600);
}

static void
sends(void **state)
{
	struct fixture *f = *state;

	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(waits(f), 0);
	assert_int_equal(f->contact.genuine, 3);
	assert_int_equal(f->center.requests, 1);
	assert_non_null(strstr(f->center.last, "Expect: 100-continue"));
	assert_non_null(strstr(f->center.last, "Content-Type: message/rfc822"));
	assert_int_equal(
		strncmp(f->center.last, "POST /csrc/agent/NORTH/reports ", 31),
		0);
	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(f->center.requests, 1);
}

/* Whatever it says but 100, no octet of the body leaves. */
static void
no_body_without_100(void **state)
{
	static const struct {
		const char *says;
		enum contact_state state;
	} rows[] = {
		{ HEAD("403 Forbidden", "text/html") "\r\n", CONTACT_REFUSED },
		{ HEAD("417 No", "text/html") "\r\n", CONTACT_BROKEN },
		{ HEAD("503 Busy", "text/html") "\r\n", CONTACT_LATER },
		{ HEAD("200 OK", "application/jsonl") "\r\n{}\n",
			CONTACT_BROKEN },
		{ HEAD("307 Elsewhere",
			  "text/html") "Location: "
				       "/csrc/agent/NORTH/reports\r\n\r\n",
			CONTACT_BROKEN },
		{ "HTTP/1.1 102 Processing\r\n\r\n", CONTACT_UNREACHABLE },
		{ "", CONTACT_UNREACHABLE },
	};
	struct fixture *f = *state;
	int64_t before = waits(f);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->center.instead = rows[i].says;
		STATE(contact_send(&f->contact, &f->e), rows[i].state);
	}
	assert_int_equal(f->center.bodies, 0);
	assert_int_equal(https_sent(f->contact.https), 0);
	assert_int_equal(waits(f), before);
}

static void
receipts_that_do_not_hold(void **state)
{
	static const enum fault faults[] = { FAULT_MISSING, FAULT_KEY,
		FAULT_DIGEST, FAULT_OTHER, FAULT_DEVICE, FAULT_CUT };
	struct fixture *f = *state;
	int64_t before = waits(f);

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		f->center.fault = faults[i];
		STATE(contact_send(&f->contact, &f->e), CONTACT_UNRECEIPTED);
	}
	assert_int_equal(waits(f), before);
	assert_true(f->center.bodies > 0);
	f->center.fault = FAULT_NONE;
	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(waits(f), 0);
}

#define LINE(number, verdict, reason, kept)             \
	"{\"report\":" number ",\"verdict\":\"" verdict \
	"\",\"reason\":\"" reason "\",\"serial\":\"A1\",\"kept\":" kept "}\n"

static void
lines_that_make_no_sense(void **state)
{
	static const char *const rows[] = {
		LINE("0", "genuine", "-", "false"),
		LINE("4", "genuine", "-", "false"),
		LINE("-1", "genuine", "-", "false"),
		LINE("1", "genuine", "-", "false")
			LINE("1", "genuine", "-", "false"),
		LINE("1", "", "-", "false"),
		LINE("1", "GENUINE\\u0007", "-", "false"),
		LINE("\"1\"", "genuine", "-", "false"),
		"{\"report\":1}\n",
		"{\"report\":1\n",
		"[]\n",
		"{\"message\":{\"verdict\":\"genuine\",\"reason\":\"-\"},"
		"\"receipt\":null}\n",
		/* only the second has a line: the first has none */
		LINE("2", "genuine", "-", "false"),
	};
	struct fixture *f = *state;
	int64_t before = waits(f);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->center.lines = rows[i];
		STATE(contact_send(&f->contact, &f->e), CONTACT_BROKEN);
	}
	assert_int_equal(waits(f), before);
}

static void
some_are_refused(void **state)
{
	struct fixture *f = *state;
	struct backlog_count count;

	f->center.lines = LINE("1", "spoof", "unknown-device", "true")
		LINE("2", "malformed", "unreadable", "false")
			LINE("3", "duplicate", "-", "false");
	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(waits(f), 0);
	assert_int_equal(f->contact.kept, 1);
	assert_int_equal(f->contact.refused, 1);
	assert_int_equal(f->contact.duplicate, 1);
	backlog_count(f->backlog, &count);
	assert_int_equal(count.refused_files, 1);
}

/* Nothing of it was taken, for good. */
static void
all_is_refused(void **state)
{
	struct fixture *f = *state;
	struct backlog_count count;

	f->center.status = "422 No";
	f->center.lines = LINE("1", "spoof", "stale", "false") LINE("2",
		"spoof", "stale", "false") LINE("3", "spoof", "stale", "false");
	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(waits(f), 0);
	backlog_count(f->backlog, &count);
	assert_int_equal(count.refused_files, 1);
}

/* It has looked at the first ones only. */
static void
more_than_it_takes(void **state)
{
	struct fixture *f = *state;

	f->center.lines = LINE("1", "genuine", "-", "false")
		LINE("2", "spoof", "too-large", "false");
	f->center.status = "200 OK";
	/* the second and third are sent again, where no line fits theirs */
	STATE(contact_send(&f->contact, &f->e), CONTACT_BROKEN);
	assert_int_equal(f->contact.genuine, 1);
	assert_int_equal(f->contact.lines, 1);
	assert_int_equal(waits(f), 2 * 20);
	f->center.lines = LINE("1", "genuine", "-", "false");
	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(waits(f), 0);
}

/* However little a center takes, one report at a time is sent to it. */
static void
center_takes_little(void **state)
{
	struct fixture *f = *state;
	char line[9001];

	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	memset(line, ' ', sizeof(line));
	line[0] = '{';
	line[8999] = '}';
	for (int i = 0; i < 3; i++)
		OK(backlog_put(f->backlog, line, 9000, NULL, 0, &f->e));
	OK(backlog_sync(f->backlog, &f->e));
	f->contact.greeting.octets = 26 << 10;
	f->center.lines = LINE("1", "genuine", "-", "false");
	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(f->contact.bundles, 1 + 3);
	/* not two of them, to find that one is taken */
	assert_true(f->center.bodies < 4 * sizeof(line));
	assert_int_equal(waits(f), 0);
}

/* What does not get through gets smaller, down to one report. */
static void
less_is_sent(void **state)
{
	struct fixture *f = *state;

	f->center.instead = HEAD("413 Too large", "text/html") "\r\n";
	for (int i = 0; i < 12; i++)
		STATE(contact_send(&f->contact, &f->e), CONTACT_LATER);
	assert_true(f->contact.octets < 8192);
	assert_int_equal(waits(f), 3 * 20);
}

static bool
one_bundle(void *arg)
{
	const struct contact *c = arg;

	return c->bundles > 0;
}

/* The one at which it left off was not looked at, whatever it says of it. */
static void
one_more_than_it_takes(void **state)
{
#define GOOD(number) LINE(number, "genuine", "-", "false")
	static const char *const rows[] = {
		GOOD("1") GOOD("2") LINE("3", "spoof", "too-large", "false"),
		LINE("1", "spoof", "unassigned", "true")
			LINE("2", "spoof", "unassigned", "true")
				LINE("3", "spoof", "too-large", "true"),
	};
	struct fixture *f = *state;
	struct backlog_count count;

	f->contact.enough = one_bundle;
	f->contact.enough_arg = &f->contact;
	for (size_t i = 0; i < 2; i++) {
		f->contact.bundles = 0;
		f->center.lines = rows[i];
		STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
		assert_int_equal(waits(f), 20);
		assert_int_equal(f->contact.lines, 2);
		assert_int_equal(f->contact.kept, 2 * i);
		/* by itself it is looked at */
		f->contact.bundles = 0;
		f->center.lines = GOOD("1");
		STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
		assert_int_equal(waits(f), 0);
		backlog_count(f->backlog, &count);
		assert_int_equal(count.refused_files, 0);
		put_three(f);
		f->contact.lines = BACKLOG_LINES_MAX;
	}
}

/* Alone, or the first of others, it is what is too large. */
static void
too_large_by_itself(void **state)
{
	struct fixture *f = *state;
	struct backlog_count count;

	f->contact.lines = 1;
	f->contact.enough = one_bundle;
	f->contact.enough_arg = &f->contact;
	f->center.lines = LINE("1", "malformed", "too-large", "false");
	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(f->contact.refused, 1);
	assert_int_equal(f->contact.lines, BACKLOG_LINES_MAX);
	assert_int_equal(waits(f), 2 * 20);
	backlog_count(f->backlog, &count);
	assert_int_equal(count.refused_files, 1);
}

/* Of many reports that are too large together none is: they are sent one by one
 * before one of them is put aside. */
static void
too_large_together(void **state)
{
	struct fixture *f = *state;

	f->center.lines = "";
	f->center.too_large = true;
	STATE(contact_send(&f->contact, &f->e), CONTACT_CONFIRMED);
	assert_int_equal(f->center.requests, 2 + 3);
	assert_int_equal(f->contact.refused, 3);
	assert_int_equal(waits(f), 0);
}

static void
nobody_there(void **state)
{
	struct fixture *f = *state;

	https_stop(f->contact.https);
	STATE(contact_greet(&f->contact, &f->e), CONTACT_UNREACHABLE);
	contact_close(&f->contact);
	strcpy(f->url, "http://127.0.0.1:1");
	OK(contact_open(&f->contact, &f->configuration, &f->key, f->backlog,
		&f->dating, &f->e));
	STATE(contact_greet(&f->contact, &f->e), CONTACT_UNREACHABLE);
	contact_close(&f->contact);
	f->configuration.allow_http = 0;
	assert_int_equal(contact_open(&f->contact, &f->configuration, &f->key,
				 f->backlog, &f->dating, &f->e),
		-1);
	assert_int_equal(f->e.code, ERROR_BAD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dates_without_center),
		TEST(answer_that_fails),
		TEST(greets),
		TEST(greeted_wrong),
		TEST(greeted_at_length),
		TEST(later_is_when_it_says),
		TEST(sends),
		TEST(no_body_without_100),
		TEST(receipts_that_do_not_hold),
		TEST(lines_that_make_no_sense),
		TEST(some_are_refused),
		TEST(all_is_refused),
		TEST(more_than_it_takes),
		TEST(center_takes_little),
		TEST(less_is_sent),
		TEST(one_more_than_it_takes),
		TEST(too_large_by_itself),
		TEST(too_large_together),
		TEST(nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
