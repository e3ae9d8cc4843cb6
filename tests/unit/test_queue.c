/*
 * The device's queue: nothing put in is lost or half there, whenever the
 * process is killed; and what decides when a message is sent again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/text.h"
#include "device/queue.h"
#include "device/queue_requests.h"
#include "device/queue_state.h"
#include "tests/unit/killed.h"

#define EMAIL_ID "5f0k3v9y2m7c1q8x4t6b0n3d5h"
#define OK(call)                                   \
	do {                                       \
		if ((call) != 0)                   \
			fail_msg("%s", f->e.text); \
	} while (0)

struct fixture {
	char path[64];
	struct queue *q;
	struct queue_entry entry;
	struct buffer message;
	struct error e;
};

static const char spelled[] = "A4FM=2F1";

static int
make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/queue.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	assert_int_equal(buffer_text(&f->message, "a message"), BUFFER_OK);
	OK(crypto_init(&f->e));
	OK(queue_open(f->path, &f->q, &f->e));
	*state = f;
	return 0;
}

static int
unmake(void **state)
{
	struct fixture *f = *state;
	char command[128];

	queue_close(&f->q);
	text_format(command, sizeof(command), "rm -rf %s", f->path);
	assert_int_equal(system(command), 0);
	buffer_clear(&f->message);
	free(f);
	return 0;
}

/* Puts one in, with what it answers or not. */
static void
add(struct fixture *f, const char *answers)
{
	memset(&f->entry, 0, sizeof(f->entry));
	strcpy(f->entry.answers, answers);
	f->entry.expires = 2000000000;
	OK(queue_add(f->q, spelled, &f->entry, &f->message, &f->e));
}

static size_t
count(struct fixture *f)
{
	struct queue_entry *entries;
	size_t n;

	OK(queue_list(f->q, spelled, &entries, &n, &f->e));
	free(entries);
	return n;
}

/* The only one that is there. */
static void
get_one(struct fixture *f, struct queue_entry *entry)
{
	struct queue_entry *entries;
	size_t n;

	OK(queue_list(f->q, spelled, &entries, &n, &f->e));
	assert_int_equal(n, 1);
	*entry = entries[0];
	free(entries);
}

static size_t
refused(const struct fixture *f)
{
	char path[128];
	size_t n = 0;
	DIR *dir;

	text_format(path, sizeof(path), "%s/refused", f->path);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	for (const struct dirent *d = readdir(dir); d != NULL; d = readdir(dir))
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void
in_and_out(void **state)
{
	struct fixture *f = *state;
	struct buffer octets = { 0 };
	struct queue_entry seen;

	add(f, "");
	assert_int_equal(strlen(f->entry.name), 8 + 1 + 32 + 4);
	OK(queue_read(f->q, f->entry.name, &octets, &f->e));
	assert_string_equal((char *)octets.data, "a message");
	buffer_clear(&octets);
	get_one(f, &seen);
	assert_string_equal(seen.name, f->entry.name);
	assert_false(seen.plain);
	assert_true(schedule_due(&seen.schedule, 1));
	schedule_sent(&seen.schedule, 1000000000);
	OK(queue_note(f->q, &seen, &f->e));
	get_one(f, &seen);
	assert_int_equal(seen.schedule.sent, 1);
	assert_int_equal(seen.schedule.next, 1000000300);
	OK(queue_forget(f->q, seen.name, &f->e));
	OK(queue_forget(f->q, seen.name, &f->e));
	OK(queue_note(f->q, &seen, &f->e));
	assert_int_equal(count(f), 0);
	assert_int_equal(queue_read(f->q, seen.name, &octets, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_NOT_FOUND);
}

static void
answers_are_known(void **state)
{
	struct fixture *f = *state;
	struct queue_entry seen;

	add(f, EMAIL_ID);
	get_one(f, &seen);
	assert_string_equal(seen.answers, EMAIL_ID);
	assert_int_equal(seen.expires, 2000000000);
	schedule_failed(&seen.schedule, 1000000000);
	OK(queue_note(f->q, &seen, &f->e));
	get_one(f, &seen);
	assert_string_equal(seen.answers, EMAIL_ID);
	assert_int_equal(seen.schedule.failed, 1);
}

static void
others_messages_are_not_ours(void **state)
{
	struct fixture *f = *state;

	add(f, "");
	OK(queue_add(f->q, "A4FM=2F12", &f->entry, &f->message, &f->e));
	OK(queue_add(f->q, "A4FM", &f->entry, &f->message, &f->e));
	assert_int_equal(count(f), 1);
}

/* Longest due first. */
static void
in_order(void **state)
{
	struct fixture *f = *state;
	struct queue_entry *entries;
	size_t n;

	for (int i = 0; i < 5; i++) {
		add(f, "");
		f->entry.schedule.next = 1000000000 + (7 * i) % 5;
		OK(queue_note(f->q, &f->entry, &f->e));
	}
	OK(queue_list(f->q, spelled, &entries, &n, &f->e));
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			entries[i].schedule.next, 1000000000 + (time_t)i);
	free(entries);
}

static void
touch(const struct fixture *f, const char *name, off_t length)
{
	char path[256];
	int fd;

	text_format(path, sizeof(path), "%s/%s", f->path, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, length), 0);
	close(fd);
}

