/*
 * What csrc-webdav decides without a network: its configuration, the names of
 * files, when it asks again, and which requests are everywhere.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "tests/unit/hostile.h"
#include "base/secret.h"
#include "webdav/configuration.h"
#include "webdav/copies.h"
#include "webdav/filename.h"
#include "webdav/pace.h"
#include "webdav/slice.h"
#include "webdav/tries.h"

#define SERVER "[server a]\nurl = https://dav.example/csrc/\ncenter = K0001\n"

static char directory[] = "collecting.XXXXXX";
static char file[64], password_file[PATH_MAX];

static int
setup(void **state)
{
	char *here;

	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	here = realpath(directory, NULL);
	snprintf(file, sizeof(file), "%s/conf", directory);
	snprintf(password_file, sizeof(password_file), "%s/password", here);
	free(here);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(file);
	unlink(password_file);
	return rmdir(directory);
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *out;

	unlink(path);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static struct configuration *
load(const char *text)
{
	struct configuration *c;
	struct error e = { 0 };

	write_file(file, text, 0644);
	if (configuration_load(file, &c, &e) != 0)
		fail_msg("%s", e.text);
	return c;
}

/* The text is refused in this line (0: none), for this reason. */
static void
refused(const char *text, int line, const char *why)
{
	struct configuration *c;
	struct error e = { 0 };
	char start[80];

	write_file(file, text, 0644);
	snprintf(start, sizeof(start), line != 0 ? "%s:%d: " : "%s: ", file,
		line);
	assert_int_equal(configuration_load(file, &c, &e), -1);
	assert_null(c);
	if (strncmp(e.text, start, strlen(start)) != 0 ||
		strstr(e.text, why) == NULL)
		fail_msg("expected %s…%s…, got: %s", start, why, e.text);
}

static void
servers_have_what_their_sections_say(void **state)
{
	struct configuration *c =
		load("interval = 2m\n" SERVER "paths = certificate\n"
		     "  [server b.2]  \n"
		     "url = http://127.0.0.1:8080\n"
		     "center = k-2\nallow_http = yes\n"
		     "interval = 5s\nconnections = 16\n");

	(void)state;
	assert_int_equal(c->server_count, 2);
	assert_string_equal(c->servers[0].name, "a");
	assert_string_equal(c->servers[0].url, "https://dav.example/csrc/");
	assert_int_equal(c->servers[0].interval, 120);
	assert_int_equal(c->servers[0].connections, 2);
	assert_int_equal(c->servers[0].paths, PATHS_CERTIFICATE);
	assert_string_equal(c->servers[0].user, "");
	assert_null(c->servers[0].password);
	assert_string_equal(c->servers[1].name, "b.2");
	assert_string_equal(c->servers[1].center, "K-2");
	assert_int_equal(c->servers[1].interval, 5);
	assert_int_equal(c->servers[1].connections, 16);
	assert_int_equal(c->servers[1].paths, PATHS_NONE);
	assert_true(c->servers[1].allow_http);
	assert_int_equal(c->timeout, 60);
	assert_int_equal(c->max_message_size, 4 << 20);
	configuration_free(&c);
	assert_null(c);
	configuration_free(&c);
}

static void
errors_say_where(void **state)
{
	(void)state;
	refused("", 0, "nothing to do");
	refused("url = https://a.example/\n", 1, "no such option before");
	refused(SERVER "socket = /x\n", 4, "no such option of a server");
	refused(SERVER "center = K0002\n", 4, "given before in line 3");
	refused("interval = 0\n" SERVER, 1, "interval");
	refused(SERVER "connections = 17\n", 4, "connections");
	refused(SERVER "paths = maybe\n", 4, "none|login|certificate");
	refused(SERVER "user = \n[server A]\n", 5, "begins in line 1");
	refused(SERVER "[server]\n", 4, "[server NAME]");
	refused(SERVER "[server a b]\n", 4, "a server's name");
	refused(SERVER "[client a]\n", 4, "[server NAME]");
	refused(SERVER "[server b\n", 4, "not of the form [name]");
	refused(SERVER "[]\n", 4, "not of the form [name]");
	refused("[server 012345678901234567890123456789012]\n", 1, "32");
	refused("[server a]\ncenter = K\n", 1, "url and center are needed");
	refused("[server a]\nurl = https://a/\ncenter = K 1\n", 1,
		"no center ID");
	refused(SERVER "user = me\n", 1, "user and password_file");
	refused(SERVER "key = /k\n", 1, "certificate and key");
	refused(SERVER "proxy_user = me\nproxy_password_file = /p\n", 1,
		"without proxy");
	refused(SERVER "paths = certificate\nallow_http = yes\n", 1,
		"without TLS");
	refused(SERVER "ca_file = relative\n", 4, "absolute path");
	refused(SERVER "user = me\npassword_file = /nowhere/none\n", 1,
		"/nowhere/none");
}

