/*
 * Programs of ours: what they print, and that none takes us with it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "base/program.h"

static int
run(const char *script, int seconds, char *out, size_t size, struct error *e)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	int status = -1, rc;

	rc = program_read(argv, seconds, out, size, &status, e);
	return rc == 0 ? status : -1;
}

static void
what_it_prints(void **state)
{
	struct error e;
	char out[16];

	(void)state;
	assert_int_equal(
		run("echo hello; exit 3", 60, out, sizeof(out), &e), 3);
	assert_string_equal(out, "hello\n");
	assert_int_equal(
		run("echo 16 octets and more", 60, out, sizeof(out), &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	assert_int_equal(run("kill -9 $$", 60, out, sizeof(out), &e), -1);
	assert_non_null(strstr(e.text, "signal 9"));
}

/* Whether it keeps its output open or not. */
static void
hangs(void **state)
{
	static const char *const scripts[] = { "exec sleep 600",
		"exec sleep 600 >&-" };
	int64_t began = clock_seconds();
	struct error e;
	char out[16];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(run(scripts[i], 1, out, sizeof(out), &e), -1);
		assert_int_equal(e.code, ERROR_TROUBLE);
		assert_non_null(strstr(e.text, "has not ended"));
	}
	assert_true(clock_seconds() - began < 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_prints),
		cmocka_unit_test(hangs),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
