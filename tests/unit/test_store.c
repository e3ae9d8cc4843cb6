/*
 * The store as a whole: made, opened, locked, backed up, checked, and back
 * after its disk was full.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "store/inside.h"
#include "store/meta.h"
#include "tests/unit/store_fixture.h"

/* Berkeley DB gives up its memory when an environment panics: the price of
 * recovery within the process, paid once for each full disk. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libdb-5.3.so\n";
}

static void
init_makes_directories(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		mode_t mode;
	} places[] = { { "state", 0700 }, { "state/db", 0700 },
		{ "spool/tmp", 02700 }, { "spool/new", 02770 },
		{ "spool/cur", 02770 } };
	char path[256];
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		text_format(
			path, sizeof(path), "%s/%s", f->root, places[i].name);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, places[i].mode);
	}
}

static void
init_is_idempotent(void **state)
{
	struct fixture *f = *state;
	struct store_stats stats;

	fixture_devices(f, 3);
	/* not while somebody has it */
	FAILS(store_init(&f->options, -1u, -1u, -1u, &f->e), ERROR_EXISTS);
	store_close(&f->store);
	OK(store_init(&f->options, -1u, -1u, -1u, &f->e));
	OK(store_open(&f->options, &f->store, &f->e));
	OK(store_stats(f->store, &stats, &f->e));
	assert_int_equal(stats.devices, 3);
	assert_int_equal(stats.next_sequence, 1);
}

/* Root would give away whatever the daemon's user lets it point at. */
static void
init_follows_no_link(void **state)
{
	static const char *const names[] = { "state/db", "spool/tmp",
		"spool/new", "spool/cur" };
	struct fixture *f = *state;
	char path[256], aside[256], other[256];
	struct stat st;
	size_t i;

	store_close(&f->store);
	text_format(other, sizeof(other), "%s/other", f->root);
	assert_int_equal(mkdir(other, 0755), 0);
	assert_int_equal(chmod(other, 0755), 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		text_format(path, sizeof(path), "%s/%s", f->root, names[i]);
		text_format(aside, sizeof(aside), "%s.aside", path);
		assert_int_equal(rename(path, aside), 0);
		assert_int_equal(symlink(other, path), 0);
		FAILS(store_places(&f->options, -1u, -1u, -1u, &f->e),
			ERROR_BAD);
		assert_int_equal(stat(other, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0755);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(rename(aside, path), 0);
	}
	OK(store_places(&f->options, -1u, -1u, -1u, &f->e));
}

static void
init_does_not_replace_lost_tables(void **state)
{
	struct fixture *f = *state;
	char path[256];

	store_close(&f->store);
	text_format(path, sizeof(path), "%s/db/seen.db", f->state);
	assert_int_equal(unlink(path), 0);
	FAILS(store_init(&f->options, -1u, -1u, -1u, &f->e), ERROR_BAD);
	FAILS(store_open(&f->options, &f->store, &f->e), ERROR_BAD);
}

static void
open_needs_a_store(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	f->options.state_directory = f->root;
	FAILS(store_open(&f->options, &other, &f->e), ERROR_NOT_FOUND);
	f->options.state_directory = "relative";
	FAILS(store_open(&f->options, &other, &f->e), ERROR_BAD);
}

static void
open_takes_the_lock(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	FAILS(store_open(&f->options, &other, &f->e), ERROR_EXISTS);
}

static void
open_needs_its_master_key(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	f->master[0] ^= 1;
	FAILS(store_open(&f->options, &f->store, &f->e), ERROR_DENIED);
	f->options.master_key = NULL;
	OK(store_open(&f->options, &f->store, &f->e));
	store_close(&f->store);
	f->options.master_key = f->master;
	f->master[0] ^= 1;
	OK(store_open(&f->options, &f->store, &f->e));
}

static void
open_refuses_overrides(void **state)
{
	struct fixture *f = *state;
	char path[256];
	FILE *file;

	store_close(&f->store);
	text_format(path, sizeof(path), "%s/db/DB_CONFIG", f->state);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	FAILS(store_open(&f->options, &f->store, &f->e), ERROR_BAD);
}

static int
from_the_future(struct db_txn *t, void *arg, struct error *e)
{
	(void)arg;
	return meta_set(t, META_SCHEMA, SCHEMA_VERSION + 1, e);
}

static void
open_refuses_what_is_newer(void **state)
{
	struct fixture *f = *state;

	OK(store_write(f->store, DURABLE, from_the_future, NULL, &f->e));
	store_close(&f->store);
	FAILS(store_open(&f->options, &f->store, &f->e), ERROR_BAD);
	assert_non_null(strstr(f->e.text, "schema"));
}

static void
low_space_refuses_admissions(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_admit(f, 1), 1);
	store_close(&f->store);
	f->options.min_free_space = INT64_MAX;
	OK(store_open(&f->options, &f->store, &f->e));
	assert_int_equal(fixture_admit(f, 2), 0);
	assert_int_equal(f->e.code, ERROR_TROUBLE);
	FAILS(store_healthy(f->store, &f->e), ERROR_TROUBLE);
}

