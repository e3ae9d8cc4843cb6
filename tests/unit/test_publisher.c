/*
 * The four promises of the spool, with a process that dies at each step in
 * turn and a consumer that takes segments the moment they appear.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/watch.h"
#include "store/inside.h"
#include "tests/unit/store_fixture.h"

static const char *const steps[] = { "planned", "created", "first row",
	"filled", "synced", "written", "archived", "noted", "counted",
	"renamed", "released", "finished" };
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

struct consumer {
	uint64_t next; /* sequence number that must come */
	/* Of the records before it, by number. */
	unsigned char digests[128][SHA256_SIZE];
	unsigned int segments;
};

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The record that must come; if it declares a break, one up to it. */
static void
expect_record(struct consumer *c, const char *line, char *out, size_t size)
{
	const char *says = strstr(line, ",\"restored\":{\"after\":");
	unsigned long long after = c->next - 1;
	char restored[64] = "", chain[2 * SHA256_SIZE + 1];

	if (says != NULL) {
		assert_int_equal(
			sscanf(says, ",\"restored\":{\"after\":%llu", &after),
			1);
		assert_true(after < c->next - 1);
		text_format(restored, sizeof(restored),
			",\"restored\":{\"after\":%llu,\"to\":%llu}", after,
			(unsigned long long)c->next - 1);
	}
	text_hex(c->digests[after % 128], SHA256_SIZE, chain);
	text_format(out, size,
		"{\"sequence\":%llu,\"chain\":\"%s\"%s,\"version\":1}\n",
		(unsigned long long)c->next, chain, restored);
}

/* Reads one segment: whole lines, numbers without gap, its name the first. */
static void
consume_file(struct consumer *c, const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	char *line = NULL, expected[192];
	struct crypto_span whole;
	struct error e;
	size_t size = 0;
	ssize_t length;

	assert_non_null(file);
	text_format(expected, sizeof(expected), "%020llu.jsonl",
		(unsigned long long)c->next);
	assert_string_equal(name, expected);
	while ((length = getline(&line, &size, file)) > 0) {
		assert_int_equal(line[length - 1], '\n');
		expect_record(c, line, expected, sizeof(expected));
		assert_string_equal(line, expected);
		whole = (struct crypto_span){ line, (size_t)length - 1 };
		assert_int_equal(
			crypto_sha256(&whole, 1, c->digests[c->next % 128], &e),
			0);
		c->next++;
	}
	free(line);
	fclose(file);
	c->segments++;
}

/* Takes all that is in new/ now, in order, and removes it. */
static void
consume(struct fixture *f, struct consumer *c)
{
	char path[512];
	struct dirent **names;
	int count, i;

	text_format(path, sizeof(path), "%s/new", f->spool);
	count = scandir(path, &names, is_visible, alphasort);
	assert_true(count >= 0);
	for (i = 0; i < count; i++) {
		text_format(path, sizeof(path), "%s/new/%s", f->spool,
			names[i]->d_name);
		consume_file(c, path, names[i]->d_name);
		assert_int_equal(unlink(path), 0);
		free(names[i]);
	}
	free(names);
}

static unsigned int
count_files(struct fixture *f, const char *name)
{
	char path[256];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir;

	text_format(path, sizeof(path), "%s/%s", f->spool, name);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += (unsigned int)is_visible(entry);
	closedir(dir);
	return count;
}

static void
segments_hold_everything(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	struct store_stats stats;
	struct stat st;
	char path[256];
	unsigned int i;

	for (i = 0; i < 250; i++)
		assert_int_equal(fixture_admit(f, i), i + 1);
	OK(store_publish(f->store, &f->e));
	text_format(path, sizeof(path), "%s/new/%020d.jsonl", f->spool, 101);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	OK(store_stats(f->store, &stats, &f->e));
	assert_int_equal(stats.next_published, 251);
	assert_int_equal(stats.published, 3);
	consume(f, &c);
	assert_int_equal(c.next, 251);
	assert_int_equal(c.segments, 3);
	assert_int_equal(count_files(f, "tmp"), 0);
	OK(store_publish(f->store, &f->e));
	assert_int_equal(count_files(f, "new"), 0);
}

