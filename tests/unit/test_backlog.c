/*
 * The agent's queue: nothing put in is lost, half there, or there twice,
 * whenever the process is killed or the disk is full; and the dates of what was
 * read without a clock.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/backlog.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/unit/killed.h"

#define OK(call)                                   \
	do {                                       \
		if ((call) != 0)                   \
			fail_msg("%s", f->e.text); \
	} while (0)

enum { LIMIT = 1 << 20, ALL = 1 << 20, PATH_SIZE = 256 };

struct fixture {
	char path[64], template[64];
	struct backlog *b;
	struct dating dating;
	struct buffer out;
	struct backlog_slice slice;
	struct error e;
};

/* A machine's clock, as the test has set it. */
static struct clock_reading now;

static void
our_clock(struct clock_reading *r)
{
	*r = now;
}

static void
boot(const char *id, int64_t seconds, int64_t real, bool synchronised)
{
	memset(&now, 0, sizeof(now));
	text_copy(now.boot_id, sizeof(now.boot_id), id);
	now.boot = seconds;
	now.real = real;
	now.synchronised = synchronised;
}

static int
make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/backlog.XXXXXX");
	strcpy(f->template, "/tmp/backlog.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	assert_non_null(mkdtemp(f->template));
	boot("one", 100, 0, false);
	dating_init(&f->dating, our_clock);
	OK(backlog_open(f->path, LIMIT, &f->b, &f->e));
	*state = f;
	return 0;
}

static int
unmake(void **state)
{
	struct fixture *f = *state;
	char command[256];

	backlog_close(&f->b);
	text_format(
		command, sizeof(command), "rm -rf %s %s", f->path, f->template);
	assert_int_equal(system(command), 0);
	buffer_clear(&f->out);
	free(f);
	return 0;
}

static void
again(struct fixture *f)
{
	backlog_close(&f->b);
	OK(backlog_open(f->path, LIMIT, &f->b, &f->e));
}

static int
put(struct fixture *f, int number)
{
	char line[64];

	text_format(line, sizeof(line), "{\"version\":1,\"n\":%d}", number);
	return backlog_put(f->b, line, strlen(line), NULL, 0, &f->e);
}

static void
put_some(struct fixture *f, int first, int last)
{
	for (int i = first; i <= last; i++)
		OK(put(f, i));
	OK(backlog_sync(f->b, &f->e));
}

static void
put_undated(struct fixture *f, int number)
{
	char line[64];
	int64_t at = dating_look(&f->dating);

	text_format(line, sizeof(line), "{\"version\":1,\"n\":%d}", number);
	OK(backlog_put(f->b, line, strlen(line), &f->dating, at, &f->e));
	OK(backlog_sync(f->b, &f->e));
}

static void
take(struct fixture *f, size_t octets, size_t lines)
{
	f->out.length = 0;
	OK(backlog_take(f->b, octets, lines, &f->out, &f->slice, &f->e));
}

/* What would be sent now: "1 2 3". */
static const char *
numbers(struct fixture *f, char out[256])
{
	const char *at;
	size_t length = 0;

	out[0] = '\0';
	at = f->out.length > 0 ? (const char *)f->out.data : "";
	while ((at = strstr(at, "\"n\":")) != NULL) {
		at += 4;
		length += (size_t)snprintf(out + length, 256 - length, "%s%d",
			length > 0 ? " " : "", atoi(at));
	}
	return out;
}

#define WAITS(want)                                           \
	do {                                                  \
		char text_[256];                              \
		take(f, ALL, BACKLOG_LINES_MAX);              \
		assert_string_equal(numbers(f, text_), want); \
	} while (0)

static const unsigned char none[BACKLOG_LINES_MAX];

static void
answered(struct fixture *f, const unsigned char *refused)
{
	OK(backlog_answered(f->b, &f->slice, refused, &f->e));
}

static size_t
files(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	assert_non_null(dir);
	for (const struct dirent *d = readdir(dir); d != NULL; d = readdir(dir))
		n += d->d_name[0] != '.' && strcmp(d->d_name, "refused") != 0;
	closedir(dir);
	return n;
}

static void
in_and_out(void **state)
{
	struct fixture *f = *state;

	OK(put(f, 1));
	WAITS(""); /* it may be lost still */
	put_some(f, 2, 3);
	WAITS("1 2 3");
	answered(f, none);
	WAITS("");
	assert_int_equal(files(f->path), 0);
	put_some(f, 4, 4);
	again(f);
	WAITS("4");
	assert_int_equal(f->slice.lines, 1);
}

