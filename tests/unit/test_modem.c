/*
 * A terminal line and who has it: the lock, the dialogue's limits, hanging up.
 * The line is a pty.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "line/modem.h"
#include "line/ttylock.h"

struct pty {
	int master;
	char device[64]; /* a link of its own name, for the lock */
	char lock[TTYLOCK_SIZE];
	struct error e;
};

static int
make(void **state)
{
	static struct pty p;

	p.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p.master == -1 || grantpt(p.master) == -1 ||
		unlockpt(p.master) == -1)
		return -1;
	(void)text_format(
		p.device, sizeof(p.device), "/tmp/csrc-tty.%d", (int)getpid());
	(void)text_format(p.lock, sizeof(p.lock),
		"/var/lock/LCK.._tmp_csrc-tty.%d", (int)getpid());
	*state = &p;
	return symlink(ptsname(p.master), p.device);
}

static int
take_away(void **state)
{
	struct pty *p = *state;

	close(p->master);
	(void)unlink(p->lock);
	return unlink(p->device);
}

static struct modem *
opened(struct pty *p, const struct modem_options *o)
{
	struct modem *m;

	assert_int_equal(modem_open(o, &m, &p->e), 0);
	return m;
}

static void
is_set_and_hung_up(void **state)
{
	struct pty *p = *state;
	const struct modem_options o = {
		.device = p->device, .speed = 9600, .flow = true
	};
	struct modem *m = opened(p, &o);
	struct termios t;

	assert_int_equal(modem_connect(m, -1, &p->e), 0);
	assert_int_equal(tcgetattr(modem_fd(m), &t), 0);
	assert_int_equal(cfgetospeed(&t), B9600);
	assert_int_equal(t.c_lflag & (ICANON | ECHO | ISIG), 0);
	assert_int_equal(t.c_iflag & (IXON | ICRNL), 0);
	assert_int_equal(t.c_oflag & OPOST, 0);
	assert_int_not_equal(t.c_cflag & CRTSCTS, 0);
	modem_close(&m);
	assert_null(m);
	assert_int_equal(tcgetattr(p->master, &t), 0);
	assert_int_equal(cfgetospeed(&t), B0);
	assert_int_equal(access(p->lock, F_OK), -1);
	modem_close(&m);
}

static void
write_lock(const struct pty *p, int pid)
{
	FILE *file = fopen(p->lock, "we");

	assert_non_null(file);
	fprintf(file, "%10d\n", pid);
	fclose(file);
}

static void
one_has_the_line(void **state)
{
	struct pty *p = *state;
	const struct modem_options o = { .device = p->device };
	struct modem *m = opened(p, &o), *other;
	pid_t dead;

	assert_int_equal(modem_open(&o, &other, &p->e), -1);
	assert_int_equal(p->e.code, ERROR_EXISTS);
	assert_int_equal(access(p->lock, F_OK), 0);
	modem_close(&m);
	/* who lives has it, though he is none of us */
	write_lock(p, (int)getppid());
	assert_int_equal(modem_open(&o, &m, &p->e), -1);
	assert_int_equal(p->e.code, ERROR_EXISTS);
	dead = fork();
	if (dead == 0)
		_exit(0);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	write_lock(p, (int)dead);
	m = opened(p, &o);
	modem_close(&m);
}

static void
assert_held(struct pty *p)
{
	const struct modem_options o = { .device = p->device };
	struct modem *m;

	assert_int_equal(modem_open(&o, &m, &p->e), -1);
	assert_int_equal(p->e.code, ERROR_EXISTS);
}

/* Somebody may be about to write it; but not for ever. */
static void
a_lock_without_a_name(void **state)
{
	static const struct timespec long_ago[2];
	struct pty *p = *state;
	const struct modem_options o = { .device = p->device };
	struct modem *m;
	FILE *file = fopen(p->lock, "we");

	assert_non_null(file);
	fclose(file);
	assert_held(p);
	assert_int_equal(access(p->lock, F_OK), 0);
	assert_int_equal(utimensat(AT_FDCWD, p->lock, long_ago, 0), 0);
	m = opened(p, &o);
	modem_close(&m);
	assert_int_equal(access(p->lock, F_OK), -1);
}

