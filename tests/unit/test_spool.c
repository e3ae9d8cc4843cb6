/*
 * The consumer's commands over a spool made by hand: claiming in order, and a
 * verification that finds what is wrong with it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/command.h"
#include "control/commands/spool_segment.h"
#include "config/settings.h"
#include "config/rules.h"

#define NAME(n) "0000000000000000000" #n ".jsonl"

static char spool[64];
static char out[2048];
static struct settings settings;
static struct rules rules;

static int
start(void **state)
{
	char path[128];

	(void)state;
	strcpy(spool, "/tmp/test_spool.XXXXXX");
	if (mkdtemp(spool) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/new", spool);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/cur", spool);
	mkdir(path, 0700);
	settings.spool_directory = spool;
	rules.settings = &settings;
	return 0;
}

static int
stop(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", spool);
	return system(command);
}

/* Puts a file of so many lines, from sequence first on, in new/ or cur/. */
static void
segment(const char *place, const char *name, int first, int lines)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", spool, place, name);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < lines; i++)
		fprintf(file, "{\"sequence\":%d,\"version\":1}\n", first + i);
	fclose(file);
}

static void
text(const char *name, const char *content)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/new/%s", spool, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static bool
there(const char *place, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s/%s", spool, place, name);
	return access(path, F_OK) == 0;
}

static enum exit_code
run(const char **argv, int argc)
{
	FILE *stream = fmemopen(out, sizeof(out), "w");
	struct command_context c = {
		.rules = &rules, .out = stream, .err = stream
	};
	enum exit_code code;

	memset(out, 0, sizeof(out));
	code = command_run(&c, argc, (char **)argv);
	fclose(stream);
	return code;
}

#define RUN(...)                                                   \
	run((const char *[]){ "spool", __VA_ARGS__ },              \
		sizeof((const char *[]){ "spool", __VA_ARGS__ }) / \
			sizeof(char *))

static void
claims_in_order(void **state)
{
	char path[256];

	(void)state;
	assert_int_equal(RUN("next"), EXIT_NO);
	assert_string_equal(out, "");
	segment("new", NAME(9), 9, 1);
	segment("new", NAME(4), 4, 5);
	assert_int_equal(RUN("next"), EXIT_DONE);
	snprintf(path, sizeof(path), "%s/cur/%s\n", spool, NAME(4));
	assert_string_equal(out, path);
	assert_true(there("cur", NAME(4)) && !there("new", NAME(4)));
	assert_int_equal(RUN("list"), EXIT_DONE);
	assert_non_null(strstr(out, "cur    " NAME(4)));
	assert_non_null(strstr(out, "new    " NAME(9)));
	assert_int_equal(RUN("next"), EXIT_DONE);
	assert_int_equal(RUN("next"), EXIT_NO);
}

static void
done_removes_claimed_only(void **state)
{
	char path[256];

	(void)state;
	segment("new", NAME(1), 1, 1);
	segment("cur", NAME(2), 2, 1);
	segment("cur", NAME(3), 3, 1);
	assert_int_equal(RUN("done", NAME(1)), EXIT_REFUSED);
	assert_int_equal(RUN("done", "../new/" NAME(1)), EXIT_REFUSED);
	assert_int_equal(RUN("done", ".."), EXIT_REFUSED);
	assert_int_equal(RUN("done", ""), EXIT_REFUSED);
	assert_true(there("new", NAME(1)));
	assert_int_equal(RUN("done", NAME(2)), EXIT_DONE);
	assert_false(there("cur", NAME(2)));
	assert_int_equal(RUN("done", NAME(2)), EXIT_REFUSED);
	snprintf(path, sizeof(path), "%s/cur/%s", spool, NAME(3));
	assert_int_equal(RUN("done", path), EXIT_DONE);
	assert_false(there("cur", NAME(3)));
}