static void
check_finds_nothing(void **state)
{
	struct fixture *f = *state;
	struct key key = { .principal = "device:D0",
		.id = "id",
		.id_length = 2,
		.length = 16 };
	struct request id = { .id = "abcdefghijklmnopqrstuvwxyz",
		.center = "K0001",
		.serial = "D0",
		.issued = NOW,
		.expires = NOW + DAY };

	fixture_devices(f, 10);
	OK(registry_key_add(f->store, &key, &f->e));
	OK(ledger_issue(f->store, &id, &f->e));
	assert_int_equal(fixture_admit(f, 1), 1);
	OK(store_check(f->store, stderr, &f->e));
	OK(store_publish(f->store, &f->e));
	OK(store_check(f->store, stderr, &f->e));
}

static int
lose_a_row(struct db_txn *t, void *arg, struct error *e)
{
	const enum table *table = arg;
	struct octets key = text_octets_of("D0");

	return db_delete(t, *table, &key, e) == 1 ? 0 : -1;
}

static void
check_finds_what_is_missing(void **state)
{
	struct fixture *f = *state;
	enum table table = TABLE_DEVICES;
	struct key key = { .principal = "device:D0",
		.id = "id",
		.id_length = 2,
		.length = 16 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fixture_devices(f, 2);
	OK(registry_key_add(f->store, &key, &f->e));
	assert_int_equal(fixture_admit(f, 1), 1);
	OK(store_write(f->store, DURABLE, lose_a_row, &table, &f->e));
	FAILS(store_check(f->store, out, &f->e), ERROR_BAD);
	fclose(out);
	assert_non_null(strstr(text, "keys.db: row id: of an unknown device"));
	assert_non_null(strstr(text, "activity.db: row D0"));
	assert_non_null(strstr(text, "meta.db: row devices: not the number"));
	assert_non_null(strstr(text, "centers.db: row K0001: not the number"));
	free(text);
}

static void
check_finds_damaged_files(void **state)
{
	struct fixture *f = *state;
	char path[256];
	FILE *file;

	fixture_devices(f, 2);
	OK(store_check(f->store, NULL, &f->e));
	text_format(path, sizeof(path), "%s/db/devices.db", f->state);
	file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 4096 + 20, SEEK_SET), 0);
	fputs("\xff\xff\xff\xff\xff\xff\xff", file);
	fclose(file);
	FAILS(store_check(f->store, NULL, &f->e), ERROR_BAD);
}

struct writer {
	struct fixture *f;
	atomic_bool stop;
	unsigned int admitted;
};

static void *
write_on(void *arg)
{
	struct writer *w = arg;
	struct fixture own = { .store = w->f->store };

	while (!atomic_load(&w->stop) && fixture_admit(&own, w->admitted) != 0)
		w->admitted++;
	return NULL;
}

static void
backup_while_writing(void **state)
{
	struct fixture *f = *state;
	struct writer w = { .f = f };
	struct store_options o = f->options;
	struct store_stats before, stats;
	struct store *copy;
	char path[200], spool[200];
	pthread_t thread;

	fixture_devices(f, 200);
	OK(store_start(f->store, &f->e));
	assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
	do
		OK(store_stats(f->store, &before, &f->e));
	while (before.next_sequence < 50);
	text_format(path, sizeof(path), "%s/backup", f->root);
	OK(store_backup(f->store, path, &f->e));
	FAILS(store_backup(f->store, path, &f->e), ERROR_EXISTS);
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	/* with a spool of its own, as one would after a loss */
	text_format(spool, sizeof(spool), "%s/spool2", f->root);
	o.state_directory = path;
	o.spool_directory = spool;
	OK(store_init(&o, -1u, -1u, -1u, &f->e));
	OK(store_open(&o, &copy, &f->e));
	OK(store_check(copy, stderr, &f->e));
	OK(store_stats(copy, &stats, &f->e));
	assert_int_equal(stats.devices, 200);
	assert_true(stats.next_sequence >= before.next_sequence);
	assert_true(stats.next_sequence <= w.admitted + 1);
	store_close(&copy);
}

