/*
 * The key-value interface that hides the database: transactions, scans,
 * recovery, backup, and octets that are not what was written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "store/db.h"
#include "store/pack.h"
#include "tests/unit/store_fixture.h"

struct base {
	char directory[128];
	struct db *db;
	struct error e;
};

static int
open_db(struct base *b, bool create)
{
	const struct db_options o = { .directory = b->directory,
		.cache_size = 1024 * 1024,
		.create = create };

	return db_open(&o, &b->db, &b->e);
}

static int
setup(void **state)
{
	struct base *b = calloc(1, sizeof(*b));
	const char *tmp = getenv("TMPDIR");

	if (b == NULL)
		return -1;
	text_format(b->directory, sizeof(b->directory), "%s/csrc-db.XXXXXX",
		tmp != NULL ? tmp : "/tmp");
	*state = b;
	return mkdtemp(b->directory) != NULL && open_db(b, true) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	struct base *b = *state;

	db_close(&b->db);
	fixture_remove_tree(b->directory);
	free(b);
	return 0;
}

struct row {
	const char *key, *value;
	bool fail;
};

static int
put(struct db_txn *t, void *arg, struct error *e)
{
	const struct row *r = arg;
	struct octets key = text_octets_of(r->key);
	struct octets value = text_octets_of(r->value);

	if (db_put(t, TABLE_META, &key, &value, e) != 0)
		return -1;
	return r->fail ? error_set(e, ERROR_DENIED, "on purpose") : 0;
}

static int
get(struct db_txn *t, void *arg, struct error *e)
{
	const struct row *r = arg;
	struct octets key = text_octets_of(r->key);
	char value[16];
	size_t length;
	int found =
		db_get(t, TABLE_META, &key, value, sizeof(value), &length, e);

	if (found != 1)
		return found == 0 ? 7 : -1;
	assert_int_equal(length, strlen(r->value));
	assert_memory_equal(value, r->value, length);
	return 0;
}

static int
store_row(struct base *b, const char *key, const char *value, bool fail)
{
	struct row r = { key, value, fail };

	return db_write(b->db, put, &r, &b->e);
}

static int
read_row(struct base *b, const char *key, const char *value)
{
	struct row r = { key, value, false };

	return db_read(b->db, get, &r, &b->e);
}

static void
commit_and_abort(void **state)
{
	struct base *b = *state;

	assert_int_equal(store_row(b, "a", "one", false), 0);
	assert_int_equal(store_row(b, "a", "two", true), -1);
	assert_int_equal(b->e.code, ERROR_DENIED);
	assert_int_equal(store_row(b, "b", "new", true), -1);
	assert_int_equal(read_row(b, "a", "one"), 0);
	assert_int_equal(read_row(b, "b", ""), 7);
	/* the caller's own failure breaks nothing */
	assert_false(db_broken(b->db));
}

static void
rows_beyond_bounds(void **state)
{
	struct base *b = *state;
	char key[TABLE_KEY_MAX + 2];

	memset(key, 'k', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(store_row(b, key, "v", false), -1);
	assert_int_equal(store_row(b, "", "v", false), -1);
	assert_int_equal(
		store_row(b, "a", "more than sixteen octets", false), 0);
	assert_int_equal(read_row(b, "a", ""), -1);
	assert_int_equal(b->e.code, ERROR_TROUBLE);
	assert_false(db_broken(b->db));
}

static int
delete_it(struct db_txn *t, void *arg, struct error *e)
{
	struct octets key = text_octets_of(arg);

	return db_delete(t, TABLE_META, &key, e) == 1 ? 0 : -1;
}

struct seen {
	char keys[64];
	unsigned int stop_after;
};

static int
note_key(const struct octets *key, const struct octets *value, void *arg)
{
	struct seen *s = arg;

	(void)value;
	strncat(s->keys, key->data, key->length);
	return strlen(s->keys) == s->stop_after ? 5 : 0;
}

static int
scan(struct db_txn *t, void *arg, struct error *e)
{
	struct octets from = text_octets_of("b");

	return db_scan(t, TABLE_META, &from, note_key, arg, e);
}

static void
scan_in_order(void **state)
{
	struct base *b = *state;
	struct seen all = { "", 0 }, some = { "", 2 };
	const char *const keys[] = { "d", "a", "c", "e", "b" };
	size_t i;

	for (i = 0; i < 5; i++)
		assert_int_equal(store_row(b, keys[i], "v", false), 0);
	assert_int_equal(
		db_write(b->db, delete_it, (void *)(uintptr_t) "c", &b->e), 0);
	assert_int_equal(db_read(b->db, scan, &all, &b->e), 0);
	assert_string_equal(all.keys, "bde");
	assert_int_equal(db_read(b->db, scan, &some, &b->e), 5);
	assert_string_equal(some.keys, "bd");
}

static void
flushed_rows_survive(void **state)
{
	struct base *b = *state;
	int status;
	pid_t child;

	db_close(&b->db);
	child = fork();
	if (child == 0) {
		if (open_db(b, false) != 0 ||
			store_row(b, "kept", "yes", false) != 0 ||
			db_flush(b->db, &b->e) != 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(open_db(b, false), 0);
	assert_int_equal(read_row(b, "kept", "yes"), 0);
}

static void
backup_opens(void **state)
{
	struct base *b = *state, copy = { .db = NULL };

	assert_int_equal(store_row(b, "a", "one", false), 0);
	text_format(copy.directory, sizeof(copy.directory), "%s/copy",
		b->directory);
	assert_int_equal(mkdir(copy.directory, 0700), 0);
	assert_int_equal(db_backup(b->db, copy.directory, &b->e), 0);
	assert_int_equal(open_db(&copy, false), 0);
	assert_int_equal(read_row(&copy, "a", "one"), 0);
	db_close(&copy.db);
	assert_int_equal(db_verify(copy.directory, TABLE_META, &b->e), 0);
}

static void
packing_checks_bounds(void **state)
{
	struct packer p = { .length = 0 };
	struct unpacker u;
	unsigned char big[ROW_SIZE] = { 0 };
	char text[4];
	size_t i;

	(void)state;
	pack_number(&p, 0x0102, 2);
	pack_text(&p, "abc");
	u = unpack_row(p.data, p.length);
	assert_int_equal(unpack_number(&u, 2), 0x0102);
	unpack_text(&u, text, sizeof(text));
	assert_string_equal(text, "abc");
	assert_true(unpack_done(&u));
	/* cut short anywhere, or with room for less */
	for (i = 0; i < p.length; i++) {
		u = unpack_row(p.data, i);
		unpack_number(&u, 2);
		unpack_text(&u, text, sizeof(text));
		assert_false(unpack_done(&u));
	}
	u = unpack_row(p.data, p.length);
	unpack_number(&u, 2);
	unpack_text(&u, text, 3);
	assert_false(unpack_done(&u));
	pack_octets(&p, big, sizeof(big));
	assert_true(p.failed);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(commit_and_abort),
		TEST(rows_beyond_bounds),
		TEST(scan_in_order),
		TEST(flushed_rows_survive),
		TEST(backup_opens),
		cmocka_unit_test(packing_checks_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