static void
cut_into_bundles(void **state)
{
	struct fixture *f = *state;
	char text[256];

	put_some(f, 1, 9);
	take(f, ALL, 2);
	assert_string_equal(numbers(f, text), "1 2");
	answered(f, none);
	take(f, 50, BACKLOG_LINES_MAX);
	assert_string_equal(numbers(f, text), "3 4");
	answered(f, none);
	/* it is known after a restart how far it was */
	again(f);
	put_some(f, 10, 11);
	WAITS("5 6 7 8 9");
	answered(f, none);
	WAITS("10 11");
	/* a slice of what has changed meanwhile */
	f->slice.from++;
	assert_int_equal(backlog_answered(f->b, &f->slice, none, &f->e), -1);
	assert_int_equal(
		backlog_take(f->b, 3, 1, &f->out, &f->slice, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_LIMIT);
}

/* While it is added to. */
static void
the_file_that_grows(void **state)
{
	struct fixture *f = *state;

	put_some(f, 1, 2);
	WAITS("1 2");
	put_some(f, 3, 4);
	answered(f, none);
	WAITS("3 4");
	put_some(f, 5, 5);
	WAITS("3 4 5");
	answered(f, none);
	WAITS("");
	put_some(f, 6, 6);
	WAITS("6");
}

static void
many_lines(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		put_some(f, 1, BACKLOG_LINES_MAX);
		put_some(f, 1, 1);
		take(f, ALL, BACKLOG_LINES_MAX);
		assert_int_equal(f->slice.lines, BACKLOG_LINES_MAX);
		answered(f, none);
		take(f, ALL, BACKLOG_LINES_MAX);
		assert_int_equal(f->slice.lines, 1);
		answered(f, none);
	}
}

static void
refused_is_put_aside(void **state)
{
	struct fixture *f = *state;
	unsigned char refused[BACKLOG_LINES_MAX] = { 0, 1, 0 };
	char path[PATH_SIZE], name[PATH_SIZE];
	struct buffer text = { 0 };
	struct backlog_count count;

	text_format(path, sizeof(path), "%s/refused", f->path);
	put_some(f, 1, 3);
	WAITS("1 2 3");
	answered(f, refused);
	WAITS("");
	assert_int_equal(files(path), 1);
	text_format(name, sizeof(name), "%s/0000000000000001-0.jsonl", path);
	OK(file_read(name, &text, &f->e));
	assert_string_equal((char *)text.data, "{\"version\":1,\"n\":2}\n");
	buffer_clear(&text);
	/* bounded, the oldest go; and no number comes twice */
	for (int i = 0; i < BACKLOG_REFUSED_MAX + 3; i++) {
		if (i % 40 == 0)
			again(f);
		put_some(f, 1, 2);
		take(f, ALL, BACKLOG_LINES_MAX);
		answered(f, refused);
	}
	assert_int_equal(files(path), BACKLOG_REFUSED_MAX);
	assert_int_equal(access(name, F_OK), -1);
	backlog_count(f->b, &count);
	assert_int_equal(count.refused_files, BACKLOG_REFUSED_MAX);
}

