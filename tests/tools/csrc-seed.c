/*
 * Issues an Email-ID by way of the gate, as the center's own mail will: the
 * system tests need some to answer. It opens the store itself, so no daemon may
 * be running.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "config/masterkey.h"
#include "gate/issue.h"
#include "base/privileges.h"
#include "base/wipe.h"

static int
open_store(const struct settings *s, struct store **store_r, struct error *e)
{
	unsigned char key[MASTER_KEY_SIZE];
	const struct store_options o = gate_store_options(s, key);
	struct identity who;
	int rc = -1;

	if (masterkey_read(s->master_key_file, key, e) == -1)
		return -1;
	/* the store's files are to stay the daemon's */
	if (identity_find(s->user, &who, e) == 0 &&
		privileges_drop(&who, e) == 0)
		rc = store_open(&o, store_r, e);
	wipe(key, sizeof(key));
	return rc;
}

static int
record(struct store *store, const char *serial, int64_t lifetime,
	struct request *row, struct error *e)
{
	const struct buffer nothing = { .data = (unsigned char *)"" };
	struct device device;

	if (registry_device_get(store, serial, &device, e) == -1 ||
		issue_mint(row->id, e) == -1)
		return -1;
	memcpy(row->center, device.center, sizeof(row->center));
	memcpy(row->serial, device.serial, sizeof(row->serial));
	row->issued = time(NULL);
	row->expires = row->issued + lifetime;
	return issue_record(store, row, &nothing, e);
}

static int
issue(const char *config, const char *serial, int64_t lifetime, struct error *e)
{
	struct request row = { .answered = 0 };
	struct rules *rules = NULL;
	struct store *store = NULL;
	int rc = -1;

	umask(027);
	if (crypto_init(e) == -1 || rules_load(config, &rules, e) == -1)
		return -1;
	if (open_store(rules->settings, &store, e) == 0 &&
		record(store, serial, lifetime, &row, e) == 0) {
		puts(row.id);
		rc = 0;
	}
	if (store != NULL)
		store_close(&store);
	rules_drop(&rules);
	return rc;
}

int
main(int argc, char **argv)
{
	struct error e = { 0 };

	if (argc != 4) {
		fputs("usage: csrc-seed CONFIGURATION SERIAL SECONDS\n",
			stderr);
		return 2;
	}
	if (issue(argv[1], argv[2], strtoll(argv[3], NULL, 10), &e) == 0)
		return 0;
	fprintf(stderr, "csrc-seed: %s\n", e.text);
	return 1;
}
