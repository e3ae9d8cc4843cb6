/*
 * A service behind FastCGI: who is refused before the body is read, how long a
 * body may take and be, and desks of which there are fewer than who asks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "fcgi/fcgi.h"
#include "tests/unit/fastcgi.h"

enum { DESKS = 2, CLIENTS = 12 };

static char directory[64], path[128];
static struct fcgi *fcgi;
static atomic_int at_desk[DESKS], over_count;

/* A desk is one request's at a time. */
static void
sit_down(size_t desk)
{
	if (desk >= DESKS || atomic_fetch_add(&at_desk[desk], 1) != 0)
		abort();
}

static void
get_up(size_t desk)
{
	atomic_fetch_sub(&at_desk[desk], 1);
}

static bool
admit(void *arg, size_t desk, const struct fcgi_request *request,
	struct fcgi_reply *reply)
{
	const char *uri = fcgi_value(request, "REQUEST_URI");

	(void)arg;
	sit_down(desk);
	reply->status = 403;
	buffer_text(&reply->body, "denied");
	get_up(desk);
	if (uri != NULL && strcmp(uri, "/no") == 0)
		return false;
	buffer_clear(&reply->body);
	return true;
}

/* How long the body is. */
static void
answer(void *arg, size_t desk, const struct fcgi_request *request,
	struct fcgi_reply *reply)
{
	(void)arg;
	sit_down(desk);
	usleep(1000);
	reply->status = 200;
	buffer_format(&reply->body, "%zu", request->length);
	get_up(desk);
}

static void
over(void *arg, const struct fcgi_request *request)
{
	(void)arg;
	if (fcgi_value(request, "REQUEST_URI") != NULL)
		atomic_fetch_add(&over_count, 1);
}

static int
start(void **state)
{
	const struct fcgi_service service = {
		.listen = path,
		.desks = DESKS,
		.timeout = 1,
		.rate = 1,
		.body_max = 10,
		.admit = admit,
		.answer = answer,
		.over = over,
	};
	struct error e;

	(void)state;
	over_count = 0;
	strcpy(directory, "/tmp/csrc-fcgi-XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/fcgi.sock", directory);
	return log_open("stderr", LEVEL_ERROR, &e) == 0
		? fcgi_start(&service, &fcgi, &e)
		: -1;
}

static int
stop(void **state)
{
	(void)state;
	fcgi_stop(&fcgi);
	return rmdir(directory);
}

static struct desk_request
asking(const char *uri, const char *body)
{
	return (struct desk_request){
		.method = "POST",
		.path = uri,
		.body = body,
		.length = strlen(body),
	};
}

static void
says(int fd, int status, const char *text)
{
	struct buffer body = { 0 };

	assert_int_equal(fastcgi_answer(fd, &body), status);
	assert_string_equal((char *)body.data, text);
	buffer_clear(&body);
	close(fd);
}

/* It has its answer, and has sent nothing. */
static void
refused_before_the_body(void **state)
{
	const struct desk_request r = asking("/no", "");
	int fd = fastcgi_connect(path);

	(void)state;
	assert_true(fastcgi_begin(fd, &r, 10));
	says(fd, 403, "denied");
	fcgi_stop(&fcgi);
	assert_int_equal(over_count, 0);
}

/* Nobody sees more than one octet too many. */
static void
too_long(void **state)
{
	const struct desk_request r = asking("/", "");
	int fd = fastcgi_connect(path);

	(void)state;
	assert_true(fastcgi_begin(fd, &r, 30));
	assert_true(fastcgi_body(fd, "012345678901234567890123456789", 30));
	says(fd, 200, "11");
}

/* Longer than timeout, but not slower than rate. */
static void
slow_but_steady(void **state)
{
	const struct desk_request r = asking("/", "");
	int fd = fastcgi_connect(path);

	(void)state;
	assert_true(fastcgi_begin(fd, &r, 5));
	for (int i = 0; i < 5; i++) {
		usleep(300000);
		assert_true(fastcgi_body(fd, "x", 1));
	}
	assert_true(fastcgi_end(fd));
	says(fd, 200, "5");
}

static void
silent(void **state)
{
	const struct desk_request r = asking("/", "");
	int fd = fastcgi_connect(path);

	(void)state;
	assert_true(fastcgi_begin(fd, &r, 5));
	assert_true(fastcgi_body(fd, "x", 1));
	assert_int_equal(fastcgi_answer(fd, NULL), 408);
	close(fd);
	fcgi_stop(&fcgi);
	assert_int_equal(over_count, 1);
}

static void *
ask_often(void *arg)
{
	const struct desk_request r = asking("/", "1234567");
	struct buffer body = { 0 };

	for (int i = 0; i < 10; i++) {
		buffer_clear(&body);
		if (fastcgi_ask(path, &r, &body) != 200 ||
			strcmp((char *)body.data, "7") != 0)
			arg = NULL;
	}
	buffer_clear(&body);
	return arg;
}

static void
more_than_desks(void **state)
{
	pthread_t threads[CLIENTS];
	void *result;

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, ask_often, threads),
			0);
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(threads[i], &result);
		assert_non_null(result);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refused_before_the_body),
		TEST(too_long),
		TEST(slow_but_steady),
		TEST(silent),
		TEST(more_than_desks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
