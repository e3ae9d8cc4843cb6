/*
 * The chain over all records, against digests that stock sha256sum gives.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/chain.h"
#include "store/inside.h"
#include "store/meta.h"
#include "tests/unit/store_fixture.h"

enum { HEX_SIZE = 2 * SHA256_SIZE + 1 };
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* What sha256sum says of text. */
static void
stock_digest(const char *text, char hex_r[HEX_SIZE])
{
	char path[] = "/tmp/csrc-chain.XXXXXX", command[128];
	int fd = mkstemp(path);
	FILE *sum;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	text_format(command, sizeof(command), "sha256sum %s", path);
	sum = popen(command, "r");
	assert_non_null(sum);
	assert_non_null(fgets(hex_r, HEX_SIZE, sum));
	assert_int_equal(pclose(sum), 0);
	unlink(path);
}

/* The report's digest stands for the report, and what is left of an erased
 * record is itself. */
static void
erased_by_hand(void **state)
{
	static const char record[] = "{\"sequence\":1,\"chain\":\"" ZEROS
				     "\",\"serial\":\"D0\",\"report\":"
				     "{\"note\":\",\\\"report\\\":{}\"}}";
	const char *report = "{\"note\":\",\\\"report\\\":{}\"}";
	char hex[HEX_SIZE], wanted[512], got[HEX_SIZE];
	unsigned char digest[SHA256_SIZE];
	struct buffer erased = { 0 }, again = { 0 };
	struct error e;

	(void)state;
	stock_digest(report, hex);
	text_format(wanted, sizeof(wanted),
		"{\"sequence\":1,\"chain\":\"" ZEROS
		"\",\"serial\":\"D0\",\"report\":\"sha256:%s\"}",
		hex);
	assert_int_equal(chain_erased(record, strlen(record), &erased, &e), 0);
	assert_int_equal(erased.length, strlen(wanted));
	assert_memory_equal(erased.data, wanted, erased.length);
	assert_int_equal(
		chain_erased((char *)erased.data, erased.length, &again, &e),
		0);
	assert_memory_equal(again.data, wanted, again.length);
	assert_int_equal(again.length, erased.length);
	stock_digest(wanted, hex);
	assert_int_equal(chain_digest(record, strlen(record), digest, &e), 0);
	text_hex(digest, sizeof(digest), got);
	assert_string_equal(got, hex);
	assert_int_equal(chain_digest("[]", 2, digest, &e), -1);
	assert_int_equal(e.code, ERROR_BAD);
	buffer_clear(&erased);
	buffer_clear(&again);
}

static int
read_head(struct db_txn *t, void *arg, struct error *e)
{
	return chain_head(t, arg, e);
}

static int
forget_head(struct db_txn *t, void *arg, struct error *e)
{
	const struct octets key = text_octets_of(META_CHAIN);

	(void)arg;
	return db_delete(t, TABLE_META, &key, e) < 0 ? -1 : 0;
}

/* Line number of the spool, without its newline. */
static void
published(struct fixture *f, unsigned int number, char *line, size_t size)
{
	char command[256];
	FILE *lines;

	OK(store_publish(f->store, &f->e));
	text_format(command, sizeof(command),
		"cat '%s'/new/*.jsonl | sed -n '%up'", f->spool, number);
	lines = popen(command, "r");
	assert_non_null(lines);
	assert_non_null(fgets(line, (int)size, lines));
	pclose(lines);
	line[strcspn(line, "\n")] = '\0';
}

static void
is_record(struct fixture *f, unsigned int number, unsigned int sequence,
	const char *chain, const char *more)
{
	char line[512], wanted[512];

	published(f, number, line, sizeof(line));
	text_format(wanted, sizeof(wanted),
		"{\"sequence\":%u,\"chain\":\"%s\"%s,\"version\":1}", sequence,
		chain, more);
	assert_string_equal(line, wanted);
}

/* The digest of line number. */
static void
digest_of(struct fixture *f, unsigned int number, char hex_r[HEX_SIZE])
{
	char line[512];

	published(f, number, line, sizeof(line));
	stock_digest(line, hex_r);
}

static void
goes_on_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct chain head;
	char hex[HEX_SIZE], got[HEX_SIZE];

	OK(store_read(f->store, read_head, &head, &f->e));
	assert_int_equal(head.sequence, 0);
	fixture_admit(f, 1);
	is_record(f, 1, 1, ZEROS, "");
	fixture_reopen(f);
	fixture_admit(f, 2);
	digest_of(f, 1, hex);
	is_record(f, 2, 2, hex, "");
	/* a duplicate has no record */
	assert_int_equal(fixture_admit(f, 2), 0);
	OK(store_read(f->store, read_head, &head, &f->e));
	assert_int_equal(head.sequence, 2);
	digest_of(f, 2, hex);
	text_hex(head.digest, sizeof(head.digest), got);
	assert_string_equal(got, hex);
}