static void
bounded(void **state)
{
	struct fixture *f = *state;
	char name[64];

	touch(f, "B.0123456789abcdef.p7m",
		QUEUE_OCTETS_MAX - (off_t)f->message.length);
	add(f, "");
	assert_int_equal(
		queue_add(f->q, spelled, &f->entry, &f->message, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_LIMIT);
	touch(f, "B.0123456789abcdef.p7m", 0);
	for (int i = 0; i < QUEUE_ENTRIES_MAX - 3; i++) {
		text_format(name, sizeof(name), "B.%032d.p7m", i);
		touch(f, name, 0);
	}
	add(f, "");
	assert_int_equal(
		queue_add(f->q, spelled, &f->entry, &f->message, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_LIMIT);
	assert_int_equal(count(f), 2);
}

static void
refused_are_kept_bounded(void **state)
{
	struct fixture *f = *state;
	char path[256], first[NAMES_INBOX_SIZE] = "";

	for (int i = 0; i < QUEUE_REFUSED_MAX + 3; i++) {
		add(f, "");
		if (i == 0)
			strcpy(first, f->entry.name);
		OK(queue_refuse(f->q, f->entry.name, &f->e));
	}
	assert_int_equal(refused(f), QUEUE_REFUSED_MAX);
	assert_int_equal(count(f), 0);
	text_format(path, sizeof(path), "%s/refused/%s", f->path, first);
	assert_int_equal(access(path, F_OK), -1);
	text_format(
		path, sizeof(path), "%s/refused/%s", f->path, f->entry.name);
	assert_int_equal(access(path, F_OK), 0);
}

static void
others_may_not_write(void **state)
{
	struct fixture *f = *state;
	struct queue *q;

	assert_int_equal(chmod(f->path, 0770), 0);
	assert_int_equal(queue_open(f->path, &q, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_BAD);
	assert_null(q);
	assert_int_equal(chmod(f->path, 0755), 0);
	OK(queue_open(f->path, &q, &f->e));
	OK(queue_claim(q, spelled, &f->e));
	assert_int_equal(queue_claim(f->q, spelled, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_EXISTS);
	queue_close(&q);
}

/* What no process of ours leaves is not taken for a message. */
static void
strange_files(void **state)
{
	struct fixture *f = *state;
	struct buffer octets = { 0 };
	char path[256];

	add(f, "");
	touch(f, "tmp", 5);
	touch(f, "A4FM=2F1.short.p7m", 5);
	touch(f, "A4FM=2f1.0123456789abcdef.p7m", 5);
	touch(f, "A4FM=2F1.0123456789abcdef.state", 5);
	touch(f, "notes.state", 5);
	assert_int_equal(count(f), 1);
	text_format(path, sizeof(path), "%s/A4FM=2F1.0123456789abcdef.state",
		f->path);
	assert_int_equal(access(path, F_OK), -1); /* nobody's: swept away */
	text_format(path, sizeof(path), "%s/notes.state", f->path);
	assert_int_equal(access(path, F_OK), 0);
	text_format(path, sizeof(path), "%s/A4FM=2F1.0123456789abcdef.p7m",
		f->path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(queue_read(f->q, "A4FM=2F1.0123456789abcdef.p7m",
				 &octets, &f->e),
		-1);
	assert_int_equal(octets.length, 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(queue_read(f->q, "A4FM=2F1.0123456789abcdef.p7m",
				 &octets, &f->e),
		-1);
}

/* --- killed --- */

enum step { ADD, ADD_ANSWER, NOTE, FORGET, REFUSE, STEPS };

struct drill {
	struct fixture *f;
	enum step step;
};

/* In a process of its own. */
static int
take_step(void *arg)
{
	struct drill *d = arg;
	struct queue *q;
	struct queue_entry entry = { 0 }, *entries;
	size_t n;
	int rc = -1;

	if (queue_open(d->f->path, &q, NULL))
		return -1;
	if (d->step == ADD || d->step == ADD_ANSWER) {
		strcpy(entry.answers, d->step == ADD ? "" : EMAIL_ID);
		entry.expires = 2000000000;
		rc = queue_add(q, spelled, &entry, &d->f->message, NULL);
	} else if (queue_list(q, spelled, &entries, &n, NULL) == 0 && n == 1) {
		schedule_sent(&entries[0].schedule, 1000000000);
		if (d->step == NOTE)
			rc = queue_note(q, &entries[0], NULL);
		else if (d->step == FORGET)
			rc = queue_forget(q, entries[0].name, NULL);
		else
			rc = queue_refuse(q, entries[0].name, NULL);
		free(entries);
	}
	queue_close(&q);
	return rc;
}

/* All of it, or nothing, and once more is not too often. */
static void
look(struct fixture *f, enum step step)
{
	struct queue_entry *entries;
	struct buffer octets = { 0 };
	size_t n;

	OK(queue_list(f->q, spelled, &entries, &n, &f->e));
	assert_true(n <= 1);
	if (n == 1) {
		OK(queue_read(f->q, entries[0].name, &octets, &f->e));
		assert_string_equal((char *)octets.data, "a message");
		assert_string_equal(
			entries[0].answers, step == ADD ? "" : EMAIL_ID);
		assert_true(entries[0].schedule.sent <= (step == NOTE));
	}
	if (step == NOTE)
		assert_int_equal(n, 1);
	if (step == REFUSE)
		assert_int_equal(n + refused(f), 1);
	buffer_clear(&octets);
	free(entries);
}

/* Leaves the queue with what the step needs: one message, or none. */
static void
begin(struct fixture *f, enum step step)
{
	char command[128];

	text_format(command, sizeof(command), "rm -rf %s/*", f->path);
	assert_int_equal(system(command), 0);
	queue_close(&f->q);
	OK(queue_open(f->path, &f->q, &f->e));
	if (step != ADD && step != ADD_ANSWER)
		add(f, EMAIL_ID);
}

static void
killed_at_each_step(void **state)
{
	struct fixture *f = *state;
	struct drill d = { .f = f };
	bool killed;

	for (d.step = 0; d.step < STEPS; d.step++) {
		killed = true;
		for (unsigned int n = 1; killed; n++) {
			begin(f, d.step);
			killed = killed_at(n, take_step, &d, NULL);
			look(f, d.step);
		}
	}
}

/* --- requests that came over a line --- */

static int
put_request(void *arg)
{
	struct fixture *f = arg;

	return queue_request_put(f->q, spelled, &f->message, &f->e);
}

/* Whoever put it there was killed, perhaps, before the disk had its name. */
static void
a_request_that_is_there_is_on_disk(void **state)
{
	struct fixture *f = *state;

	OK(put_request(f));
	assert_true(killed_at(1, put_request, f, NULL));
}

static void
old_requests_are_kept(void **state)
{
	static const struct timespec long_ago[2];
	struct fixture *f = *state;
	char names[QUEUE_REQUESTS_MAX][QUEUE_REQUEST_SIZE], path[256];
	size_t count;

	OK(put_request(f));
	OK(queue_request_list(f->q, spelled, names, &count, &f->e));
	assert_int_equal(count, 1);
	assert_false(queue_request_is_old(f->q, names[0]));
	text_format(path, sizeof(path), "%s/%s", f->path, names[0]);
	assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
	OK(queue_request_list(f->q, spelled, names, &count, &f->e));
	assert_int_equal(count, 1);
	assert_true(queue_request_is_old(f->q, names[0]));
}

/* --- names, state, schedule --- */

static void
names_in_the_outbox(void **state)
{
	static const struct {
		const char *name;
		enum names_kind kind;
	} cases[] = {
		{ EMAIL_ID ".p7m", NAMES_REQUEST },
		{ EMAIL_ID ".eml", NAMES_REQUEST },
		{ "0123456789abcDEF.receipt", NAMES_RECEIPT },
		{ "0123456789-bcDEF.receipt", NAMES_RECEIPT },
		{ "0123456789abcdef.p7m", NAMES_NONE },
		{ "5F0K3V9Y2M7C1Q8X4T6B0N3D5H.p7m", NAMES_NONE },
		{ "0123456789abcde.receipt", NAMES_NONE },
		{ "", NAMES_NONE },
		{ ".receipt", NAMES_NONE },
		{ "..", NAMES_NONE },
		{ EMAIL_ID, NAMES_NONE },
		{ EMAIL_ID ".p7m.p7m", NAMES_NONE },
		{ EMAIL_ID ".p7m/", NAMES_NONE },
		{ "../" EMAIL_ID ".p7m", NAMES_NONE },
		{ EMAIL_ID ".P7M", NAMES_NONE },
		{ EMAIL_ID "%2e.p7m", NAMES_NONE },
	};
	char id[NAMES_ID_SIZE], longest[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			names_outbox(cases[i].name, id), cases[i].kind);
		assert_int_equal(cases[i].kind == NAMES_NONE, id[0] == '\0');
	}
	memset(longest, 'a', sizeof(longest));
	strcpy(longest + 64, ".receipt");
	assert_int_equal(names_outbox(longest, id), NAMES_RECEIPT);
	assert_int_equal(strlen(id), 64);
	longest[64] = 'a';
	strcpy(longest + 65, ".receipt");
	assert_int_equal(names_outbox(longest, id), NAMES_NONE);
}

static void
broken_states_are_none(void **state)
{
	static const char *const texts[] = { "", "\n", "sent 1", "sent\n",
		"sent -1\n", "sent 99999999999\n", "sent 1\nmore\n",
		"sent 1\nnext tomorrow\n", "sent 1\nanswers x\n",
		"sent 1\nanswers " EMAIL_ID "\n",
		"sent 1\nanswers short 2030-01-01T00:00:00Z\n" };
	struct queue_entry entry = { 0 };
	const char good[] = "sent 2\nfailed 3\nnext 2030-01-01T00:00:00Z\n"
			    "answers " EMAIL_ID " 2030-01-01T00:00:01Z\n";

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		queue_state_read(texts[i], strlen(texts[i]), &entry);
		assert_int_equal(entry.schedule.sent, 0);
		assert_string_equal(entry.answers, "");
	}
	queue_state_read("sent 1\0\n", 8, &entry);
	assert_int_equal(entry.schedule.sent, 0);
	queue_state_read(good, strlen(good), &entry);
	assert_int_equal(entry.schedule.sent, 2);
	assert_int_equal(entry.schedule.failed, 3);
	assert_int_equal(entry.expires - entry.schedule.next, 1);
	assert_string_equal(entry.answers, EMAIL_ID);
}

static void
waits_double(void **state)
{
	static const time_t waits[] = { 300, 600, 1200, 2400, 4800, 9600, 19200,
		38400, 76800, 86400, 86400 };
	struct schedule s = { 0 };
	time_t now = 1000000000;

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		assert_true(schedule_due(&s, now));
		schedule_sent(&s, now);
		assert_int_equal(s.next - now, waits[i]);
		assert_false(schedule_due(&s, s.next - 1));
		now = s.next;
	}
	for (int i = 0; i < 9; i++)
		schedule_failed(&s, now);
	assert_int_equal(s.next - now, 3600);
	/* the clock was set back by a year */
	assert_true(schedule_due(&s, now - 365 * 86400));
	schedule_sent(&s, now);
	assert_int_equal(s.failed, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)
	const struct CMUnitTest tests[] = {
		TEST(in_and_out),
		TEST(answers_are_known),
		TEST(others_messages_are_not_ours),
		TEST(in_order),
		TEST(bounded),
		TEST(refused_are_kept_bounded),
		TEST(others_may_not_write),
		TEST(strange_files),
		TEST(killed_at_each_step),
		TEST(a_request_that_is_there_is_on_disk),
		TEST(old_requests_are_kept),
		cmocka_unit_test(names_in_the_outbox),
		cmocka_unit_test(broken_states_are_none),
		cmocka_unit_test(waits_double),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
