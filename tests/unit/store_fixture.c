/*
 * See store_fixture.h.
 */
#include "tests/unit/store_fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
fixture_remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
fixture_make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");

	if (f == NULL || crypto_init(&f->e) != 0)
		return -1;
	text_format(f->root, sizeof(f->root), "%s/csrc-store.XXXXXX",
		tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(f->root) == NULL)
		return -1;
	text_format(f->state, sizeof(f->state), "%s/state", f->root);
	text_format(f->spool, sizeof(f->spool), "%s/spool", f->root);
	memset(f->master, 7, sizeof(f->master));
	f->options = (struct store_options){ .state_directory = f->state,
		.spool_directory = f->spool,
		.master_key = f->master,
		.cache_size = 4 * 1024 * 1024,
		.segment_reports = 100 };
	if (store_init(&f->options, (unsigned int)-1, (unsigned int)-1,
		    (unsigned int)-1, &f->e) != 0 ||
		store_open(&f->options, &f->store, &f->e) != 0) {
		fprintf(stderr, "# %s\n", f->e.text);
		return -1;
	}
	*state = f;
	return 0;
}

int
fixture_remove(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	fixture_remove_tree(f->root);
	free(f);
	return 0;
}

void
fixture_reopen(struct fixture *f)
{
	store_close(&f->store);
	OK(store_open(&f->options, &f->store, &f->e));
}

void
fixture_devices(struct fixture *f, unsigned int count)
{
	const char *address = "csrc@center.example";
	struct device d = { .center = "K0001", .enabled = true };
	unsigned int i;

	OK(registry_center_add(f->store, "K0001", &address, 1, &f->e));
	for (i = 0; i < count; i++) {
		text_format(d.serial, sizeof(d.serial), "D%u", i);
		OK(registry_device_add(f->store, &d, 1, NULL, &f->e));
	}
}

void
fixture_agent(struct fixture *f, const char *id)
{
	struct agent a = { .center = "K0007", .enabled = true, .created = 1 };

	text_copy(a.id, sizeof(a.id), id);
	OK(registry_center_add(f->store, a.center, NULL, 0, &f->e));
	OK(registry_agent_add(f->store, &a, &f->e));
}

struct admission
fixture_admission(unsigned int number)
{
	static const char line[] = "{\"version\":1}";
	struct admission a = { .center = "K0001",
		.serial = "D0",
		.email_id = "",
		.dated = true,
		.earliest = NOW - 60,
		.latest = NOW - 60,
		.now = NOW,
		.window = 7 * DAY,
		.skew = 900,
		.line = line,
		.line_length = sizeof(line) - 1 };

	memcpy(a.digest, &number, sizeof(number));
	return a;
}

uint64_t
fixture_admit(struct fixture *f, unsigned int number)
{
	struct admission a = fixture_admission(number);
	struct admitted admitted;

	if (ledger_admit(f->store, &a, &admitted, &f->e) != 0 ||
		admitted.result != LEDGER_ADMITTED)
		return 0;
	return admitted.sequence;
}

int
fixture_becomes(struct device *d, void *arg, struct error *e)
{
	(void)e;
	*d = *(const struct device *)arg;
	return 0;
}

void
fixture_copy(struct fixture *f, bool back)
{
	char command[1024];

	text_format(command, sizeof(command),
		"rm -rf '%s%s' && cp -a '%s%s' '%s%s'", f->root,
		back ? "" : ".kept", f->root, back ? ".kept" : "", f->root,
		back ? "" : ".kept");
	assert_int_equal(system(command), 0);
}

void
fixture_forget_copy(struct fixture *f)
{
	char kept[160];

	text_format(kept, sizeof(kept), "%s.kept", f->root);
	fixture_remove_tree(kept);
}
