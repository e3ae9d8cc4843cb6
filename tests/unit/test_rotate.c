/*
 * The master key is changed: no device gets another one, no licence another
 * code, and at whatever moment the change is cut off, the store opens with what
 * is on disk, and the change can be ended.
 */
#include "tests/unit/store_fixture.h"

#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/wipe.h"
#include "config/masterkey.h"
#include "store/licence.h"
#include "tests/unit/killed.h"

enum { FEW = 20, MANY = 1100 /* more than go to the disk at once */ };

struct drill {
	struct fixture *f;
	unsigned int count; /* of devices, and of their keys */
	char path[192];     /* of the master key */
	struct masterkeys keys;
	struct licence_made licences[FEW];
};

static void
read_keys(struct drill *d)
{
	struct fixture *f = d->f;

	OK(masterkeys_read(d->path, &d->keys, &f->e));
	f->options.master_key = d->keys.key;
	f->options.next_master_key = d->keys.has_next ? d->keys.next : NULL;
}

/* As csrcadm masterkey rotate does it. */
static int
rotate(void *arg)
{
	struct drill *d = arg;
	struct error *e = &d->f->e;
	char kept[MASTERKEY_PATH_SIZE];
	bool made;

	if (masterkey_begin(d->path, &made, e) == -1)
		return -1;
	read_keys(d);
	if (store_rotate(&d->f->options, e) == -1)
		return -1;
	return masterkey_replace(d->path, kept, e);
}

static struct key
key_number(unsigned int i)
{
	struct key k = { .id_length = 4, .length = i % 2 == 0 ? 16 : 32 };

	text_format(k.principal, sizeof(k.principal), "device:D%u", i);
	memcpy(k.id, &i, k.id_length);
	memset(k.secret, (int)(i + 100), k.length);
	return k;
}

static void
keys_are_whole(struct drill *d)
{
	struct fixture *f = d->f;

	for (unsigned int i = 0; i < FEW; i++) {
		struct licence l;
		char code[LICENCE_CODE_SIZE];

		OK(licence_reserve(f->store, d->licences[i].id, "t1", NOW, &l,
			code, &f->e));
		assert_string_equal(code, d->licences[i].code);
	}
	for (unsigned int i = 0; i < d->count; i++) {
		const struct key k = key_number(i);
		struct key found;

		OK(registry_key_get(
			f->store, k.id, k.id_length, &found, &f->e));
		assert_int_equal(found.length, k.length);
		assert_memory_equal(found.secret, k.secret, k.length);
		wipe(&found, sizeof(found));
	}
}

static void
begin(struct drill *d, struct fixture *f, unsigned int count)
{
	*d = (struct drill){ .f = f, .count = count };
	(void)text_format(d->path, sizeof(d->path), "%s/master.key", f->root);
	OK(masterkey_create(d->path, &f->e));
	store_close(&f->store);
	fixture_remove_tree(f->state);
	read_keys(d);
	OK(store_init(&f->options, (unsigned int)-1, (unsigned int)-1,
		(unsigned int)-1, &f->e));
	OK(store_open(&f->options, &f->store, &f->e));
	fixture_devices(f, count);
	fixture_agent(f, "S7");
	for (unsigned int i = 0; i < d->count; i++) {
		const struct key k = key_number(i);

		OK(registry_key_add(f->store, &k, &f->e));
	}
	OK(licence_new(
		f->store, "agent:S7", FEW, NOW + DAY, NOW, d->licences, &f->e));
	store_close(&f->store);
}

static void
every_device_keeps_its_key(void **state)
{
	struct fixture *f = *state;
	struct drill d;
	unsigned char old[MASTER_KEY_SIZE];

	begin(&d, f, FEW);
	memcpy(old, d.keys.key, sizeof(old));
	OK(rotate(&d));
	read_keys(&d);
	assert_false(d.keys.has_next);
	assert_memory_not_equal(old, d.keys.key, sizeof(old));
	OK(store_open(&f->options, &f->store, &f->e));
	keys_are_whole(&d);
	OK(store_check(f->store, NULL, &f->e));
	store_close(&f->store);
	f->options.master_key = old;
	FAILS(store_open(&f->options, &f->store, &f->e), ERROR_DENIED);
	read_keys(&d);
	OK(store_open(&f->options, &f->store, &f->e));
}