static void
verify_good(void **state)
{
	(void)state;
	assert_int_equal(RUN("verify"), EXIT_DONE);
	assert_string_equal(out, "0 segments, 0 reports, 0 to 0, 0 faults\n");
	/* What is below the lowest was consumed. */
	segment("cur", NAME(3), 3, 2);
	segment("new", NAME(5), 5, 1);
	segment("new", NAME(6), 6, 3);
	assert_int_equal(RUN("verify"), EXIT_DONE);
	assert_string_equal(out, "3 segments, 6 reports, 3 to 8, 0 faults\n");
	assert_int_equal(RUN("verify", "--from", "3"), EXIT_DONE);
	assert_int_equal(RUN("verify", "--from", "7"), EXIT_DONE);
	assert_int_equal(RUN("verify", "--from", "1"), EXIT_NO);
	assert_non_null(strstr(out, "1 to 2 are missing"));
	assert_int_equal(RUN("verify", "--from", "x"), EXIT_USAGE);
}

static void
verify_gaps_and_overlaps(void **state)
{
	(void)state;
	segment("new", NAME(1), 1, 2);
	segment("new", NAME(5), 5, 1);
	assert_int_equal(RUN("verify"), EXIT_NO);
	assert_non_null(strstr(out, "3 to 4 are missing"));
	segment("new", NAME(1), 1, 5);
	assert_int_equal(RUN("verify"), EXIT_NO);
	assert_non_null(strstr(out, "overlaps"));
	segment("new", NAME(1), 1, 4);
	assert_int_equal(RUN("verify"), EXIT_DONE);
	segment("cur", NAME(1), 1, 4);
	assert_int_equal(RUN("verify"), EXIT_NO);
	assert_non_null(strstr(out, "in new/ and in cur/"));
}

/* Each replaces segment 1, between two good ones. */
static void
verify_bad_content(void **state)
{
	static const struct {
		const char *content, *fault;
	} rows[] = {
		{ "", "empty" },
		{ "{\"sequence\":2}\n", "line 1: sequence 2 where 1 belongs" },
		{ "{\"sequence\":1}\n{\"sequence\":1}\n",
			"line 2: sequence 1 where 2 belongs" },
		{ "{\"sequence\":1}\n{\"sequence\":3}\n",
			"line 2: sequence 3 where 2 belongs" },
		{ "{\"sequence\":1}", "line 1: the line does not end" },
		{ "{\"sequence\":1}\n{\"seq", "line 2: the line does not end" },
		{ "{\"sequence\":1}\n\n", "line 2: no JSON object" },
		{ "{\"sequence\":1,\"sequence\":1}\n", "no JSON object" },
		{ "{\"sequence\":1} {}\n", "no JSON object" },
		{ "[1]\n", "no sequence" },
		{ "{\"sequence\":\"1\"}\n", "no sequence" },
		{ "{\"sequence\":1.0}\n", "no sequence" },
		{ "{\"sequence\":1,\"x\":\"\xff\"}\n", "no JSON object" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text(NAME(1), rows[i].content);
		assert_int_equal(RUN("verify"), EXIT_NO);
		assert_non_null(strstr(out, rows[i].fault));
	}
	text(NAME(1), "{\"sequence\":1}\n");
	assert_int_equal(RUN("verify"), EXIT_DONE);
	text(NAME(1), "{\"sequence\":1,\"x\":18446744073709551615}\n");
	assert_int_equal(RUN("verify"), EXIT_DONE);
	text("half.tmp", "x");
	assert_int_equal(RUN("verify"), EXIT_NO);
}

/* Nobody who may write into the spool can make a check of it hang, or read what
 * is elsewhere. */
static void
only_regular_files(void **state)
{
	char path[256], target[256];

	(void)state;
	snprintf(target, sizeof(target), "%s/elsewhere", spool);
	snprintf(path, sizeof(path), "%s/new/%s", spool, NAME(2));
	assert_int_equal(symlink(target, path), 0);
	snprintf(path, sizeof(path), "%s/new/%s", spool, NAME(3));
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/cur/%s", spool, NAME(4));
	assert_int_equal(mkdir(path, 0700), 0);
	segment("new", NAME(1), 1, 1);
	text("../elsewhere", "{\"sequence\":2}\n");
	assert_int_equal(RUN("list"), EXIT_DONE);
	/* the header, and one line */
	assert_null(strchr(strchr(strchr(out, '\n') + 1, '\n') + 1, '\n'));
	assert_int_equal(RUN("verify"), EXIT_NO);
	assert_non_null(strstr(out, "1 segments, 1 reports, 1 to 1, 1 faults"));
	assert_non_null(strstr(out, "files that are no segments"));
	assert_int_equal(RUN("next"), EXIT_DONE);
	assert_non_null(strstr(out, "cur/" NAME(1)));
	assert_int_equal(RUN("next"), EXIT_NO);
}

/* What a segment holds reaches the terminal as text, or not at all. */
static void
nothing_for_a_terminal(void **state)
{
	static const char *const contents[] = { "\033[2J\n",
		"{\"\033]0;x\007\":1}\n", "{\"sequence\":\033[31m1}\n",
		"{\"\302\233\":1,\"\302\233\":1}\n", "\x9b\n", "{}\r\b\n" };
	const char *at;

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		text(NAME(1), contents[i]);
		assert_int_equal(RUN("verify"), EXIT_NO);
		for (at = out; *at != '\0'; at++)
			assert_true((*at >= ' ' && *at < 0x7f) || *at == '\n');
	}
	assert_int_equal(RUN("done", "\033[2J"), EXIT_REFUSED);
	assert_null(strchr(out, '\033'));
}

