/*
 * Operators at work at the same time: no command loses what another one did.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/command.h"
#include "store/registry.h"
#include "tests/unit/store_fixture.h"

enum { CROWD = 4, ROUNDS = 30 };

static enum exit_code
run(struct fixture *f, const char *input, int argc, const char **argv)
{
	struct command_context c = { .store = f->store };
	enum exit_code code;
	char *text = NULL;
	size_t size;

	c.out = c.err = open_memstream(&text, &size);
	c.in = input == NULL
		? NULL
		: fmemopen((void *)(uintptr_t)input, strlen(input), "r");
	code = command_run(&c, argc, (char **)(uintptr_t)argv);
	if (c.in != NULL)
		fclose(c.in);
	fclose(c.out);
	free(text);
	return code;
}

struct crowd {
	struct fixture *f;
	atomic_bool stop;
	atomic_uint done;
};

static void *
keep_setting(void *arg)
{
	const char *a[] = { "device", "set", "D0", "--from", "a@x.example" };
	const char *b[] = { "device", "set", "D0", "--from", "b@x.example" };
	struct crowd *c = arg;

	while (!c->stop) {
		if (run(c->f, NULL, 5, a) != EXIT_DONE ||
			run(c->f, NULL, 5, b) != EXIT_DONE)
			abort();
		c->done++;
	}
	return NULL;
}

static void *
keep_importing(void *arg)
{
	const char *argv[] = { "device", "import", "-", "--update" };
	struct crowd *c = arg;

	while (!c->stop) {
		if (run(c->f, "serial,center,from\nD0,K0001,c@x.example\n", 4,
			    argv) != EXIT_DONE ||
			run(c->f, "serial,center,from\nD0,K0001,d@x.example\n",
				4, argv) != EXIT_DONE)
			abort();
		c->done++;
	}
	return NULL;
}

/* Another one has begun and ended while we looked. */
static void
let_others_work(struct crowd *c)
{
	unsigned int seen = c->done;

	while (c->done < seen + 2)
		sched_yield();
}

static void
disabled_in_a_crowd(struct fixture *f, void *(*others)(void *))
{
	const char *disable[] = { "device", "disable", "D0" };
	const char *enable[] = { "device", "enable", "D0" };
	struct crowd c = { .f = f };
	pthread_t threads[CROWD];
	struct device d;
	unsigned int lost = 0;

	for (int i = 0; i < CROWD; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, others, &c), 0);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(run(f, NULL, 3, disable), EXIT_DONE);
		let_others_work(&c);
		OK(registry_device_get(f->store, "D0", &d, &f->e));
		lost += d.enabled;
		assert_int_equal(run(f, NULL, 3, enable), EXIT_DONE);
		let_others_work(&c);
		OK(registry_device_get(f->store, "D0", &d, &f->e));
		lost += !d.enabled;
	}
	c.stop = true;
	for (int i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(lost, 0);
}

static void
disable_survives_set(void **state)
{
	struct fixture *f = *state;

	fixture_devices(f, 1);
	disabled_in_a_crowd(f, keep_setting);
}

static void
disable_survives_import(void **state)
{
	struct fixture *f = *state;

	fixture_devices(f, 1);
	disabled_in_a_crowd(f, keep_importing);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(disable_survives_set),
		TEST(disable_survives_import),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