/* What the daemon finds at its start; and with the old key alone. */
static void
opens(struct drill *d)
{
	struct fixture *f = d->f;

	read_keys(d);
	OK(store_open(&f->options, &f->store, &f->e));
	keys_are_whole(d);
	store_close(&f->store);
}

static void
killed_at_each_step(void **state)
{
	struct fixture *f = *state;
	struct drill d;
	unsigned int calls, begun = 0;
	bool killed = true;

	begin(&d, f, FEW);
	assert_false(killed_at(0, rotate, &d, &calls));
	for (unsigned int n = 1; killed; n = killed_next(n, calls, 60)) {
		killed = killed_at(n, rotate, &d, NULL);
		/* every other time it is ended by who opens */
		if (n % 2 == 0)
			opens(&d);
		read_keys(&d);
		begun += d.keys.has_next;
		OK(rotate(&d));
		opens(&d);
		assert_false(d.keys.has_next);
	}
	print_message("# %u calls, %u times begun\n", calls, begun);
	assert_true(begun > 0);
	OK(store_open(&f->options, &f->store, &f->e));
}

/* Some rows are on disk as they were, and some wrapped anew. */
static void
rows_may_be_mixed(void **state)
{
	struct fixture *f = *state;
	struct drill d;
	unsigned int calls;

	begin(&d, f, MANY);
	assert_false(killed_at(0, rotate, &d, &calls));
	for (unsigned int n = calls - 120; n < calls; n += 6) {
		(void)killed_at(n, rotate, &d, NULL);
		opens(&d);
		OK(rotate(&d));
		opens(&d);
	}
	OK(store_open(&f->options, &f->store, &f->e));
}

/* It was begun, and the new key is lost. */
static void
the_new_key_is_needed(void **state)
{
	struct fixture *f = *state;
	char next[256], away[256];
	struct drill d;
	unsigned int n, calls;
	bool refused = false;

	begin(&d, f, FEW);
	(void)text_format(next, sizeof(next), "%s.new", d.path);
	(void)text_format(away, sizeof(away), "%s.away", d.path);
	assert_false(killed_at(0, rotate, &d, &calls));
	for (n = calls - 60; !refused && n < calls; n++) {
		if (!killed_at(n, rotate, &d, NULL))
			break;
		read_keys(&d);
		if (!d.keys.has_next)
			continue;
		assert_int_equal(rename(next, away), 0);
		read_keys(&d);
		if (store_open(&f->options, &f->store, &f->e) == 0)
			store_close(&f->store);
		else
			refused = f->e.code == ERROR_DENIED;
		assert_int_equal(rename(away, next), 0);
		OK(rotate(&d));
	}
	assert_true(refused);
	opens(&d);
	OK(store_open(&f->options, &f->store, &f->e));
}

/* A crash while the new file was written. */
static void
half_a_file_is_made_anew(void **state)
{
	struct fixture *f = *state;
	char next[256];
	struct drill d;
	FILE *file;

	begin(&d, f, FEW);
	(void)text_format(next, sizeof(next), "%s.new", d.path);
	file = fopen(next, "w");
	assert_non_null(file);
	fputs("0123", file);
	fclose(file);
	assert_int_equal(chmod(next, 0600), 0);
	opens(&d);
	OK(rotate(&d));
	opens(&d);
	OK(store_open(&f->options, &f->store, &f->e));
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(every_device_keeps_its_key),
		TEST(killed_at_each_step),
		TEST(rows_may_be_mixed),
		TEST(the_new_key_is_needed),
		TEST(half_a_file_is_made_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