static void
too_many_servers(void **state)
{
	char text[64 * SERVERS_MAX * 2];
	size_t length = 0;

	(void)state;
	for (int i = 0; i <= SERVERS_MAX; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"[server s%d]\nurl = https://a/\ncenter = K\n", i);
	refused(text, SERVERS_MAX * 3 + 1, "more than 64 servers");
}

static void
password_is(const char *text, mode_t mode, const char *why)
{
	char *secret = NULL;
	struct error e = { 0 };

	write_file(password_file, text, mode);
	assert_int_equal(secret_read(password_file, &secret, &e), -1);
	assert_null(secret);
	if (strstr(e.text, why) == NULL || strstr(e.text, "word") == NULL)
		fail_msg("expected %s, got: %s", why, e.text);
	assert_null(strstr(e.text, "hush"));
}

static void
passwords_are_kept_from_others(void **state)
{
	char *secret, text[PATH_MAX + 512];
	struct configuration *c;
	struct error e;

	(void)state;
	password_is("hush\n", 0644, "mode is 0644");
	password_is("hush\n", 0660, "mode is 0660");
	password_is("", 0600, "not one line");
	password_is("\n", 0600, "not one line");
	password_is("hush\nhush\n", 0600, "control characters");
	memset(text, 'x', SECRET_MAX + 1);
	text[SECRET_MAX + 1] = '\0';
	password_is(text, 0600, "not one line of 1 to 255");
	text[SECRET_MAX] = '\n';
	write_file(password_file, text, 0640);
	assert_int_equal(secret_read(password_file, &secret, &e), 0);
	assert_int_equal(strlen(secret), SECRET_MAX);
	free(secret);
	assert_int_equal(secret_check(password_file, &e), 0);
	assert_int_equal(secret_check(directory, &e), -1);

	write_file(password_file, "a secret\r\n", 0400);
	snprintf(text, sizeof(text), SERVER "user = me\npassword_file = %s\n",
		password_file);
	c = load(text);
	assert_string_equal(c->servers[0].password, "a secret");
	configuration_free(&c);
}

static void
names_have_one_spelling(void **state)
{
	static const char *const none[] = { "", ".", "A1", "A1.", "A1.p7m",
		"a1.0123456789abcdef.p7m", "A1.0123456789abcde.p7m",
		"A1.0123456789abcdef", "A1.0123456789abcdef.P7M",
		"A1.0123456789abcdef.p7m.p7m", "A1.0123456789abcdef.txt",
		".0123456789abcdef.p7m", "A=41.0123456789abcdef.p7m",
		"A=2f.0123456789abcdef.p7m", "A1.0123456789abcd_f.p7m",
		"A1.0123456789abcdef.p7m ", "../A1.0123456789abcdef.p7m",
		"A1..0123456789abcdef.p7m", "A1.0123456789abcdef..p7m",
		("A1.01234567890123456789012345678901234567890123456789012345"
		 "678901234.p7m"),
		"A12345678901234567890123456789012.0123456789abcdef.p7m" };
	struct filename f;
	char path[PATH_SIZE];

	(void)state;
	assert_true(filename_read("A1.0123456789abcdef.p7m", &f));
	assert_string_equal(f.serial, "A1");
	assert_string_equal(f.id, "0123456789abcdef");
	filename_receipt(&f, path);
	assert_string_equal(path, "outbox/A1/0123456789abcdef.receipt");
	assert_true(filename_read("X=2FY.ABCDEF-hijklmnop.eml", &f));
	assert_string_equal(f.serial, "X/Y");
	filename_receipt(&f, path);
	assert_string_equal(path, "outbox/X=2FY/ABCDEF-hijklmnop.receipt");
	filename_request("X/Y", "abc", true, path);
	assert_string_equal(path, "outbox/X=2FY/abc.p7m");
	filename_request("X", "abc", false, path);
	assert_string_equal(path, "outbox/X/abc.eml");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (filename_read(none[i], &f))
			fail_msg("taken for a message: %s", none[i]);
}

