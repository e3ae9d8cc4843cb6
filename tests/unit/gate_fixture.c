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

int
world_make(void **state)
{
	static const unsigned char master[MASTER_KEY_SIZE] = { 1, 2, 3 };
	struct world *w = calloc(1, sizeof(*w));
	struct error e = { 0 };
	char path[3][128];

	assert_non_null(w);
	strcpy(w->directory, "/tmp/csrc-gate-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	snprintf(w->config, sizeof(w->config), "%s/conf", w->directory);
	snprintf(path[0], sizeof(path[0]), "%s/state", w->directory);
	snprintf(path[1], sizeof(path[1]), "%s/spool", w->directory);
	snprintf(path[2], sizeof(path[2]), "%s/quarantine", w->directory);
	mkdir(path[2], 0700);
	const struct store_options o = { .state_directory = path[0],
		.spool_directory = path[1],
		.master_key = master,
		.cache_size = 1 << 20,
		.segment_reports = 100 };

	must(store_init(&o, getuid(), getgid(), getgid(), &e), &e);
	must(store_open(&o, &w->store, &e), &e);
	write_config(w, "");
	must(rules_load(w->config, &w->rules, &e), &e);
	must(gate_open(w->store, w->rules, &w->gate, &e), &e);
	populate(w);
	*state = w;
	return 0;
}

int
world_remove(void **state)
{
	struct world *w = *state;
	char command[256];

	gate_close(&w->gate);
	rules_drop(&w->rules);
	store_close(&w->store);
	snprintf(command, sizeof(command), "rm -rf '%s'", w->directory);
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