/* Its lock's file is gone, and it has the line all the same. */
static void
the_line_itself_is_locked(void **state)
{
	struct pty *p = *state;
	const struct modem_options o = { .device = p->device, .speed = 9600 };
	struct modem *m = opened(p, &o);
	struct termios t;

	assert_int_equal(unlink(p->lock), 0);
	assert_held(p);
	assert_int_equal(tcgetattr(p->master, &t), 0);
	assert_int_equal(cfgetospeed(&t), B9600);
	assert_int_equal(access(p->lock, F_OK), -1);
	/* somebody else's is not given back */
	write_lock(p, (int)getppid());
	modem_close(&m);
	assert_int_equal(access(p->lock, F_OK), 0);
}

/* Anybody may make files in that directory. */
static void
nothing_is_written_through(void **state)
{
	struct pty *p = *state;
	const struct modem_options o = { .device = p->device };
	char planted[64];
	struct modem *m;
	struct stat st;
	FILE *file;

	(void)text_format(
		planted, sizeof(planted), "/var/lock/LTMP.%d", (int)getpid());
	file = fopen(planted, "we");
	assert_non_null(file);
	fclose(file);
	m = opened(p, &o);
	modem_close(&m);
	assert_int_equal(stat(planted, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(unlink(planted), 0);
}

/* What comes of a dialogue; how long it took, seconds. */
static enum error_code
dialogue(struct pty *p, struct modem_options *o, const char *connect, int stop,
	int64_t *took_r)
{
	const int64_t began = clock_milliseconds();
	struct modem *m;
	int rc;

	o->device = p->device;
	o->connect = connect;
	m = opened(p, o);
	rc = modem_connect(m, stop, &p->e);
	*took_r = clock_milliseconds() - began;
	modem_close(&m);
	return rc == 0 ? ERROR_NONE : p->e.code;
}

static void
dialogues_are_bounded(void **state)
{
	struct pty *p = *state;
	struct modem_options o = { .seconds = 20 };
	int ends[2];
	int64_t took;

	assert_int_equal(dialogue(p, &o, " true ", -1, &took), ERROR_NONE);
	assert_int_equal(dialogue(p, &o, "false", -1, &took), ERROR_NOT_FOUND);
	assert_non_null(strstr(p->e.text, "status 1"));
	assert_int_equal(
		dialogue(p, &o, "/nonexistent/chat", -1, &took), ERROR_BAD);
	assert_int_equal(dialogue(p, &o, " ", -1, &took), ERROR_BAD);
	o.seconds = 1;
	assert_int_equal(
		dialogue(p, &o, "sleep 600", -1, &took), ERROR_NOT_FOUND);
	assert_in_range(took, 1000, 60000);
	/* waits for a call, and is stopped */
	o.seconds = 0;
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	assert_int_equal(
		dialogue(p, &o, "sleep 600", ends[0], &took), ERROR_NOT_FOUND);
	assert_string_not_equal(p->e.text, "");
	close(ends[0]);
}

static void
numbers_are_words(void **state)
{
	struct pty *p = *state;
	struct modem_options o = { .seconds = 20, .number = "+49,30W12#" };
	struct modem *m;
	int64_t took;

	assert_int_equal(
		dialogue(p, &o, "test %n = +49,30W12#", -1, &took), ERROR_NONE);
	o.number = NULL;
	assert_int_equal(dialogue(p, &o, "test %n", -1, &took), ERROR_BAD);
	o.number = "1;reboot";
	assert_int_equal(modem_open(&o, &m, &p->e), -1);
	assert_int_equal(p->e.code, ERROR_BAD);
}

static void
what_is_no_line(void **state)
{
	struct pty *p = *state;
	struct modem_options o = { .device = "/dev/null" };
	struct modem *m;

	assert_int_equal(modem_open(&o, &m, &p->e), -1);
	assert_int_equal(p->e.code, ERROR_TROUBLE);
	o.device = "/nonexistent/tty";
	assert_int_equal(modem_open(&o, &m, &p->e), -1);
	o.device = p->device;
	o.speed = 12345;
	assert_int_equal(modem_open(&o, &m, &p->e), -1);
	assert_int_equal(p->e.code, ERROR_BAD);
	assert_int_equal(access(p->lock, F_OK), -1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, take_away)
	const struct CMUnitTest tests[] = {
		TEST(is_set_and_hung_up),
		TEST(one_has_the_line),
		TEST(a_lock_without_a_name),
		TEST(the_line_itself_is_locked),
		TEST(nothing_is_written_through),
		TEST(dialogues_are_bounded),
		TEST(numbers_are_words),
		TEST(what_is_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
