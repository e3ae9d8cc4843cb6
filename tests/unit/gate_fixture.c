/*
 * Makes and removes the world of gate_fixture.h.
 */
#include "tests/unit/gate_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "parser/entity.h"

void
must(int rc, const struct error *e)
{
	if (rc != 0)
		fail_msg("%s", e->text);
}

void
add_key(struct world *w, const char *serial, const char *id, const char *hex)
{
	struct key key = { .live = true, .created = 1 };
	struct error e = { 0 };

	snprintf(key.principal, sizeof(key.principal), "device:%s", serial);
	key.id_length = (size_t)text_unhex(id, key.id, sizeof(key.id));
	key.length = (size_t)text_unhex(hex, key.secret, sizeof(key.secret));
	must(registry_key_add(w->store, &key, &e), &e);
}

static void
write_config(struct world *w, const char *more)
{
	FILE *f = fopen(w->config, "w");

	assert_non_null(f);
	fprintf(f,
		"state_directory = %s/state\nspool_directory = %s/spool\n"
		"quarantine_directory = %s/quarantine\nuser =\n"
		"format_directory = %s/parser/formats\nmin_free_space = 0\n%s",
		w->directory, w->directory, w->directory, getenv("srcdir"),
		more);
	fclose(f);
	chmod(w->config, 0600);
}

static void
populate(struct world *w)
{
	static const char *const first[] = { "csrc@center.example" };
	static const char *const second[] = { "csrc@other.example" };
	const struct device devices[] = {
		{ .serial = "DEVICEA", .center = "K0001", .enabled = true },
		{ .serial = "DEVICEB",
			.center = "K0001",
			.enabled = true,
			.protection = PROTECTION_OPTIONAL,
			.from = "printer@site.example",
			.network = "192.0.2.0/24" },
		{ .serial = "DEVICEC", .center = "K0002", .enabled = true },
		{ .serial = "DEVICED", .center = "K0001", .enabled = false },
	};
	struct error e = { 0 };

	must(registry_center_add(w->store, "K0001", first, 1, &e), &e);
	must(registry_center_add(w->store, "K0002", second, 1, &e), &e);
	must(registry_device_add(w->store, devices, 4, NULL, &e), &e);
	add_key(w, "DEVICEA", "a1", KEY_A);
	add_key(w, "DEVICEB", "b1", KEY_B);
	add_key(w, "DEVICED", "d1", KEY_D);
}

int
world_begin(void **state)
{
	struct error e = { 0 };

	(void)state;
	must(crypto_init(&e), &e);
	must(parser_init(&e), &e);
	return 0;
}

static void
store_paths(const struct world *w, struct store_options *o)
{
	static const unsigned char master[MASTER_KEY_SIZE] = { 1, 2, 3 };
	static char state[128], spool[128];

	snprintf(state, sizeof(state), "%s/state", w->directory);
	snprintf(spool, sizeof(spool), "%s/spool", w->directory);
	*o = (struct store_options){ .state_directory = state,
		.spool_directory = spool,
		.master_key = master,
		.cache_size = 1 << 20,
		.segment_reports = 100 };
}

int
world_open(struct world *w, struct error *e)
{
	struct store_options o;

	store_paths(w, &o);
	return store_open(&o, &w->store, e) == 0 &&
			gate_open(w->store, w->rules, &w->gate, e) == 0
		? 0
		: -1;
}

void
world_close(struct world *w)
{
	gate_close(&w->gate);
	store_close(&w->store);
}

void
world_copy(const struct world *w, bool back)
{
	char command[512];

	snprintf(command, sizeof(command),
		"rm -rf '%s%s' && cp -a '%s%s' '%s%s'", w->directory,
		back ? "" : ".kept", w->directory, back ? ".kept" : "",
		w->directory, back ? "" : ".kept");
	assert_int_equal(system(command), 0);
}

int
world_make(void **state)
{
	struct store_options o;
	struct world *w = calloc(1, sizeof(*w));
	struct error e = { 0 };
	char path[128];

	assert_non_null(w);
	strcpy(w->directory, "/tmp/csrc-gate-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	snprintf(w->config, sizeof(w->config), "%s/conf", w->directory);
	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	mkdir(path, 0700);
	store_paths(w, &o);
	must(store_init(&o, getuid(), getgid(), getgid(), &e), &e);
	write_config(w, "");
	must(rules_load(w->config, &w->rules, &e), &e);
	must(world_open(w, &e), &e);
	populate(w);
	*state = w;
	return 0;
}

int
world_remove(void **state)
{
	struct world *w = *state;
	char command[256];

	world_close(w);
	rules_drop(&w->rules);
	snprintf(command, sizeof(command), "rm -rf '%s' '%s.kept'",
		w->directory, w->directory);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

void
use_settings(struct world *w, const char *more)
{
	struct error e = { 0 };

	write_config(w, more);
	rules_drop(&w->rules);
	must(rules_load(w->config, &w->rules, &e), &e);
	gate_set_rules(w->gate, w->rules);
}
