/*
 * The authority over its FastCGI socket: enrolled by OpenSSL's client, asked in
 * pieces, by many at once, by who is slow, silent or gone, and stopped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/responder.h"
#include "base/crypto.h"
#include "base/local.h"
#include "base/log.h"
#include "tests/unit/authority_fixture.h"
#include "tests/unit/cmp_peer.h"
#include "tests/unit/fastcgi.h"
#include "tests/unit/registrar.h"

#define CODE "7K3M-2XW9-QDAB-CDEF-GHJK-MNPQ-RSTU"

enum { THREADS = 8, ROUNDS = 4 };

static char ids[THREADS][LICENCE_ID_SIZE];
static char path[128];
static struct ca_configuration *configuration;
static struct issuer *issuer;
static struct responder *responder;

static int
setup(void **state)
{
	char extra[256];
	struct error e;

	assert_int_equal(crypto_init(&e), 0);
	authority_setup(state);
	snprintf(path, sizeof(path), "%s/fcgi.sock", authority_directory);
	snprintf(extra, sizeof(extra),
		"listen = %s\nthreads = 3\ntimeout = 1s\n", path);
	configuration = authority_configuration(extra);
	issuer = authority_issuer(configuration);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(licence_id_make(ids[i], &e), 0);
		registrar_licence(ids[i], CODE, "device:A1", LICENCE_IS_GOOD);
	}
	return log_open("stderr", LEVEL_ERROR, &e);
}

static int
teardown(void **state)
{
	issuer_close(&issuer);
	ca_configuration_free(&configuration);
	return authority_teardown(state);
}

static int
start(void **state)
{
	struct error e;

	(void)state;
	if (responder_start(configuration, issuer, &responder, &e) == -1)
		fail_msg("%s", e.text);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	responder_stop(&responder);
	assert_null(responder);
	assert_int_equal(access(path, F_OK), -1);
	return 0;
}

static const struct desk_request nonsense = { "POST", "/.well-known/cmp",
	"application/pkixcmp", NULL, NULL, "nonsense", 8 };

static void
enrols(void **state)
{
	struct peer p;

	(void)state;
	peer_new(&p, NULL, issuer_certificate(issuer));
	p.socket = path;
	p.reference = ids[0];
	p.secret = CODE;
	if (!peer_asks(&p, OSSL_CMP_IR))
		fail_msg("%s", p.text);
	assert_int_equal(p.steps, 2);
	peer_free(&p);
}

static void
says_what_is_wrong(void **state)
{
	static unsigned char large[CMP_MESSAGE_MAX + 1];
	struct desk_request request = nonsense;
	struct buffer body = { 0 };

	(void)state;
	assert_int_equal(fastcgi_ask(path, &request, &body), 400);
	assert_non_null(strstr((char *)body.data, "not a CMP message"));
	buffer_clear(&body);
	request.body = large;
	request.length = sizeof(large);
	assert_int_equal(fastcgi_ask(path, &request, NULL), 413);
	request.type = "text/html";
	assert_int_equal(fastcgi_ask(path, &request, NULL), 415);
	request.path = "/";
	assert_int_equal(fastcgi_ask(path, &request, NULL), 404);
	request =
		(struct desk_request){ .method = "GET", .path = "/csrc/key?x" };
	assert_int_equal(fastcgi_ask(path, &request, NULL), 403);
}

static void
in_pieces(void **state)
{
	static const char octets[] = "nonsense";
	int fd = fastcgi_connect(path);

	(void)state;
	assert_true(fastcgi_begin(fd, &nonsense, 8));
	for (int i = 0; i < 8; i++)
		assert_true(fastcgi_body(fd, &octets[i], 1));
	assert_true(fastcgi_end(fd));
	assert_int_equal(fastcgi_answer(fd, NULL), 400);
	close(fd);
}

/* Less than was announced is nothing. */
static void
cut_off(void **state)
{
	int fd = fastcgi_connect(path);

	(void)state;
	assert_true(fastcgi_begin(fd, &nonsense, 8));
	assert_true(fastcgi_body(fd, "non", 3));
	assert_true(fastcgi_end(fd));
	assert_int_equal(fastcgi_answer(fd, NULL), 408);
	close(fd);
	assert_int_equal(fastcgi_ask(path, &nonsense, NULL), 400);
}