/* Each pause is between half and the whole of what it may be. */
static void
failures_come_ever_more_seldom(void **state)
{
	struct pace p = { .interval = 60000 };
	int64_t whole = 1000, pause;

	(void)state;
	assert_int_equal(pace_next(&p, OUTCOME_IDLE, 1), 60000);
	assert_int_equal(pace_next(&p, OUTCOME_BUSY, 1), 0);
	for (int i = 0; i < 100; i++) {
		pause = pace_next(&p, OUTCOME_FAILED, (uint64_t)i * 7919);
		assert_in_range(pause, whole / 2, whole);
		whole = whole < 512000 ? whole * 2 : PACE_FAILED_MAX * 1000;
	}
	assert_int_equal(p.failures, 100);
	assert_int_equal(pace_next(&p, OUTCOME_IDLE, 1), 60000);
	assert_in_range(pace_next(&p, OUTCOME_FAILED, UINT64_MAX), 500, 1000);
	assert_int_equal(pace_pause(UINT32_MAX, 10, 0), 10000);
	assert_int_equal(pace_pause(0, 10, 0), 1000);
}

/* Whatever a server's own interval is. */
static void
work_is_looked_at_anyway(void **state)
{
	const int64_t never = TRIES_NEVER;
	struct look l = { 0 };

	(void)state;
	look_done(&l, 5000, true, false, 0);
	assert_int_equal(look_next(&l, never), 5000 + LOOK_EVERY);
	assert_int_equal(look_next(&l, 7000), 7000);
	look_done(&l, 6000, false, true, 0);
	assert_int_equal(look_next(&l, never), 6000);
}

/* More than fits waits for a gateway that can take none: something is due at
 * each moment, but nobody is in a hurry. */
static void
what_is_stuck_is_tried_ever_more_seldom(void **state)
{
	struct look l = { 0 };
	int64_t whole = 1000;

	(void)state;
	for (int i = 0; i < 100; i++) {
		look_done(&l, 1000000, false, false, (uint64_t)i * 7919);
		assert_in_range(look_next(&l, 1000001), 1000000 + whole / 2,
			1000000 + whole);
		whole = whole < 512000 ? whole * 2 : PACE_FAILED_MAX * 1000;
	}
	look_done(&l, 1000000, false, true, 0);
	assert_int_equal(look_next(&l, 1000001), 1000000);
}

/* A listing of work/ that is twice as long as a slice. */
static char *
long_listing(void)
{
	static const char begins[] =
		"HTTP/1.1 207 Multi-Status\r\nConnection: close\r\n"
		"Content-Length: %zu\r\n\r\n%s";
	struct buffer list = { 0 };
	char *all;

	buffer_text(&list, "<multistatus xmlns=\"DAV:\">");
	for (int i = 0; i < 2 * SLICE_MAX; i++)
		assert_int_equal(
			buffer_format(&list,
				"<response><href>/x/work/%016x."
				"A%d.0123456789abcdef.p7m</href><propstat>"
				"<prop/><status>HTTP/1.1 200 OK</status>"
				"</propstat></response>",
				(unsigned int)i, i >= SLICE_MAX),
			BUFFER_OK);
	buffer_text(&list, "</multistatus>");
	assert_true(asprintf(&all, begins, list.length, list.data) != -1);
	buffer_clear(&list);
	return all;
}

/* Those in front may be such as cannot be taken for a long time. */
static void
all_of_work_has_its_chance(void **state)
{
	struct hostile h;
	struct scene scene = { .manner = SAYS, .says = long_listing() };
	atomic_bool stopping = false;
	struct station s = { .stopping = &stopping };
	struct configuration *c;
	struct error e = { 0 };
	char text[256];
	int behind = 0;

	(void)state;
	hostile_start(&h, &scene);
	snprintf(text, sizeof(text),
		"[server a]\nurl = http://127.0.0.1:%d/x/\ncenter = K0001\n"
		"allow_http = yes\n",
		h.port);
	c = load(text);
	if (station_open(&s, c, &c->servers[0], &e) != 0 ||
		slice_work(&s, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(s.left, 2 * SLICE_MAX);
	assert_int_equal(s.slice->count, SLICE_MAX);
	for (size_t i = 0; i < s.slice->count; i++)
		behind += strstr(s.slice->names[i], ".A1.") != NULL;
	assert_in_range(behind, SLICE_MAX / 4, 3 * SLICE_MAX / 4);

	/* who is to end does not wait for the end of it */
	s.left = 0;
	atomic_store(&stopping, true);
	assert_int_equal(slice_work(&s, &e), 0);
	assert_int_equal(s.left, 0);
	station_close(&s);
	configuration_free(&c);
	hostile_stop(&h);
	free((char *)scene.says);
}

static void
each_name_has_its_pause(void **state)
{
	struct tries *t = tries_new();

	(void)state;
	assert_non_null(t);
	assert_true(tries_due(t, "a", 0));
	assert_true(tries_next(t, 0) == TRIES_NEVER);
	tries_failed(t, "a", 5000, 0);
	assert_false(tries_due(t, "a", 5999));
	assert_true(tries_due(t, "a", 6000));
	assert_int_equal(tries_next(t, 0), 6000);
	assert_true(tries_next(t, 6000) == TRIES_NEVER);
	tries_failed(t, "a", 6000, 0);
	assert_false(tries_due(t, "a", 7999));
	tries_hold(t, "b", TRIES_NEVER);
	assert_false(tries_due(t, "b", INT64_MAX - 1));
	assert_true(tries_known(t, "b"));
	assert_int_equal(tries_next(t, 0), 8000);
	tries_done(t, "a");
	assert_true(tries_due(t, "a", 0));
	assert_false(tries_known(t, "a"));
	tries_failed(t, "a", 0, 0);
	assert_int_equal(tries_next(t, 0), 1000);
	tries_free(&t);
	assert_null(t);
}

/* However many names, memory is the same, and none is held for good. */
static void
names_may_be_forgotten(void **state)
{
	struct tries *t = tries_new();
	char name[32];
	int held = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		tries_failed(t, name, 0, 0);
	}
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		held += !tries_due(t, name, 0);
	}
	assert_in_range(held, 4000, 8192);
	tries_free(&t);
}

