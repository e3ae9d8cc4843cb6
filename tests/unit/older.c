/*
 * Reads the text that db_dump writes: after HEADER=END a line of hex for each
 * key and one for its value, until DATA=END. Tables that its schema did not
 * have are taken away again.
 */
#include "tests/unit/older.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "store/db.h"
#include "tests/unit/store_fixture.h"

enum { PATH = 512 };

const char *const older_versions[] = { "v1", "v2", "v3" };
const char *const older_states[] = { "idle", "none", "planned", "written" };

struct load {
	enum table table;
	FILE *file;
};

static void
fixture_path(char out[PATH], const char *version, const char *name)
{
	assert_true(text_format(out, PATH, "%s/tests/fixture/%s/%s",
		getenv("srcdir"), version, name));
}

char *
older_file(const char *version, const char *name, size_t *length_r)
{
	char path[PATH], *octets;
	FILE *file;
	long size;

	fixture_path(path, version, name);
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("no %s", path);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	octets = malloc((size_t)size + 1);
	assert_non_null(octets);
	assert_int_equal(fread(octets, 1, (size_t)size, file), size);
	octets[size] = '\0';
	fclose(file);
	if (length_r != NULL)
		*length_r = (size_t)size;
	return octets;
}

/* False at the end of the data. */
static bool
next_octets(FILE *file, unsigned char *out, size_t size, size_t *length_r)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length = getline(&line, &room, file);
	bool more = length > 1 && line[0] == ' ';

	if (more) {
		line[length - 1] = '\0';
		*length_r = (size_t)text_unhex(line + 1, out, size);
		assert_int_equal(*length_r, ((size_t)length - 2) / 2);
	}
	free(line);
	return more;
}

static int
load_rows(struct db_txn *t, void *arg, struct error *e)
{
	struct load *l = arg;
	unsigned char name[512], row[4096];
	struct octets key = { name, 0 }, value = { row, 0 };
	char line[64];

	while (fgets(line, sizeof(line), l->file) != NULL &&
		strcmp(line, "HEADER=END\n") != 0)
		;
	while (next_octets(l->file, name, sizeof(name), &key.length)) {
		assert_true(
			next_octets(l->file, row, sizeof(row), &value.length));
		if (db_put(t, l->table, &key, &value, e) != 0)
			return -1;
	}
	return 0;
}

/* The dump of a table; NULL: that schema did not have it. */
static FILE *
dump_of(const char *version, const char *state, enum table table)
{
	const char *name = db_table_name(table);
	char dump[PATH], path[PATH];

	text_format(dump, sizeof(dump), "%s/%.*s.dump", state,
		(int)(strlen(name) - strlen(".db")), name);
	fixture_path(path, version, dump);
	return fopen(path, "r");
}

static void
load_tables(const char *directory, const char *version, const char *state)
{
	const struct db_options o = { .directory = directory,
		.cache_size = 1024 * 1024,
		.create = true };
	bool absent[TABLES] = { false };
	char path[PATH];
	struct db *db;
	struct error e;

	assert_int_equal(db_open(&o, &db, &e), 0);
	for (int i = 0; i < TABLES; i++) {
		struct load l = { (enum table)i, dump_of(version, state, i) };

		absent[i] = l.file == NULL;
		if (absent[i])
			continue;
		assert_int_equal(db_write(db, load_rows, &l, &e), 0);
		fclose(l.file);
	}
	assert_int_equal(db_checkpoint(db, 0, 0, &e), 0);
	db_close(&db);
	for (int i = 0; i < TABLES; i++) {
		text_format(path, sizeof(path), "%s/%s", directory,
			db_table_name((enum table)i));
		if (absent[i])
			assert_int_equal(unlink(path), 0);
	}
}

static void
copy_directory(const char *version, const char *from, const char *to)
{
	char command[3 * PATH], path[PATH];

	fixture_path(path, version, from);
	text_format(command, sizeof(command), "cp -r '%s' '%s'", path, to);
	assert_int_equal(system(command), 0);
}

/* Directories without a file are in no repository. */
static void
make_spool(struct older *v, const char *state)
{
	static const char *const names[] = { "tmp", "new", "cur" };
	char path[PATH];

	text_format(path, sizeof(path), "%s/spool", state);
	copy_directory(v->version, path, v->spool);
	for (size_t i = 0; i < 3; i++) {
		text_format(path, sizeof(path), "%s/%s", v->spool, names[i]);
		mkdir(path, 0700);
	}
}

/* A directory of its own, empty, and how a store in it is opened. */
static void
place(struct older *v, const char *version)
{
	const char *tmp = getenv("TMPDIR");
	char *hex = older_file(version, "master.key", NULL);

	memset(v, 0, sizeof(*v));
	v->version = version;
	text_format(v->root, sizeof(v->root), "%s/csrc-older.XXXXXX",
		tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(v->root));
	text_format(v->state, sizeof(v->state), "%s/state", v->root);
	text_format(v->spool, sizeof(v->spool), "%s/spool", v->root);
	text_format(
		v->quarantine, sizeof(v->quarantine), "%s/quarantine", v->root);
	hex[strcspn(hex, "\n")] = '\0';
	assert_int_equal(
		text_unhex(hex, v->master, sizeof(v->master)), MASTER_KEY_SIZE);
	free(hex);
	v->options = (struct store_options){ .state_directory = v->state,
		.spool_directory = v->spool,
		.master_key = v->master,
		.cache_size = 4 * 1024 * 1024,
		.segment_reports = 100 };
}

void
older_make(struct older *v, const char *version, const char *state)
{
	char path[PATH];

	place(v, version);
	assert_int_equal(mkdir(v->state, 0700), 0);
	text_format(path, sizeof(path), "%s/db", v->state);
	assert_int_equal(mkdir(path, 0700), 0);
	load_tables(path, version, state);
	make_spool(v, state);
	copy_directory(version, "quarantine", v->quarantine);
}

void
older_copy(struct older *v, const struct older *from)
{
	char command[2 * PATH];

	place(v, from->version);
	text_format(command, sizeof(command), "cp -r '%s/.' '%s'", from->root,
		v->root);
	assert_int_equal(system(command), 0);
}

void
older_remove(struct older *v)
{
	fixture_remove_tree(v->root);
}
