/*
 * The log's file: root opens it, in a directory that may be another's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static char directory[] = "/tmp/csrc-log-XXXXXX";
static char path[64], other[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/log", directory);
	snprintf(other, sizeof(other), "%s/other", directory);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return log_open("stderr", LEVEL_INFO, NULL) == 0 ? rmdir(directory)
							 : -1;
}

static void
make_file(const char *name)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fclose(f);
}

static long
size_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return (long)st.st_size;
}

static void
expect_denied(void)
{
	struct error e = { 0 };

	assert_int_equal(log_open(path, LEVEL_INFO, &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
	assert_non_null(strstr(e.text, path));
	unlink(path);
}

static void
only_a_file_is_opened(void **state)
{
	(void)state;
	make_file(other);
	assert_int_equal(symlink(other, path), 0);
	expect_denied();
	assert_int_equal(symlink("nowhere", path), 0);
	expect_denied();
	assert_int_equal(link(other, path), 0);
	expect_denied();
	assert_int_equal(size_of(other), 0);
	/* without a reader, and with one */
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_denied();
	assert_int_equal(symlink("/dev/null", path), 0);
	expect_denied();
}

static void
rotated_file_is_made_again(void **state)
{
	struct error e = { 0 };
	struct stat st;
	mode_t mask = umask(027);

	(void)state;
	assert_int_equal(log_open(path, LEVEL_WARN, &e), 0);
	log_warn("one");
	assert_int_equal(rename(path, other), 0);
	log_warn("two");
	assert_int_equal(log_reopen(&e), 0);
	umask(mask);
	assert_int_equal(size_of(path), 0);
	log_info("below the level, which stays");
	assert_int_equal(size_of(path), 0);
	log_warn("three");
	assert_true(size_of(path) > 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* What cannot be opened leaves the log as it is. */
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(log_reopen(&e), -1);
	unlink(path);
}

static void
file_has_an_owner(void **state)
{
	struct error e = { 0 };

	(void)state;
	assert_int_equal(log_open(path, LEVEL_WARN, &e), 0);
	assert_int_equal(log_give(geteuid(), &e), 0);
	if (geteuid() == 0) {
		struct stat st;

		assert_int_equal(log_give(4711, &e), 0);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_uid, 4711);
		assert_int_equal(log_give(4711, &e), 0);
		assert_int_equal(log_give(4712, &e), -1);
		assert_int_equal(e.code, ERROR_DENIED);
	}
	assert_int_equal(log_open("stderr", LEVEL_INFO, &e), 0);
	assert_int_equal(log_give(4712, &e), 0);
	assert_int_equal(log_reopen(&e), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_a_file_is_opened),
		TEST(rotated_file_is_made_again),
		TEST(file_has_an_owner),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