/* Far more names than are remembered, each seen again and again: none waits
 * longer than once. */
static void
nobody_waits_for_ever(void **state)
{
	enum { NAMES = 100000, WHILE = 60000 };
	static bool was_due[NAMES];
	struct tries *t = tries_new();
	char name[32];

	(void)state;
	for (int64_t now = WHILE; now <= 2 * WHILE; now += WHILE)
		for (int i = 0; i < NAMES; i++) {
			snprintf(name, sizeof(name), "name%d", i);
			if (!tries_known(t, name))
				tries_wait(t, name, now, now + WHILE);
			was_due[i] = was_due[i] || tries_due(t, name, now);
		}
	for (int i = 0; i < NAMES; i++)
		if (!was_due[i])
			fail_msg("name%d was never due", i);
	tries_wait(t, "new", 3 * WHILE, 4 * WHILE);
	assert_false(tries_due(t, "new", 4 * WHILE - 1));
	tries_free(&t);
}

static void
all_servers_have_it(void **state)
{
	struct copies *c = copies_new(3), *one = copies_new(1);
	struct copies *many = copies_new(COPIES_SERVERS_MAX);

	(void)state;
	assert_true(copies_add(one, "x", 0));
	assert_false(copies_has(c, "x", 0));
	assert_false(copies_add(c, "x", 0));
	assert_false(copies_add(c, "x", 0));
	assert_false(copies_add(c, "y", 1));
	assert_false(copies_add(c, "x", 2));
	assert_true(copies_has(c, "x", 2));
	assert_false(copies_has(c, "x", 1));
	assert_true(copies_add(c, "x", 1));
	copies_forget(c, "x");
	assert_false(copies_has(c, "x", 1));
	assert_true(copies_has(c, "y", 1));
	copies_forget(c, "never");
	for (unsigned int i = 0; i < COPIES_SERVERS_MAX; i++)
		assert_int_equal(
			copies_add(many, "z", i), i == COPIES_SERVERS_MAX - 1);
	copies_free(&c);
	copies_free(&one);
	copies_free(&many);
	copies_free(&many);
}

/* It grows, and at last forgets all; it never says that a server has what it
 * has not. */
static void
too_many_requests_are_forgotten(void **state)
{
	struct copies *c = copies_new(2);
	char id[32];
	int kept = 0;

	(void)state;
	for (int i = 0; i < 400000; i++) {
		snprintf(id, sizeof(id), "id%d", i);
		assert_false(copies_add(c, id, 0));
		assert_true(copies_has(c, id, 0));
		assert_false(copies_has(c, id, 1));
	}
	for (int i = 0; i < 400000; i++) {
		snprintf(id, sizeof(id), "id%d", i);
		kept += copies_has(c, id, 0);
	}
	assert_in_range(kept, 1, 200000);
	copies_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_have_what_their_sections_say),
		cmocka_unit_test(errors_say_where),
		cmocka_unit_test(too_many_servers),
		cmocka_unit_test(passwords_are_kept_from_others),
		cmocka_unit_test(names_have_one_spelling),
		cmocka_unit_test(failures_come_ever_more_seldom),
		cmocka_unit_test(work_is_looked_at_anyway),
		cmocka_unit_test(what_is_stuck_is_tried_ever_more_seldom),
		cmocka_unit_test(all_of_work_has_its_chance),
		cmocka_unit_test(each_name_has_its_pause),
		cmocka_unit_test(names_may_be_forgotten),
		cmocka_unit_test(nobody_waits_for_ever),
		cmocka_unit_test(all_servers_have_it),
		cmocka_unit_test(too_many_requests_are_forgotten),
	};

	return cmocka_run_group_tests_name(
		"collecting", tests, setup, teardown);
}
