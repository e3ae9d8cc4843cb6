/*
 * Engines that were met: pinned, found changed, accepted, and kept in a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/engine.h"
#include "agent/host.h"

enum { NOW = 1796000000 };

static char directory[] = "/tmp/test-engine.XXXXXX";
static char path[64];

static int
make_directory(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/engines", directory);
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static struct sockaddr_storage
host(const char *text)
{
	struct sockaddr_storage one;

	assert_true(host_read(text, HOST_PORT, &one));
	return one;
}

static struct engine_id
id(const char *text)
{
	struct engine_id one = { .length = strlen(text) };

	memcpy(one.octets, text, one.length);
	return one;
}

static enum engine_state
meet(struct engines *engines, const char *where, const char *who,
	uint32_t boots, uint32_t time, int64_t now)
{
	const struct sockaddr_storage address = host(where);
	const struct engine_id one = id(who);
	enum engine_state state;
	struct error e;

	assert_int_equal(engines_met(engines, &address, &one, boots, time, now,
				 &state, &e),
		0);
	return state;
}

static void
pinned_and_changed(void **state)
{
	const struct sockaddr_storage address = host("192.0.2.1");
	struct engine_id other = id("other");
	struct engines *engines;
	struct engine one;
	struct error e;

	(void)state;
	assert_int_equal(engines_open(NULL, &engines, &e), 0);
	assert_int_equal(
		meet(engines, "192.0.2.1", "first", 3, 100, NOW), ENGINE_NEW);
	assert_int_equal(meet(engines, "192.0.2.1", "first", 4, 5, NOW + 9),
		ENGINE_KNOWN);
	assert_int_equal(meet(engines, "192.0.2.1", "first", 0, 0, NOW + 10),
		ENGINE_KNOWN);
	assert_int_equal(engines_accept(engines, &address, &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	assert_int_equal(meet(engines, "192.0.2.1", "other", 0, 0, NOW + 11),
		ENGINE_CHANGED);
	assert_true(engines_find(engines, &address, &one));
	assert_int_equal(one.boots, 4);
	assert_int_equal(one.last, NOW + 9);
	assert_true(engine_id_same(&one.other, &other));
	assert_int_equal(one.other_since, NOW + 11);
	/* the right one again */
	assert_int_equal(meet(engines, "192.0.2.1", "first", 4, 20, NOW + 24),
		ENGINE_KNOWN);
	assert_true(engines_find(engines, &address, &one));
	assert_int_equal(one.other.length, 0);
	assert_int_equal(meet(engines, "192.0.2.1", "first", 3, 5, NOW + 30),
		ENGINE_BACK);
	assert_int_equal(engines_accept(engines, &address, &e), 0);
	assert_int_equal(meet(engines, "192.0.2.1", "first", 3, 9, NOW + 34),
		ENGINE_KNOWN);
	engines_free(&engines);
	engines_free(&engines);
}

static void
kept(void **state)
{
	static const char *const places[] = { "192.0.2.9", "192.0.2.1",
		"[2001:db8::1]:99", "192.0.2.1:99" };
	static const char *const sorted[] = { "192.0.2.1:99", "192.0.2.1",
		"192.0.2.9", "[2001:db8::1]:99" };
	struct engines *engines;
	struct engine one;
	char text[HOST_TEXT_SIZE];
	struct error e;

	(void)state;
	assert_int_equal(engines_open(path, &engines, &e), 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(
			meet(engines, places[i], "abcde", i, 7 * i, NOW + i),
			ENGINE_NEW);
	meet(engines, "192.0.2.9", "fghij", 5, 6, NOW + 7);
	assert_int_equal(engines_save(engines, &e), 0);
	engines_free(&engines);
	assert_int_equal(engines_open(path, &engines, &e), 0);
	assert_int_equal(engines_count(engines), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_true(engines_at(engines, i, &one));
		host_write(&one.address, text);
		assert_string_equal(text, sorted[i]);
	}
	assert_true(engines_at(engines, 2, &one));
	assert_memory_equal(one.other.octets, "fghij", 5);
	assert_int_equal(one.other_boots, 5);
	assert_int_equal(one.other_since, NOW + 7);
	assert_false(engines_at(engines, 4, &one));
	one.address = host("192.0.2.1");
	assert_int_equal(engines_forget(engines, &one.address, &e), 0);
	assert_int_equal(engines_forget(engines, &one.address, &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	assert_int_equal(engines_count(engines), 3);
	engines_free(&engines);
}

static ino_t
file(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

/* The same clock, read later, is no reason to write. */
static void
written_when_it_must(void **state)
{
	struct engines *engines;
	struct error e;
	ino_t was;

	(void)state;
	assert_int_equal(engines_open(path, &engines, &e), 0);
	meet(engines, "192.0.2.7", "abcde", 3, 100, NOW);
	assert_int_equal(engines_save(engines, &e), 0);
	was = file();
	meet(engines, "192.0.2.7", "abcde", 3, 1005, NOW + 900);
	assert_int_equal(engines_save(engines, &e), 0);
	assert_int_equal(file(), was);
	meet(engines, "192.0.2.7", "abcde", 4, 5, NOW + 1800);
	assert_int_equal(engines_save(engines, &e), 0);
	assert_int_not_equal(file(), was);
	was = file();
	meet(engines, "192.0.2.7", "abcde", 4, 500, NOW + 1900);
	assert_int_equal(engines_save(engines, &e), 0);
	assert_int_not_equal(file(), was);
	engines_free(&engines);
}

static void
damaged(void **state)
{
	static const char *const bad[] = { "x\n",
		"192.0.2.1 aabbccddee 1 2 3\n", "192.0.2.1 aabbccdd 1 2 3 4\n",
		"192.0.2.1 aabbccdde 1 2 3 4\n",
		"192.0.2.1 aabbccddee -1 2 3 4\n",
		"192.0.2.1 aabbccddee 4294967296 2 3 4\n",
		"192.0.2.1 aabbccddee 1 2 3 4 aabbccddee 1\n",
		"192.0.2.1 aabbccddee 1 2 3 4 aabbccddee 1 2 3\n",
		"192.0.2.1 aabbccddee 1 2 3 4\n192.0.2.1 aabbccddee 1 2 3 4\n",
		"printer aabbccddee 1 2 3 4\n" };
	struct engines *engines;
	struct error e;
	FILE *f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(bad[i], f);
		fclose(f);
		assert_int_equal(engines_open(path, &engines, &e), -1);
		assert_non_null(strstr(e.text, path));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pinned_and_changed),
		cmocka_unit_test(kept),
		cmocka_unit_test(written_when_it_must),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