/* More of them than there are threads. */
static void
slow_and_silent(void **state)
{
	int silent[4], slow[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		silent[i] = fastcgi_connect(path);
		slow[i] = fastcgi_connect(path);
		assert_true(fastcgi_begin(slow[i], &nonsense, 8));
		assert_true(fastcgi_body(slow[i], "n", 1));
	}
	assert_int_equal(fastcgi_ask(path, &nonsense, NULL), 400);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(fastcgi_answer(slow[i], NULL), 408);
		assert_int_equal(fastcgi_answer(silent[i], NULL), -1);
		close(slow[i]);
		close(silent[i]);
	}
}

static void
speaks_something_else(void **state)
{
	static const char http[] = "GET / HTTP/1.0\r\n\r\n";
	int fd = fastcgi_connect(path);

	(void)state;
	assert_int_equal(
		send(fd, http, sizeof(http), MSG_NOSIGNAL), sizeof(http));
	assert_int_equal(fastcgi_answer(fd, NULL), -1);
	close(fd);
	assert_int_equal(fastcgi_ask(path, &nonsense, NULL), 400);
}

static void *
enrol_in_a_thread(void *arg)
{
	struct peer p;
	size_t had = 0;

	peer_new(&p, NULL, issuer_certificate(issuer));
	p.socket = path;
	p.reference = arg;
	p.secret = CODE;
	for (int i = 0; i < ROUNDS; i++)
		had += peer_asks(&p, i % 2 == 0 ? OSSL_CMP_IR : OSSL_CMP_CR);
	peer_free(&p);
	return had == ROUNDS ? arg : NULL;
}

static void
many_at_once(void **state)
{
	pthread_t threads[THREADS];
	void *result;

	(void)state;
	for (int i = 1; i < THREADS; i++)
		pthread_create(&threads[i], NULL, enrol_in_a_thread, ids[i]);
	for (int i = 1; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		assert_ptr_equal(result, ids[i]);
	}
}

/* A silent one holds up the end no longer than its time. */
static void
ends_while_asked(void **state)
{
	int fd = fastcgi_connect(path);

	stop(state);
	close(fd);
	start(state);
}

static void
one_at_a_time(void **state)
{
	struct responder *second;
	struct error e;
	int left;

	assert_int_equal(
		responder_start(configuration, issuer, &second, &e), -1);
	assert_int_equal(e.code, ERROR_EXISTS);
	assert_null(second);
	assert_int_equal(fastcgi_ask(path, &nonsense, NULL), 400);
	/* what a killed one left is replaced */
	stop(state);
	left = local_listen(path, SOCK_STREAM, 0660, &e);
	assert_int_not_equal(left, -1);
	close(left);
	start(state);
	assert_int_equal(fastcgi_ask(path, &nonsense, NULL), 400);
}

/* The service manager's socket is on descriptor 0, and stays. */
static void
given_a_socket(void **state)
{
	char *kept = configuration->listen, none[] = "";
	int saved = dup(STDIN_FILENO), fd;
	struct error e;

	stop(state);
	fd = local_listen(path, SOCK_STREAM, 0660, &e);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	configuration->listen = none;
	start(state);
	assert_int_equal(fastcgi_ask(path, &nonsense, NULL), 400);
	responder_stop(&responder);
	assert_int_equal(access(path, F_OK), 0);
	start(state);
	assert_int_equal(fastcgi_ask(path, &nonsense, NULL), 400);
	responder_stop(&responder);
	configuration->listen = kept;
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fd);
	start(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(enrols),
		TEST(says_what_is_wrong),
		TEST(in_pieces),
		TEST(cut_off),
		TEST(slow_and_silent),
		TEST(speaks_something_else),
		TEST(many_at_once),
		TEST(ends_while_asked),
		TEST(one_at_a_time),
		TEST(given_a_socket),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