/* Numbers that the operator skips are a break that says so, once. */
static void
skipped_numbers_are_declared(void **state)
{
	struct fixture *f = *state;
	char hex[HEX_SIZE];

	fixture_admit(f, 1);
	OK(store_publish(f->store, &f->e));
	OK(store_set_next_sequence(f->store, 10, &f->e));
	fixture_admit(f, 2);
	fixture_admit(f, 3);
	digest_of(f, 1, hex);
	is_record(f, 2, 10, hex, ",\"restored\":{\"after\":1,\"to\":9}");
	digest_of(f, 2, hex);
	is_record(f, 3, 11, hex, "");
}

/* A store that had records without a chain begins one at its first new one. */
static void
begins_in_an_older_store(void **state)
{
	struct fixture *f = *state;
	char hex[HEX_SIZE];

	fixture_admit(f, 1);
	OK(store_publish(f->store, &f->e));
	OK(store_write(f->store, DURABLE, forget_head, NULL, &f->e));
	fixture_admit(f, 2);
	is_record(f, 2, 2, ZEROS, "");
	fixture_admit(f, 3);
	digest_of(f, 2, hex);
	is_record(f, 3, 3, hex, "");
}

static bool
is_there(const struct fixture *f, const char *name)
{
	char path[256];

	text_format(path, sizeof(path), "%s/archive/%s", f->root, name);
	return access(path, F_OK) == 0;
}

static void
put(const struct fixture *f, const char *month, const char *name)
{
	char path[256];
	FILE *file;

	text_format(path, sizeof(path), "%s/archive/%s", f->root, month);
	(void)mkdir(path, 0700);
	text_format(
		path, sizeof(path), "%s/archive/%s/%s", f->root, month, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
}

static void
write_record(const struct fixture *f, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	text_format(path, sizeof(path), "%s/archive/%s", f->root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* What is published has a second name before; months go when they have been
 * over for long enough, but nothing that is not ours. */
static void
archived_for_a_time(void **state)
{
	const struct timespec now[2] = { { .tv_sec = NOW }, { .tv_sec = NOW } };
	struct fixture *f = *state;
	char archive[256];

	text_format(archive, sizeof(archive), "%s/archive", f->root);
	store_close(&f->store);
	f->options.archive_directory = archive;
	f->options.archive_retention = (int64_t)40 * DAY;
	OK(store_open(&f->options, &f->store, &f->e));
	fixture_admit(f, 1);
	FAILS(store_publish(f->store, &f->e), ERROR_TROUBLE);
	assert_int_equal(mkdir(archive, 0700), 0);
	OK(store_publish(f->store, &f->e));
	assert_true(is_there(f, "0000-00/00000000000000000001.jsonl"));
	/* another file of that name is in the way */
	put(f, "0000-00", "00000000000000000002.jsonl");
	fixture_admit(f, 2);
	FAILS(store_publish(f->store, &f->e), ERROR_TROUBLE);
	assert_non_null(strstr(f->e.text, "another file"));
	text_format(archive, sizeof(archive),
		"%s/archive/0000-00/00000000000000000002.jsonl", f->root);
	assert_int_equal(unlink(archive), 0);
	OK(store_publish(f->store, &f->e));
	put(f, "2026-10", "00000000000000000003.jsonl");
	put(f, "2026-10", "README");
	put(f, "2026-11", "00000000000000000004.jsonl");
	put(f, "2026-12", "00000000000000000005.jsonl");
	/* one of a month of long ago was published just now, as what was
	 * released from the quarantine is: what is behind it stays, too */
	text_format(archive, sizeof(archive),
		"%s/archive/2026-10/00000000000000000003.jsonl", f->root);
	assert_int_equal(utimensat(AT_FDCWD, archive, now, 0), 0);
	OK(store_tend(f->store, NOW, NULL, &f->e)); /* 2027-01-15 */
	assert_false(is_there(f, "0000-00"));
	assert_true(is_there(f, "2026-10/00000000000000000003.jsonl"));
	assert_true(is_there(f, "2026-11/00000000000000000004.jsonl"));
	assert_int_equal(utimensat(AT_FDCWD, archive, NULL, 0), 0);
	OK(store_tend(f->store, NOW + DAY, NULL, &f->e));
	assert_false(is_there(f, "2026-10/00000000000000000003.jsonl"));
	assert_true(is_there(f, "2026-10/README"));
	assert_false(is_there(f, "2026-11"));
	assert_true(is_there(f, "2026-12/00000000000000000005.jsonl"));
	/* numbers of the archive are not given again */
	write_record(
		f, "2026-12/00000000000000000005.jsonl", "{\"sequence\":7}\n");
	FAILS(store_set_next_sequence(f->store, 7, &f->e), ERROR_DENIED);
	assert_non_null(strstr(f->e.text, "up to 7"));
	OK(store_set_next_sequence(f->store, 8, &f->e));
	f->options.archive_directory = NULL;
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(erased_by_hand),
		TEST(goes_on_after_a_restart),
		TEST(skipped_numbers_are_declared),
		TEST(begins_in_an_older_store),
		TEST(archived_for_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
