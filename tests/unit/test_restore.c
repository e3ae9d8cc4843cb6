/*
 * A restore that is killed at any moment leaves a whole store: the one that was
 * there, or the backup's.
 */
#include "tests/unit/store_fixture.h"

#include "base/text.h"
#include "tests/unit/killed.h"

struct drill {
	struct fixture *f;
	char backup[192];
};

static int
restore(void *arg)
{
	struct drill *d = arg;
	struct store_restored found;

	return store_restore(&d->f->options, d->backup, true, &found, &d->f->e);
}

/* Two devices are in the backup, three in the store. */
static uint64_t
devices(struct fixture *f)
{
	struct store_stats stats;

	f->options.behind = true;
	OK(store_open(&f->options, &f->store, &f->e));
	OK(store_check(f->store, NULL, &f->e));
	OK(store_stats(f->store, &stats, &f->e));
	store_close(&f->store);
	return stats.devices;
}

static void
add_third(struct fixture *f)
{
	const struct device third = { .serial = "THIRD", .center = "K0001" };

	OK(store_open(&f->options, &f->store, &f->e));
	OK(registry_device_add(f->store, &third, 1, NULL, &f->e));
	store_close(&f->store);
}

static void
killed_at_each_step(void **state)
{
	struct fixture *f = *state;
	struct drill d = { .f = f };
	unsigned int calls, kept = 0, restored = 0;
	char partial[192];
	bool killed = true;

	(void)text_format(
		partial, sizeof(partial), "%s/restore.partial", f->state);
	(void)text_format(d.backup, sizeof(d.backup), "%s/backup", f->root);
	fixture_devices(f, 2);
	OK(store_backup(f->store, d.backup, &f->e));
	store_close(&f->store);
	assert_false(killed_at(0, restore, &d, &calls));
	for (unsigned int n = 1; killed; n = killed_next(n, calls, 24)) {
		if (devices(f) == 2)
			add_third(f);
		/* what the last one has left costs calls; now and then the
		 * next one has to take it away */
		if (n % 8 != 0)
			fixture_remove_tree(partial);
		killed = killed_at(n, restore, &d, NULL);
		if (devices(f) == 3)
			kept++;
		else
			restored++;
	}
	print_message(
		"# %u calls: %u kept, %u restored\n", calls, kept, restored);
	assert_true(kept > 0);
	assert_true(restored > 1);
	OK(store_open(&f->options, &f->store, &f->e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			killed_at_each_step, fixture_make, fixture_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
