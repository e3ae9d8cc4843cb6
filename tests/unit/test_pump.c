/*
 * A call over descriptors whose other end stops reading, and does not hang up:
 * its limits hold all the same, at either end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "line/pump.h"
#include "line/terminal.h"

enum { SOON = 300, HANGS = 60 /* seconds */ };

static int
answer(void *arg, struct transcript *t, struct proofs *proofs_r,
	struct error *e)
{
	(void)arg;
	memset(proofs_r, 0, sizeof(*proofs_r));
	strcpy(t->serial, "A4FM");
	t->key_id_length = 1;
	return crypto_random(t->device_nonce, sizeof(t->device_nonce), e);
}

/* Nothing more goes out. */
static void
fill(int fd)
{
	static const unsigned char octets[4096];
	const int flags = fcntl(fd, F_GETFL);

	assert_int_equal(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	while (write(fd, octets, sizeof(octets)) > 0)
		;
	assert_int_equal(fcntl(fd, F_SETFL, flags), 0);
}

/* The device's end has something to say: it has been asked. */
static void
hear_hello(struct line *device)
{
	const unsigned char nonce[PROOF_NONCE_SIZE] = { 1 };
	const struct line_options options = { .role = LINE_CENTER,
		.center = "K0001",
		.nonce = nonce,
		.limits = line_limits_default };
	unsigned char octets[1024];
	struct line *center;
	struct error e;
	size_t length;

	assert_int_equal(
		line_open(&options, clock_milliseconds(), &center, &e), 0);
	length = line_output(
		center, octets, sizeof(octets), clock_milliseconds());
	assert_int_not_equal(length, 0);
	line_feed(device, octets, length, clock_milliseconds());
	line_close(&center);
}

static void
ends_with(
	int fd, enum line_role role, struct line_limits limits, const char *why)
{
	static const struct handshake_calls handshake = { .answer = answer };
	const unsigned char nonce[PROOF_NONCE_SIZE] = { 1 };
	const struct line_options options = { .role = role,
		.center = "K0001",
		.nonce = role == LINE_CENTER ? nonce : NULL,
		.limits = limits,
		.handshake = &handshake };
	struct error e;
	struct line *l;

	assert_int_equal(line_open(&options, clock_milliseconds(), &l, &e), 0);
	if (role == LINE_DEVICE)
		hear_hello(l);
	alarm(HANGS);
	pump_run(l, fd, fd, -1);
	alarm(0);
	assert_int_equal(line_state(l), LINE_BROKEN);
	assert_string_equal(line_why(l)->text, why);
	line_close(&l);
}

/* Either limit, at either end. */
static void
ends_in_time(int fd)
{
	static const enum line_role roles[] = { LINE_CENTER, LINE_DEVICE };
	struct line_limits nobody = line_limits_default,
			   long_one = line_limits_default;

	nobody.handshake = SOON;
	long_one.call = SOON;
	for (size_t i = 0; i < 2; i++) {
		ends_with(fd, roles[i], nobody, "nobody has said who is there");
		ends_with(fd, roles[i], long_one, "the call takes too long");
	}
}

static void
a_socket_that_is_not_read(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	fill(ends[0]);
	ends_in_time(ends[0]);
	close(ends[0]);
	close(ends[1]);
}

/* As a modem does that takes CTS away. */
static void
a_terminal_line_that_is_held(void **state)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct error e;
	int line;

	(void)state;
	assert_int_not_equal(master, -1);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	line = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_not_equal(line, -1);
	assert_int_equal(terminal_raw(line, 0, false, &e), 0);
	assert_int_equal(tcflow(line, TCOOFF), 0);
	ends_in_time(line);
	close(line);
	close(master);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_that_is_not_read),
		cmocka_unit_test(a_terminal_line_that_is_held),
	};
	struct error e;

	if (crypto_init(&e))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