static bool no_memory;

/* What getline is, in an optimised build and in others. */
ssize_t __real___getdelim(char **line, size_t *room, int end, FILE *in);
ssize_t __wrap___getdelim(char **line, size_t *room, int end, FILE *in);
ssize_t
__wrap___getdelim(char **line, size_t *room, int end, FILE *in)
{
	if (!no_memory)
		return __real___getdelim(line, room, end, in);
	errno = ENOMEM;
	return -1;
}

ssize_t __wrap_getline(char **line, size_t *room, FILE *in);
ssize_t
__wrap_getline(char **line, size_t *room, FILE *in)
{
	return __wrap___getdelim(line, room, '\n', in);
}

/* That a line does not fit into memory is no end of the file. */
static void
want_of_memory(void **state)
{
	(void)state;
	segment("new", NAME(1), 1, 3);
	no_memory = true;
	assert_int_equal(RUN("verify"), EXIT_TROUBLE);
	no_memory = false;
	assert_non_null(strstr(out, "Cannot allocate memory"));
	assert_int_equal(RUN("verify"), EXIT_DONE);
}

static void
names(void **state)
{
	uint64_t first = 0;

	(void)state;
	assert_true(spool_named("18446744073709551615.jsonl", &first));
	assert_true(first == UINT64_MAX);
	assert_false(spool_named("18446744073709551616.jsonl", &first));
	assert_false(spool_named("1.jsonl", &first));
	assert_false(spool_named("00000000000000000001.json", &first));
	assert_false(spool_named("000000000000000000001.jsonl", &first));
	assert_false(spool_named("0000000000000000001x.jsonl", &first));
	assert_false(spool_named("00000000000000000001.jsonl~", &first));
}

static void
no_spool(void **state)
{
	static char elsewhere[] = "/nonexistent/spool";

	(void)state;
	settings.spool_directory = elsewhere;
	assert_int_equal(RUN("next"), EXIT_TROUBLE);
	assert_int_equal(RUN("verify"), EXIT_TROUBLE);
	assert_int_equal(RUN("list"), EXIT_TROUBLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
		TEST(claims_in_order),
		TEST(done_removes_claimed_only),
		TEST(verify_good),
		TEST(verify_gaps_and_overlaps),
		TEST(verify_bad_content),
		TEST(only_regular_files),
		TEST(nothing_for_a_terminal),
		TEST(want_of_memory),
		cmocka_unit_test(names),
		TEST(no_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