static void
write_file(struct fixture *f, const char *name, const char *text)
{
	char path[PATH_SIZE];
	FILE *file;

	text_format(path, sizeof(path), "%s/%s", f->path, name);
	file = fopen(path, "a");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
torn_and_foreign(void **state)
{
	struct fixture *f = *state;

	put_some(f, 1, 2);
	write_file(f, "0000000000000001.jsonl", "{\"version\":1,\"n\":3");
	write_file(f, "done.tmp", "7");
	write_file(f, "0000000000000009.done", "7");
	write_file(f, "0000000000000001.done", "nothing");
	write_file(f, "README", "x");
	again(f);
	WAITS("1 2");
	put_some(f, 4, 4);
	answered(f, none);
	WAITS("4");
	assert_int_equal(files(f->path), 2); /* and somebody's README */
}

static void
full(void **state)
{
	struct fixture *f = *state;
	char *line = malloc(BACKLOG_LINE_MAX + 2);
	struct backlog_count count;

	memset(line, ' ', BACKLOG_LINE_MAX + 2);
	line[0] = '{';
	line[BACKLOG_LINE_MAX] = line[BACKLOG_LINE_MAX - 1] = '}';
	assert_int_equal(
		backlog_put(f->b, line, BACKLOG_LINE_MAX + 1, NULL, 0, &f->e),
		-1);
	assert_int_equal(f->e.code, ERROR_LIMIT);
	OK(backlog_put(f->b, line, BACKLOG_LINE_MAX, NULL, 0, &f->e));
	assert_int_equal(
		backlog_put(f->b, line, BACKLOG_LINE_MAX, NULL, 0, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_LIMIT);
	backlog_count(f->b, &count);
	assert_int_equal(count.octets, BACKLOG_LINE_MAX + 1);
	OK(put(f, 2));
	OK(backlog_sync(f->b, &f->e));
	assert_int_equal(backlog_put(f->b, "{}\n{}", 5, NULL, 0, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_BAD);
	take(f, ALL, BACKLOG_LINES_MAX);
	assert_int_equal(f->slice.lines, 2);
	free(line);
}

/* The disk takes no more than so much of a file. */
static void
disk_is_full(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, small = { 100, RLIM_INFINITY };
	int taken = 0;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 1; i < 10; i++)
		taken += put(f, i) == 0;
	assert_int_equal(f->e.code, ERROR_TROUBLE);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(taken, 5);
	put_some(f, 10, 10);
	WAITS("1 2 3 4 5 10");
	again(f);
	WAITS("1 2 3 4 5 10");
}

/* A disk that fails: the library's functions, until the test says so. */
static bool sync_fails, cut_fails;

int
fdatasync(int fd)
{
	errno = EIO;
	return sync_fails ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int
ftruncate(int fd, off_t length)
{
	errno = EIO;
	return cut_fails ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

/* Lines lost behind a caller's back, as one of them fills the file or is the
 * first without a date, are told when it asks. */
static void
sync_that_failed(void **state)
{
	struct fixture *f = *state;
	int64_t at = dating_look(&f->dating);

	put_some(f, 1, 1);
	OK(put(f, 2));
	sync_fails = true;
	assert_int_equal(
		backlog_put(f->b, "{\"n\":3}", 7, &f->dating, at, &f->e), -1);
	sync_fails = false;
	OK(put(f, 4));
	assert_int_equal(backlog_sync(f->b, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_TROUBLE);
	/* once */
	put_some(f, 5, 5);
	WAITS("1");
	answered(f, none);
	WAITS("4 5");
	/* and those that it was told of itself, not again */
	OK(put(f, 6));
	sync_fails = true;
	assert_int_equal(backlog_sync(f->b, &f->e), -1);
	sync_fails = false;
	put_some(f, 7, 7);
}

static int
put_on_a_full_disk(
	struct fixture *f, rlim_t octets, const struct dating *undated)
{
	struct rlimit old, small;
	int rc;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = octets;
	setrlimit(RLIMIT_FSIZE, &small);
	rc = backlog_put(
		f->b, "{\"version\":1,\"n\":9}", 19, undated, 100, &f->e);
	setrlimit(RLIMIT_FSIZE, &old);
	return rc;
}

/* Half a line that cannot be taken back ends its file, and what was before it
 * was not synced. */
static void
cut_that_failed(void **state)
{
	struct fixture *f = *state;

	put_some(f, 1, 1);
	OK(put(f, 2));
	cut_fails = true;
	assert_int_equal(put_on_a_full_disk(f, 45, NULL), -1);
	cut_fails = false;
	assert_int_equal(backlog_sync(f->b, &f->e), -1);
	put_some(f, 3, 3);
	take(f, ALL, BACKLOG_LINES_MAX);
	answered(f, none);
	WAITS("3");
}

static void
first_line_that_failed(void **state)
{
	struct fixture *f = *state;
	struct backlog_count count;
	size_t n;

	assert_int_equal(put_on_a_full_disk(f, 12, &f->dating), -1);
	backlog_count(f->b, &count);
	assert_int_equal(count.files, 0);
	assert_int_equal(files(f->path), 0);
	assert_int_equal(put_on_a_full_disk(f, 12, NULL), -1);
	assert_int_equal(files(f->path), 0);
	OK(backlog_sync(f->b, &f->e));
	/* who was stopped there left the like */
	write_file(f, "0000000000000003.undated", "boot one\n");
	again(f);
	dating_hear(&f->dating, 1796068800);
	OK(backlog_date(f->b, &f->dating, &n, &f->e));
	backlog_count(f->b, &count);
	assert_int_equal(count.files, 0);
	assert_int_equal(files(f->path), 0);
	put_some(f, 1, 1);
	WAITS("1");
}

/* What nobody can read stands where one of its files is, or was. */
static void
spoil(struct fixture *f, const char *name)
{
	char path[PATH_SIZE];

	text_format(path, sizeof(path), "%s/%s", f->path, name);
	(void)unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* The last of its files' names. */
static void
newest(struct fixture *f, char out[PATH_SIZE])
{
	DIR *dir = opendir(f->path);

	assert_non_null(dir);
	out[0] = '\0';
	for (const struct dirent *d = readdir(dir); d != NULL; d = readdir(dir))
		if (d->d_name[0] == '0' && strcmp(d->d_name, out) > 0 &&
			strstr(d->d_name, ".bad") == NULL)
			text_copy(out, PATH_SIZE, d->d_name);
	closedir(dir);
}

static void
assert_put_aside(struct fixture *f, const char *name, size_t bad)
{
	char path[PATH_SIZE];
	struct backlog_count count;

	text_format(path, sizeof(path), "%s/%s", f->path, name);
	assert_int_equal(access(path, F_OK), -1);
	text_format(path, sizeof(path), "%s/%s.bad", f->path, name);
	assert_int_equal(access(path, F_OK), 0);
	backlog_count(f->b, &count);
	assert_int_equal(count.bad_files, bad);
}

static void
bad_when_opened(void **state)
{
	struct fixture *f = *state;

	put_some(f, 1, 2);
	spoil(f, "0000000000000001.done");
	spoil(f, "0000000000000050.jsonl");
	spoil(f, "0000000000000060.undated");
	again(f);
	assert_put_aside(f, "0000000000000001.done", 2);
	assert_put_aside(f, "0000000000000050.jsonl", 2);
	assert_put_aside(f, "0000000000000060.undated", 2);
	put_some(f, 3, 3);
	again(f);
	assert_put_aside(f, "0000000000000060.undated", 2);
	take(f, ALL, 1);
	answered(f, none);
	WAITS("2");
	answered(f, none);
	WAITS("3");
}

static void
bad_when_sent(void **state)
{
	struct fixture *f = *state;
	char name[PATH_SIZE];

	for (int i = 1; i <= 3; i++) {
		put_some(f, i, i);
		again(f);
	}
	spoil(f, "0000000000000001.jsonl");
	WAITS("2");
	assert_put_aside(f, "0000000000000001.jsonl", 1);
	answered(f, none);
	/* the last one, which is written to */
	WAITS("3");
	answered(f, none);
	put_some(f, 4, 4);
	OK(put(f, 5));
	newest(f, name);
	spoil(f, name);
	WAITS("");
	assert_put_aside(f, name, 2);
	assert_int_equal(backlog_sync(f->b, &f->e), -1);
	put_some(f, 6, 6);
	WAITS("6");
}

/* --- dates --- */

static void
dates_come_later(void **state)
{
	struct fixture *f = *state;
	size_t n;

	put_undated(f, 1);
	boot("one", 160, 0, false);
	put_undated(f, 2);
	WAITS("");
	again(f);
	put_undated(f, 3);
	assert_false(dating_known(&f->dating));
	/* 2026-11-30T20:00:00Z is 1796068800 */
	dating_hear(&f->dating, 1796068800);
	assert_int_equal(f->dating.source, DATING_CENTER);
	OK(backlog_date(f->b, &f->dating, &n, &f->e));
	assert_int_equal(n, 2);
	WAITS("1 2");
	assert_string_equal((char *)f->out.data,
		"{\"date\":\"2026-11-30T19:59:00Z\",\"version\":1,\"n\":1}\n"
		"{\"date\":\"2026-11-30T20:00:00Z\",\"version\":1,\"n\":2}\n");
	answered(f, none);
	WAITS("3");
	answered(f, none);
	assert_int_equal(files(f->path), 0);
}

/* A boot's readings are over, at the latest, when the next one begins. */
static void
lost_on_reboot(void **state)
{
	struct fixture *f = *state;
	size_t n;

	put_undated(f, 1); /* 100 s after boot "one" */
	boot("one", 150, 0, false);
	put_undated(f, 2);
	again(f);
	boot("two", 30, 0, false);
	put_undated(f, 3);
	again(f);
	boot("three", 10, 1796068800, true);
	(void)dating_look(&f->dating);
	assert_int_equal(f->dating.source, DATING_OWN);
	OK(backlog_date(f->b, &f->dating, &n, &f->e));
	assert_int_equal(n, 2);
	WAITS("1 2");
	/* "three" began at 19:59:50, "two" 30 s before, and "one" 150 s */
	assert_string_equal((char *)f->out.data,
		"{\"date\":\"2026-11-30T19:58:30Z\",\"date_uncertain\":true,"
		"\"version\":1,\"n\":1}\n"
		"{\"date\":\"2026-11-30T19:59:20Z\",\"date_uncertain\":true,"
		"\"version\":1,\"n\":2}\n");
	answered(f, none);
	WAITS("3");
	assert_string_equal((char *)f->out.data,
		"{\"date\":\"2026-11-30T19:59:50Z\",\"date_uncertain\":true,"
		"\"version\":1,\"n\":3}\n");
}

static void
bad_when_dated(void **state)
{
	struct fixture *f = *state;
	char name[PATH_SIZE];
	size_t n;

	put_undated(f, 1);
	again(f);
	put_undated(f, 2);
	again(f);
	put_undated(f, 3);
	newest(f, name);
	spoil(f, name);
	dating_hear(&f->dating, 1796068800);
	OK(backlog_date(f->b, &f->dating, &n, &f->e));
	assert_int_equal(n, 2);
	assert_put_aside(f, name, 1);
	WAITS("1");
	answered(f, none);
	WAITS("2");
}

static void
whose_clock(void **state)
{
	struct fixture *f = *state;
	struct dating d;

	(void)f;
	/* synchronised, and before this program: no */
	boot("one", 10, 1000, true);
	dating_init(&d, our_clock);
	assert_false(dating_known(&d));
	dating_hear(&d, 1796068800);
	assert_int_equal(dating_of(&d, 15), 1796068805);
	/* a jump of a clock that nobody looks after changes nothing */
	boot("one", 20, 1900000000, false);
	assert_int_equal(dating_look(&d), 20);
	assert_int_equal(dating_of(&d, 20), 1796068810);
	/* our own, once it is right; and what it was stays when that is lost */
	boot("one", 30, 1796068823, true);
	(void)dating_look(&d);
	assert_int_equal(d.source, DATING_OWN);
	assert_int_equal(dating_of(&d, 30), 1796068823);
	boot("one", 40, 5, false);
	(void)dating_look(&d);
	assert_int_equal(dating_of(&d, 40), 1796068833);
	/* the center's is a hint then, and the difference is told */
	boot("one", 50, 1796068843, true);
	(void)dating_look(&d);
	dating_hear(&d, 1796000000);
	assert_int_equal(d.source, DATING_OWN);
	assert_int_equal(d.difference, 68843);
}

/* --- killed --- */

static void
copy_template(struct fixture *f, const char *to, const char *from)
{
	char command[256];

	text_format(command, sizeof(command), "rm -rf %s && cp -a %s %s", to,
		from, to);
	assert_int_equal(system(command), 0);
	(void)f;
}

/* Puts six lines, two syncs a pair; "acked" has an octet for each one that it
 * may rely on. */
static int
put_six(void *arg)
{
	struct fixture *f = arg;
	char path[PATH_SIZE];
	int fd;

	text_format(path, sizeof(path), "%s/acked", f->template);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || backlog_open(f->path, LIMIT, &f->b, &f->e) == -1)
		return 1;
	for (int i = 1; i <= 6; i += 2)
		if (put(f, i) == -1 || put(f, i + 1) == -1 ||
			backlog_sync(f->b, &f->e) == -1 ||
			write(fd, "xx", 2) != 2)
			return 1;
	backlog_close(&f->b);
	close(fd);
	return 0;
}

static void
killed_while_putting(void **state)
{
	static const char *const wanted[] = { "", "1", "1 2", "1 2 3",
		"1 2 3 4", "1 2 3 4 5", "1 2 3 4 5 6" };
	struct fixture *f = *state;
	char path[PATH_SIZE], text[256];
	struct stat st;
	unsigned int n = 1;
	bool killed;

	backlog_close(&f->b);
	text_format(path, sizeof(path), "%s/acked", f->template);
	do {
		copy_template(f, f->path, f->template);
		killed = killed_at(n++, put_six, f, NULL);
		again(f);
		take(f, ALL, BACKLOG_LINES_MAX);
		assert_true(f->slice.lines <= 6);
		assert_string_equal(numbers(f, text), wanted[f->slice.lines]);
		if (stat(path, &st) == 0)
			assert_true((off_t)f->slice.lines >= st.st_size);
		(void)unlink(path);
		backlog_close(&f->b);
	} while (killed);
	assert_true(n > 10);
	OK(backlog_open(f->path, LIMIT, &f->b, &f->e));
}

static const unsigned char second[BACKLOG_LINES_MAX] = { 0, 1, 0, 0 };

/* Half of what is there, and then the rest; the second and sixth are refused.
 */
static int
answer_all(void *arg)
{
	struct fixture *f = arg;

	if (backlog_open(f->path, LIMIT, &f->b, &f->e) == -1)
		return 1;
	for (;;) {
		f->out.length = 0;
		if (backlog_take(f->b, ALL, 4, &f->out, &f->slice, &f->e) == -1)
			return 1;
		if (f->slice.lines == 0)
			break;
		if (backlog_answered(f->b, &f->slice, second, &f->e) == -1)
			return 1;
	}
	backlog_close(&f->b);
	return 0;
}

static void
killed_while_answered(void **state)
{
	struct fixture *f = *state;
	char path[PATH_SIZE];
	unsigned int n = 1;
	bool killed;

	put_some(f, 1, 8);
	backlog_close(&f->b);
	copy_template(f, f->template, f->path);
	text_format(path, sizeof(path), "%s/refused", f->path);
	do {
		copy_template(f, f->path, f->template);
		killed = killed_at(n++, answer_all, f, NULL);
		assert_int_equal(answer_all(f), 0);
		/* as if nobody had been killed: each refused line once */
		assert_int_equal(files(path), 2);
		assert_int_equal(files(f->path), 0);
	} while (killed);
	assert_true(n > 8);
	OK(backlog_open(f->path, LIMIT, &f->b, &f->e));
}

static int
date_all(void *arg)
{
	struct fixture *f = arg;
	size_t ignored;

	if (backlog_open(f->path, LIMIT, &f->b, &f->e) == -1 ||
		backlog_date(f->b, &f->dating, &ignored, &f->e) == -1)
		return 1;
	backlog_close(&f->b);
	return 0;
}

static void
killed_while_dating(void **state)
{
	struct fixture *f = *state;
	unsigned int n = 1;
	bool killed;

	put_undated(f, 1);
	put_undated(f, 2);
	again(f);
	boot("two", 30, 0, false);
	put_undated(f, 3);
	backlog_close(&f->b);
	copy_template(f, f->template, f->path);
	dating_hear(&f->dating, 1796068800);
	do {
		copy_template(f, f->path, f->template);
		killed = killed_at(n++, date_all, f, NULL);
		assert_int_equal(date_all(f), 0);
		OK(backlog_open(f->path, LIMIT, &f->b, &f->e));
		WAITS("1 2");
		assert_non_null(strstr((char *)f->out.data,
			"{\"date\":\"2026-11-30T19:59:30Z\",\"date_uncertain\":"
			"true,\"version\":1,\"n\":2}"));
		answered(f, none);
		WAITS("3");
		assert_string_equal((char *)f->out.data,
			"{\"date\":\"2026-11-30T20:00:00Z\",\"version\":1,"
			"\"n\":3}\n");
		answered(f, none);
		assert_int_equal(files(f->path), 0);
		backlog_close(&f->b);
	} while (killed);
	assert_true(n > 8);
	OK(backlog_open(f->path, LIMIT, &f->b, &f->e));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_and_out),
		TEST(cut_into_bundles),
		TEST(the_file_that_grows),
		TEST(many_lines),
		TEST(refused_is_put_aside),
		TEST(torn_and_foreign),
		TEST(full),
		TEST(disk_is_full),
		TEST(sync_that_failed),
		TEST(cut_that_failed),
		TEST(first_line_that_failed),
		TEST(bad_when_opened),
		TEST(bad_when_sent),
		TEST(dates_come_later),
		TEST(bad_when_dated),
		TEST(lost_on_reboot),
		TEST(whose_clock),
		TEST(killed_while_putting),
		TEST(killed_while_answered),
		TEST(killed_while_dating),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
