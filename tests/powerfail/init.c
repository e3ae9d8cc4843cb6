/*
 * A power failure within store_init: run again it makes the store, also if it
 * is killed once more on the way; and what it has made is durable then.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/powerfail/record.h"
#include "tests/powerfail/scene.h"
#include "tests/unit/store_fixture.h"

struct trial {
	bool again; /* init is run before the store is opened */
	int die_at;
};

static bool
is_told(const struct tape *tape, size_t changes, const char *what)
{
	const char *note;
	size_t i;

	for (i = 0; i < changes; i++) {
		note = tape_note(tape, i);
		if (note != NULL && strcmp(note, what) == 0)
			return true;
	}
	return false;
}

static int
init_again(const struct store_options *o, int die_at, struct error *e)
{
	const unsigned int as_it_is = (unsigned int)-1;

	record_start(paths.again, paths.image);
	record_die(die_at);
	if (store_init(o, as_it_is, as_it_is, as_it_is, e) != 0) {
		printf("# init does not go on: %s\n", e->text);
		return -1;
	}
	record_stop();
	return 0;
}

static int
examine(void *arg)
{
	const struct trial *t = arg;
	struct site site;
	struct store *s;
	struct error e;
	int rc;

	site_below(&site, paths.image);
	if (t->again && init_again(&site.options, t->die_at, &e) != 0)
		return 1;
	if (store_open(&site.options, &s, &e) != 0) {
		printf("# what init made does not open: %s\n", e.text);
		return 1;
	}
	rc = store_check(s, NULL, &e);
	if (rc != 0)
		printf("# what init made is not sound: %s\n", e.text);
	store_close(&s);
	return rc != 0;
}

/* Once more without power, right after the second init. */
static int
examine_durable(const struct tape *tape, size_t changes, enum rule rule,
	unsigned int seed, unsigned int seconds)
{
	struct trial t = { .again = false };
	struct tape *then = tape_read(paths.again);
	int rc;

	fixture_remove_tree(paths.image);
	if (mkdir(paths.image, 0700) != 0)
		return 1;
	image_build_again(tape, changes, rule, seed, then, paths.image);
	rc = image_loose_names(then, tape_length(then)) != 0;
	tape_free(then);
	return rc != 0 ? rc : in_child(examine, &t, seconds);
}

bool
try_init(unsigned int seconds, const struct tape *tape, size_t changes,
	enum rule rule, unsigned int seed)
{
	struct trial t = { .again = !is_told(tape, changes, "init") };
	int rc = KILLED;

	fixture_remove_tree(paths.image);
	unlink(paths.again);
	if (mkdir(paths.image, 0700) != 0)
		return false;
	image_build(tape, changes, rule, seed, paths.image);
	if (t.again && seed % 2 == 1) {
		t.die_at = 1 + (int)(seed / 2 % 64);
		rc = in_child(examine, &t, seconds);
		t.die_at = 0;
	}
	if (rc == KILLED)
		rc = in_child(examine, &t, seconds);
	if (rc == 0 && t.again)
		rc = examine_durable(tape, changes, rule, seed, seconds);
	if (rc != 0)
		printf("# init, after %zu changes, rule %s, seed %u\n", changes,
			rule_name(rule), seed);
	return rc == 0;
}