/* A record without members, and one as large as they come. */
static void
odd_lines(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	struct admitted got;
	size_t size = 1500000;
	char *big = malloc(size), path[256];
	struct stat st;

	assert_non_null(big);
	a.line = "{}";
	a.line_length = 2;
	OK(ledger_admit(f->store, &a, &got, &f->e));
	memset(big, 'x', size);
	memcpy(big, "{\"a\":\"", 6);
	memcpy(big + size - 2, "\"}", 2);
	a = fixture_admission(2);
	a.line = big;
	a.line_length = size;
	OK(ledger_admit(f->store, &a, &got, &f->e));
	OK(store_publish(f->store, &f->e));
	text_format(path, sizeof(path), "%s/new/%020d.jsonl", f->spool, 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size,
		(off_t)(strlen("{\"sequence\":1}\n") +
			strlen("{\"sequence\":2,") + size - 1 + 1 +
			2 * (strlen(",\"chain\":\"\"") + 64)));
	free(big);
}

static void
die(const char *name, void *arg)
{
	if (strcmp(name, arg) == 0)
		kill(getpid(), SIGKILL);
}

/* In a child: admits count reports, publishes, and dies at a step. */
static void
child_dies(struct fixture *f, const char *step, unsigned int from,
	unsigned int count)
{
	unsigned int i;
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (store_open(&f->options, &f->store, &f->e) != 0)
			_exit(1);
		for (i = from; i < from + count; i++)
			if (fixture_admit(f, i) != i + 1)
				_exit(2);
		f->store->step = die;
		f->store->step_arg = (void *)(uintptr_t)step;
		store_publish(f->store, &f->e);
		_exit(3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

/*
 * Each pair of steps: die at one, publish on and die at the other, then let
 * it finish. With and without a consumer between the deaths.
 */
static void
killed_at_every_step(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	unsigned int number = 0, i, j, eager;

	f->options.segment_reports = 3;
	for (i = 0; i < STEPS; i++)
		for (j = 0; j < STEPS; j += 2) {
			eager = (i + j) % 3;
			store_close(&f->store);
			child_dies(f, steps[i], number, 5);
			if (eager > 0)
				consume(f, &c);
			child_dies(f, steps[j], number + 5, 2);
			if (eager > 1)
				consume(f, &c);
			OK(store_open(&f->options, &f->store, &f->e));
			number += 7;
			OK(store_publish(f->store, &f->e));
			consume(f, &c);
			assert_int_equal(c.next, number + 1);
			assert_int_equal(count_files(f, "tmp"), 0);
		}
	OK(store_check(f->store, stderr, &f->e));
}

/* A consumer that takes segments while they are made by a store that is
 * killed at times of its own. */
static void
killed_at_any_time(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	unsigned int number = 0, i, round;
	int status, told[2];
	pid_t child;

	f->options.segment_reports = 7;
	store_close(&f->store);
	for (round = 0; round < 15; round++) {
		assert_int_equal(pipe(told), 0);
		fflush(NULL);
		child = fork();
		if (child == 0) {
			if (store_open(&f->options, &f->store, &f->e) != 0 ||
				store_start(f->store, &f->e) != 0)
				_exit(1);
			for (i = number;; i++)
				if (fixture_admit(f, i) == 0 ||
					write(told[1], "x", 1) != 1)
					_exit(2);
		}
		close(told[1]);
		for (i = 0; i < 20 + round * 13; i++) {
			char x;

			assert_int_equal(read(told[0], &x, 1), 1);
			number++;
			if (i % 10 == 0)
				consume(f, &c);
		}
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		/* what was told after the last look, and one more perhaps */
		for (char x; read(told[0], &x, 1) == 1;)
			number++;
		close(told[0]);
		OK(store_open(&f->options, &f->store, &f->e));
		/* if it was admitted but not told, this is the retry */
		fixture_admit(f, number);
		number++;
		OK(store_publish(f->store, &f->e));
		consume(f, &c);
		assert_int_equal(c.next, number + 1);
		store_close(&f->store);
	}
	OK(store_open(&f->options, &f->store, &f->e));
}

static void
strays_are_removed(void **state)
{
	struct fixture *f = *state;
	char stray[256], other[256];

	text_format(stray, sizeof(stray), "%s/tmp/%020d.jsonl", f->spool, 99);
	text_format(other, sizeof(other), "%s/tmp/operators-notes", f->spool);
	fclose(fopen(stray, "w"));
	fclose(fopen(other, "w"));
	OK(store_publish(f->store, &f->e));
	assert_int_equal(access(stray, F_OK), -1);
	assert_int_equal(access(other, F_OK), 0);
}

/* Numbers that are given twice, after an old backup was put back, never hide
 * a report that nobody has read. */
static void
segments_are_not_replaced(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char path[256];
	FILE *file;

	text_format(path, sizeof(path), "%s/new/%020d.jsonl", f->spool, 1);
	file = fopen(path, "w");
	fputs("{\"sequence\":1,\"version\":2}\n", file);
	fclose(file);
	assert_int_equal(fixture_admit(f, 1), 1);
	FAILS(store_publish(f->store, &f->e), ERROR_TROUBLE);
	assert_int_equal(unlink(path), 0);
	OK(store_publish(f->store, &f->e));
	consume(f, &c);
	assert_int_equal(c.next, 2);
}

/* Consumers may write to new/: what they put there holds nobody up. */
static void
odd_things_in_the_way(void **state)
{
	static const struct {
		const char *what;
		mode_t mode;
	} things[] = { { "FIFO", S_IFIFO }, { "socket", S_IFSOCK },
		{ "directory", S_IFDIR }, { "symbolic link", S_IFLNK } };
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char path[256], fifo[256];
	size_t i;

	text_format(fifo, sizeof(fifo), "%s/fifo", f->root);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(fixture_admit(f, 0), 1);
	text_format(path, sizeof(path), "%s/new/%020d.jsonl", f->spool, 1);
	for (i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
		if (things[i].mode == S_IFLNK)
			assert_int_equal(symlink(fifo, path), 0);
		else if (things[i].mode == S_IFDIR)
			assert_int_equal(mkdir(path, 0700), 0);
		else
			assert_int_equal(
				mknod(path, things[i].mode | 0600, 0), 0);
		alarm(300); /* it must not wait for a writer */
		FAILS(store_publish(f->store, &f->e), ERROR_TROUBLE);
		alarm(0);
		assert_non_null(strstr(f->e.text, "new: "));
		assert_int_equal(remove(path), 0);
	}
	OK(store_publish(f->store, &f->e));
	consume(f, &c);
	assert_int_equal(c.next, 2);
}

static void
numbers_only_go_up(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	struct store_stats stats;

	FAILS(store_set_next_sequence(f->store, 0, &f->e), ERROR_BAD);
	FAILS(store_set_next_sequence(f->store, SEQUENCE_MAX + 1, &f->e),
		ERROR_BAD);
	OK(store_set_next_sequence(f->store, 1, &f->e));
	assert_int_equal(fixture_admit(f, 0), 1);
	FAILS(store_set_next_sequence(f->store, 1, &f->e), ERROR_DENIED);
	/* not past what waits, nor past what is on its way */
	FAILS(store_set_next_sequence(f->store, 10, &f->e), ERROR_EXISTS);
	store_close(&f->store);
	child_dies(f, "renamed", 1, 1);
	OK(store_open(&f->options, &f->store, &f->e));
	FAILS(store_set_next_sequence(f->store, 10, &f->e), ERROR_EXISTS);
	OK(store_publish(f->store, &f->e));
	OK(store_set_next_sequence(f->store, 10, &f->e));
	OK(store_stats(f->store, &stats, &f->e));
	assert_int_equal(stats.next_sequence, 10);
	assert_int_equal(stats.next_published, 10);
	consume(f, &c);
	assert_int_equal(c.next, 3);
	fixture_reopen(f);
	assert_int_equal(fixture_admit(f, 3), 10);
	OK(store_publish(f->store, &f->e));
	OK(store_check(f->store, stderr, &f->e));
	c.next = 10;
	consume(f, &c);
	assert_int_equal(c.next, 11);
}

/* Directory name under the fixture's root. */
static void
place(struct fixture *f, const char *name, char path[192])
{
	text_format(path, 192, "%s/%s", f->root, name);
}

static void
copy(const char *from, const char *to)
{
	char command[512];

	text_format(command, sizeof(command), "cp -a %s %s", from, to);
	assert_int_equal(system(command), 0);
}

static void
reads_published(struct fixture *f, const char *text)
{
	char path[256], got[128] = "";
	struct stat st, new;
	FILE *file;

	text_format(path, sizeof(path), "%s/published", f->spool);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(got, sizeof(got), file));
	assert_int_equal(fstat(fileno(file), &st), 0);
	fclose(file);
	assert_memory_equal(got, text, strlen(text));
	assert_int_equal(st.st_mode & 07777, 0640);
	text_format(path, sizeof(path), "%s/new", f->spool);
	assert_int_equal(stat(path, &new), 0);
	assert_int_equal(st.st_gid, new.st_gid);
}

/* Five reports are out, the copy that is opened knows of the first only. */
static void
put_back(struct fixture *f, struct consumer *c, char backup[192])
{
	unsigned int i;

	place(f, "backup", backup);
	assert_int_equal(fixture_admit(f, 0), 1);
	OK(store_backup(f->store, backup, &f->e));
	for (i = 1; i < 5; i++)
		assert_int_equal(fixture_admit(f, i), i + 1);
	OK(store_publish(f->store, &f->e));
	consume(f, c);
	assert_int_equal(c->next, 6);
	store_close(&f->store);
	f->options.state_directory = backup;
}

/* It is refused with the command that mends it, and by whatever asks. */
static void
refused(struct fixture *f, const char *what, const char *command)
{
	FAILS(store_open(&f->options, &f->store, &f->e), ERROR_DENIED);
	assert_non_null(strstr(f->e.text, what));
	assert_non_null(strstr(f->e.text, command));
	f->options.behind = true;
	OK(store_open(&f->options, &f->store, &f->e));
	f->options.behind = false;
	FAILS(store_healthy(f->store, &f->e), ERROR_TROUBLE);
	assert_non_null(strstr(f->e.text, command));
	assert_int_equal(fixture_admit(f, 77), 0);
	assert_int_equal(f->e.code, ERROR_TROUBLE);
	FAILS(store_check(f->store, NULL, &f->e), ERROR_BAD);
	OK(store_start(f->store, &f->e));
	FAILS(store_healthy(f->store, &f->e), ERROR_TROUBLE);
	store_stop(f->store);
	assert_int_equal(count_files(f, "new"), 0);
}

/* What csrcadm sequence --next does. */
static int
go_on_with(struct fixture *f, uint64_t next)
{
	if (store_catch_up(f->store, next, &f->e) != 0 ||
		store_publish(f->store, &f->e) != 0)
		return -1;
	return store_set_next_sequence(f->store, next, &f->e);
}

/* What csrc-gateway(7) tells to do: no number comes twice. */
static void
restored_store_goes_on_above(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char backup[192];

	put_back(f, &c, backup);
	reads_published(f, "{\"last\":5,\"store\":\"");
	refused(f, "old store", "csrcadm sequence --next 6");
	assert_int_equal(go_on_with(f, 5), -1);
	assert_int_equal(f->e.code, ERROR_DENIED);
	/* report 1 waits in the backup; it is in the spool already */
	OK(go_on_with(f, 6));
	assert_int_equal(count_files(f, "new"), 0);
	OK(store_check(f->store, stderr, &f->e));
	assert_int_equal(fixture_admit(f, 9), 6);
	OK(store_publish(f->store, &f->e));
	consume(f, &c);
	assert_int_equal(c.next, 7);
	fixture_reopen(f);
	reads_published(f, "{\"last\":6,");
}

/* What the copy holds beyond the spool's last was never published. */
static void
restored_outbox_is_published(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char backup[192];
	unsigned int i;

	f->options.segment_reports = 2;
	fixture_reopen(f);
	place(f, "backup", backup);
	for (i = 0; i < 4; i++)
		assert_int_equal(fixture_admit(f, i), i + 1);
	OK(store_backup(f->store, backup, &f->e));
	/* the disk dies when one of two segments is out */
	f->store->step = die;
	f->store->step_arg = (void *)(uintptr_t) "finished";
	fflush(NULL);
	if (fork() == 0) {
		store_publish(f->store, &f->e);
		_exit(1);
	}
	assert_true(wait(NULL) > 0);
	f->store->step = NULL;
	store_shut(&f->store);
	consume(f, &c);
	assert_int_equal(c.next, 3);
	f->options.state_directory = backup;
	refused(f, "old store", "csrcadm sequence --next 3");
	FAILS(go_on_with(f, 4), ERROR_DENIED);
	/* 3 and 4 are given, and come */
	OK(go_on_with(f, 10));
	consume(f, &c);
	assert_int_equal(c.next, 5);
	assert_int_equal(fixture_admit(f, 9), 10);
	OK(store_check(f->store, stderr, &f->e));
}

/* One table alone is as it was before. */
static void
old_numbers_are_noticed(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char meta[192], old[192];
	unsigned int i;

	place(f, "state/db/meta.db", meta);
	place(f, "old-meta.db", old);
	assert_int_equal(fixture_admit(f, 0), 1);
	OK(store_publish(f->store, &f->e));
	fixture_reopen(f);
	store_close(&f->store);
	copy(meta, old);
	OK(store_open(&f->options, &f->store, &f->e));
	for (i = 1; i < 4; i++)
		assert_int_equal(fixture_admit(f, i), i + 1);
	OK(store_publish(f->store, &f->e));
	consume(f, &c);
	store_close(&f->store);
	assert_int_equal(unlink(meta), 0);
	copy(old, meta);
	refused(f, "old store", "csrcadm sequence --next 5");
	OK(go_on_with(f, 5));
	assert_int_equal(fixture_admit(f, 9), 5);
	OK(store_publish(f->store, &f->e));
	consume(f, &c);
	assert_int_equal(c.next, 6);
}

static void
other_store_is_refused(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char other[192];
	unsigned int i;

	for (i = 0; i < 3; i++)
		assert_int_equal(fixture_admit(f, i), i + 1);
	OK(store_publish(f->store, &f->e));
	consume(f, &c);
	store_close(&f->store);
	place(f, "other", other);
	f->options.state_directory = other;
	FAILS(store_init(&f->options, -1u, -1u, -1u, &f->e), ERROR_DENIED);
	/* which has a chain of its own */
	memset(c.digests, 0, sizeof(c.digests));
	refused(f, "another store's", "csrcadm sequence --next 4");
	OK(go_on_with(f, 4));
	assert_int_equal(fixture_admit(f, 9), 4);
	fixture_reopen(f);
	consume(f, &c);
	assert_int_equal(c.next, 5);
	/* and the first one is another's now */
	store_close(&f->store);
	f->options.state_directory = f->state;
	refused(f, "another store's", "csrcadm sequence --next 5");
}

static void
published_may_be_gone_or_damaged(void **state)
{
	static const char *const damages[] = { "", "x", "{}\n",
		"{\"last\":1,\"store\":\"\"}\n",
		"{\"last\":-1,\"store\":"
		"\"00000000000000000000000000000000\"}\n",
		"{\"last\":01,\"store\":"
		"\"00000000000000000000000000000000\"}\n" };
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char path[192];
	FILE *file;
	size_t i;

	place(f, "spool/published", path);
	assert_int_equal(fixture_admit(f, 0), 1);
	OK(store_publish(f->store, &f->e));
	assert_int_equal(unlink(path), 0);
	OK(store_start(f->store, &f->e)); /* as after an upgrade */
	reads_published(f, "{\"last\":1,");
	store_close(&f->store);
	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		file = fopen(path, "w");
		fputs(damages[i], file);
		fclose(file);
		consume(f, &c);
		refused(f, "damaged", "csrcadm sequence --next");
		OK(go_on_with(f, 10 + i));
		fixture_reopen(f);
		assert_int_equal(fixture_admit(f, 10 + i), 10 + i);
		OK(store_publish(f->store, &f->e));
		c.next = 10 + i;
		consume(f, &c);
		store_close(&f->store);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(300);
	OK(store_open(&f->options, &f->store, &f->e));
	FAILS(store_healthy(f->store, &f->e), ERROR_TROUBLE);
	alarm(0);
	assert_int_equal(unlink(path), 0);
}

static bool
comes_true(bool (*test)(struct fixture *f), struct fixture *f)
{
	unsigned int i;

	for (i = 0; i < 1200; i++) {
		if (test(f))
			return true;
		usleep(50 * 1000);
	}
	return false;
}

static bool
healthy(struct fixture *f)
{
	return store_healthy(f->store, &f->e) == 0;
}

static bool
unhealthy(struct fixture *f)
{
	return !healthy(f);
}

/* Hangs until it is let go. */
static void
hang(const char *name, void *arg)
{
	atomic_int *hangs = arg;

	if (strcmp(name, "planned") != 0)
		return;
	*hangs = 1;
	while (*hangs == 1)
		usleep(1000);
}

static bool
hung(struct fixture *f)
{
	return !healthy(f) && strstr(f->e.text, "publisher has hung") != NULL;
}

static bool
logged(struct fixture *f, const char *what)
{
	char path[256], line[512];
	bool found = false;
	FILE *file;

	text_format(path, sizeof(path), "%s/log", f->root);
	file = fopen(path, "r");
	assert_non_null(file);
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = strstr(line, what) != NULL;
	fclose(file);
	return found;
}

static bool
said_that_it_hangs(struct fixture *f)
{
	return logged(f, "publisher has hung");
}

static bool
said_that_it_goes_on(struct fixture *f)
{
	return logged(f, "publisher goes on");
}

/* Who hangs cannot say so; others do, and go on when it does. */
static void
hanging_is_said(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	atomic_int hangs = 0;
	char log[256];

	text_format(log, sizeof(log), "%s/log", f->root);
	OK(log_open(log, LEVEL_INFO, &f->e));
	f->store->step = hang;
	f->store->step_arg = &hangs;
	watch_set_limit(f->store->watch, 1);
	OK(store_start(f->store, &f->e));
	assert_int_equal(fixture_admit(f, 0), 1);
	assert_true(comes_true(hung, f));
	assert_int_equal(hangs, 1);
	/* nothing is admitted that might never be published */
	assert_int_equal(fixture_admit(f, 1), 0);
	assert_int_equal(f->e.code, ERROR_TROUBLE);
	assert_true(comes_true(said_that_it_hangs, f));
	hangs = 2;
	assert_true(comes_true(healthy, f));
	assert_true(comes_true(said_that_it_goes_on, f));
	consume(f, &c);
	assert_int_equal(c.next, 2);
	OK(log_open("stderr", LEVEL_INFO, &f->e));
}

static bool
published(struct fixture *f)
{
	return count_files(f, "new") > 0;
}

static void
missing_spool_stops_admissions(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char away[256];

	OK(store_start(f->store, &f->e));
	assert_int_equal(fixture_admit(f, 0), 1);
	assert_true(comes_true(published, f));
	text_format(away, sizeof(away), "%s/away", f->root);
	assert_int_equal(rename(f->spool, away), 0);
	/* noticed though nothing happens */
	assert_true(comes_true(unhealthy, f));
	assert_int_equal(fixture_admit(f, 1), 0);
	assert_int_equal(f->e.code, ERROR_TROUBLE);
	/* and not papered over */
	assert_int_equal(access(f->spool, F_OK), -1);
	assert_int_equal(rename(away, f->spool), 0);
	assert_true(comes_true(healthy, f));
	consume(f, &c);
	assert_int_equal(fixture_admit(f, 1), 2);
	assert_true(comes_true(published, f));
	consume(f, &c);
	assert_int_equal(c.next, 3);
}

/* The spool's file system runs full with reports on their way. */
static void
full_spool_loses_nothing(void **state)
{
	static const char block[4096];
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char path[256];
	unsigned int number = 0;
	FILE *file;

	store_close(&f->store);
	if (mount("tmpfs", f->spool, "tmpfs", 0, "size=256k") != 0) {
		OK(store_open(&f->options, &f->store, &f->e));
		skip();
	}
	OK(store_init(&f->options, -1u, -1u, -1u, &f->e));
	OK(store_open(&f->options, &f->store, &f->e));
	text_format(path, sizeof(path), "%s/ballast", f->spool);
	file = fopen(path, "w");
	setvbuf(file, NULL, _IONBF, 0);
	while (fwrite(block, 1, sizeof(block), file) == sizeof(block))
		;
	fclose(file);
	OK(store_start(f->store, &f->e));
	while (fixture_admit(f, number) != 0)
		number++;
	assert_int_equal(f->e.code, ERROR_TROUBLE);
	assert_int_equal(count_files(f, "new"), 0);
	assert_int_equal(unlink(path), 0);
	assert_true(comes_true(healthy, f));
	OK(store_publish(f->store, &f->e));
	consume(f, &c);
	assert_int_equal(c.next, number + 1);
	store_close(&f->store);
	assert_int_equal(umount(f->spool), 0);
}

static bool
tmp_is_empty(struct fixture *f)
{
	return count_files(f, "tmp") == 0;
}

/* Reports that come together leave together. */
static void
interval_shares_segments(void **state)
{
	struct fixture *f = *state;
	struct consumer c = { .next = 1 };
	char stray[256];
	unsigned int i;

	f->options.publish_interval = 3;
	fixture_reopen(f);
	text_format(stray, sizeof(stray), "%s/tmp/%020d.jsonl", f->spool, 99);
	fclose(fopen(stray, "w"));
	OK(store_start(f->store, &f->e));
	/* the first round looks for leftovers */
	assert_true(comes_true(tmp_is_empty, f));
	for (i = 0; i < 20; i++)
		assert_int_equal(fixture_admit(f, i), i + 1);
	assert_int_equal(count_files(f, "new"), 0);
	assert_true(comes_true(published, f));
	consume(f, &c);
	assert_int_equal(c.next, 21);
	assert_int_equal(c.segments, 1);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(segments_hold_everything),
		TEST(odd_lines),
		TEST(killed_at_every_step),
		TEST(killed_at_any_time),
		TEST(strays_are_removed),
		TEST(segments_are_not_replaced),
		TEST(odd_things_in_the_way),
		TEST(hanging_is_said),
		TEST(numbers_only_go_up),
		TEST(restored_store_goes_on_above),
		TEST(restored_outbox_is_published),
		TEST(old_numbers_are_noticed),
		TEST(other_store_is_refused),
		TEST(published_may_be_gone_or_damaged),
		TEST(missing_spool_stops_admissions),
		TEST(full_spool_loses_nothing),
		TEST(interval_shares_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