/* Killed without a goodbye, the store has all that was answered. */
static void
recovery_after_a_kill(void **state)
{
	struct fixture *f = *state;
	unsigned int i;
	int status;
	pid_t child;

	fixture_devices(f, 1);
	store_close(&f->store);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (store_open(&f->options, &f->store, &f->e) != 0)
			_exit(1);
		for (i = 0; i < 500; i++)
			if (fixture_admit(f, i) != i + 1)
				_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	OK(store_open(&f->options, &f->store, &f->e));
	assert_int_equal(fixture_admit(f, 500), 501);
	OK(store_check(f->store, stderr, &f->e));
}

static void
fill_disk(const char *directory, char path[256])
{
	static const char block[65536];
	FILE *file;

	text_format(path, 256, "%s/ballast", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	setvbuf(file, NULL, _IONBF, 0);
	while (fwrite(block, 1, sizeof(block), file) == sizeof(block))
		;
	while (putc(0, file) != EOF)
		;
	fclose(file);
}

static bool
wait_healthy(struct fixture *f)
{
	unsigned int i;

	for (i = 0; i < 1200; i++) {
		if (store_healthy(f->store, &f->e) == 0)
			return true;
		usleep(100 * 1000);
	}
	return false;
}

/* The state directory's own file system runs full and is freed again; the
 * caller never reopens anything. */
static void
full_disk_is_survived(void **state)
{
	struct fixture *f = *state;
	struct store_stats stats;
	struct admitted got;
	unsigned int admitted = 0, i;
	struct admission a;
	char ballast[256];

	store_close(&f->store);
	if (mount("tmpfs", f->state, "tmpfs", 0, "size=24m,mode=700") != 0) {
		OK(store_open(&f->options, &f->store, &f->e));
		skip();
	}
	OK(store_init(&f->options, -1u, -1u, -1u, &f->e));
	OK(store_open(&f->options, &f->store, &f->e));
	fixture_devices(f, 10);
	OK(store_start(f->store, &f->e));
	assert_int_equal(fixture_admit(f, admitted), 1);
	admitted++;
	fill_disk(f->state, ballast);
	for (i = 0; i < 200000 && fixture_admit(f, admitted) != 0; i++)
		admitted++;
	assert_int_equal(f->e.code, ERROR_TROUBLE);
	/* stays so while the disk is full */
	sleep(2);
	assert_int_equal(unlink(ballast), 0);
	assert_true(wait_healthy(f));
	/* each one that was answered is there, each exactly once */
	for (i = 0; i < admitted; i++) {
		a = fixture_admission(i);
		OK(ledger_admit(f->store, &a, &got, &f->e));
		assert_int_equal(got.result, LEDGER_DUPLICATE);
		assert_int_equal(got.sequence, i + 1);
	}
	assert_true(fixture_admit(f, admitted + 1) >= admitted + 1);
	OK(store_check(f->store, stderr, &f->e));
	OK(store_stats(f->store, &stats, &f->e));
	print_message("# full after %u, %u recoveries\n", admitted,
		(unsigned int)stats.recoveries);
	store_close(&f->store);
	assert_int_equal(umount(f->state), 0);
}

/* Also for who restarts each evening. */
static void
compaction_comes_over_restarts(void **state)
{
	enum { EVENING = 20 * 3600 };
	struct fixture *f = *state;
	unsigned int done = 0, day;

	for (day = 0; day < 8; day++) {
		f->store->written = 0; /* opening is a write, too */
		OK(store_tend(f->store, NOW + day * EVENING, NULL, &f->e));
		done += f->store->compactions;
		fixture_reopen(f);
	}
	/* 140 hours, every second evening */
	assert_int_equal(done, 3);
	/* a clock that was put back begins a new day */
	f->store->written = 0;
	OK(store_tend(f->store, NOW - 40 * DAY, NULL, &f->e));
	OK(store_tend(f->store, NOW - 39 * DAY + 3600, NULL, &f->e));
	assert_int_equal(f->store->compactions, 1);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(init_makes_directories),
		TEST(init_is_idempotent),
		TEST(init_follows_no_link),
		TEST(init_does_not_replace_lost_tables),
		TEST(open_needs_a_store),
		TEST(open_takes_the_lock),
		TEST(open_needs_its_master_key),
		TEST(open_refuses_overrides),
		TEST(open_refuses_what_is_newer),
		TEST(low_space_refuses_admissions),
		TEST(check_finds_nothing),
		TEST(check_finds_what_is_missing),
		TEST(check_finds_damaged_files),
		TEST(backup_while_writing),
		TEST(recovery_after_a_kill),
		TEST(full_disk_is_survived),
		TEST(compaction_comes_over_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
