/*
 * Power failures: a store is worked on while all that it does to its files is
 * recorded, with and without a sync that fails; from the record disks are made
 * as a power failure may leave them; on each the store must open, be sound,
 * and have all that it acknowledged exactly once. So must a backup and the
 * quarantine; and init goes on where it was cut off.
 *
 *	powerfail [--long] [NAME]
 *
 * NAME: only scenes and mutants whose names hold it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "tests/powerfail/scene.h"
#include "tests/unit/store_fixture.h"

enum {
	SOME = 40,       /* reports of a scene that is about other things */
	INIT_POINTS = 2, /* times as many */
	MEMORY_NEEDED = 512 << 20
};

static const struct scene scenes[] = {
	{ "no error", REPORTS, NULL, 0, 0, false, 1 },
	{ "log, early", REPORTS, "/log.", 12, 1, false, 1 },
	{ "log, early, killed", REPORTS, "/log.", 12, 1, true, 0 },
	{ "log, late", REPORTS, "/log.", 90, 1, false, 0 },
	{ "log, twice", REPORTS, "/log.", 60, 2, false, 0 },
	{ "table at a checkpoint", REPORTS, "email-ids.db", 1, 1, false, 0 },
	{ "table at a checkpoint, killed", REPORTS, "email-ids.db", 1, 1, true,
		0 },
	{ "the copies too", REPORTS, "renewed.tmp", 1, 1, false, 0 },
	{ "segment", REPORTS, "spool/tmp/", 3, 1, false, 0 },
	{ "init", 0, NULL, 0, 0, false, 0 },
	{ "copy in quarantine", SOME, "quarantine/.tmp-", 3, 1, false, 1 },
	{ "quarantine", SOME, "quarantine$", 3, 1, false, 0 },
	{ "quarantine, killed", SOME, "quarantine$", 3, 0, true, 0 },
	{ "backup", SOME, "backup/partial$", 1, 1, false, 0 },
};

struct paths paths;

struct tally {
	unsigned int tried;
	unsigned int images[RULES], faults[RULES];
	bool init; /* it is init that the power fails in */
	bool one;  /* the first fault is enough */
	bool done;
};

/* Where the store is made, and the work begins. */
static size_t
made_at(const struct tape *tape)
{
	size_t i;

	for (i = 0; i < tape_length(tape); i++)
		if (tape_note(tape, i) != NULL &&
			strcmp(tape_note(tape, i), "made") == 0)
			return i + 1;
	return tape_length(tape);
}

/* 0: no sync failed, nobody was killed in one. */
static size_t
lost_at(const struct tape *tape)
{
	size_t i;

	for (i = 0; i < tape_length(tape); i++)
		if (tape_lost(tape, i))
			return i + 1;
	return 0;
}

static size_t
turns_between(const struct tape *tape, size_t from, size_t to)
{
	size_t turns = 0;

	for (; from < to; from++)
		turns += tape_turns(tape, from);
	return turns;
}

/* Behind so many turns, or right before the last of them. */
static size_t
place_of(const struct tape *tape, size_t from, size_t turns, bool before)
{
	size_t at = from;

	for (; turns > 0; at++)
		turns -= tape_turns(tape, at);
	return before && at > from ? at - 1 : at;
}

/* Points at even distances of turns, each just before or after one. */
static unsigned int
try_between(const struct tape *tape, size_t from, size_t to,
	unsigned int points, struct tally *tally)
{
	bool (*try)(unsigned int, const struct tape *, size_t, enum rule,
		unsigned int) = tally->init ? try_init : try_image;
	size_t turns = turns_between(tape, from, to), at;
	unsigned int i, seed, faults = 0;
	enum rule rule;

	for (i = 0; i < points && !tally->done; i++) {
		at = place_of(tape, from, turns * (i + 1) / points, i % 2 == 0);
		seed = tally->tried++;
		rule = (enum rule)(seed % RULES);
		seed += seed / RULES;
		tally->images[rule]++;
		if (try(tally->one ? MUTANT_SECONDS : SECONDS, tape, at, rule,
			    seed))
			continue;
		tally->faults[rule]++;
		faults++;
		tally->done = tally->one;
	}
	return faults;
}

/* Half of the points stand close behind the failure, if there is one. */
static unsigned int
try_scene(const struct tape *tape, unsigned int points, struct tally *tally)
{
	size_t lost = lost_at(tape), length = tape_length(tape);
	size_t near = lost + (length - lost) / 8;
	unsigned int faults = 0;

	if (tally->init)
		return try_between(
			tape, 0, length, points * INIT_POINTS, tally);
	if (lost != 0) {
		points /= 2;
		faults += try_between(tape, lost, near, points, tally);
	}
	return faults + try_between(tape, made_at(tape), length, points, tally);
}

static unsigned int
say(const struct tally *t)
{
	unsigned int images = 0, faults = 0;
	enum rule i;

	for (i = 0; i < RULES; i++) {
		printf("# %-8s %5u images %5u faults\n", rule_name(i),
			t->images[i], t->faults[i]);
		images += t->images[i];
		faults += t->faults[i];
	}
	printf("# in all   %5u images %5u faults\n", images, faults);
	return faults;
}

struct counts {
	unsigned int admitted, issued, consumed, kept, purged, backups;
};

static struct counts
count(const struct tape *tape)
{
	struct counts c = { 0 };
	unsigned int number;
	const char *note;
	char kind;
	size_t i;

	for (i = 0; i < tape_length(tape); i++) {
		note = tape_note(tape, i);
		if (note == NULL ||
			sscanf(note, "%c %u %*u", &kind, &number) != 2)
			continue;
		c.admitted += kind == 'A';
		c.issued += kind == 'I';
		c.consumed += kind == 'C';
		c.kept += kind == 'Q';
		c.backups += kind == 'B';
		c.purged += kind == 'P' ? number : 0;
	}
	return c;
}

/* A scene in which nothing happens proves nothing. */
static bool
as_meant(const struct tape *tape, const struct scene *scene)
{
	const struct counts c = count(tape);
	unsigned int half = scene->reports / 2;
	bool failed = lost_at(tape) != 0;
	bool well = c.admitted >= half && c.issued >= half &&
		c.consumed >= half / 2 && c.kept >= half / KEEP_EVERY &&
		(c.purged > 0) == (scene->reports > 0) &&
		(scene->fails != NULL) == failed;

	well &= c.backups == scene->backups;
	printf("# %s: %u admitted, %u issued, %u consumed, %u kept, "
	       "%u purged, %u backups, %s sync failed\n",
		scene->name, c.admitted, c.issued, c.consumed, c.kept, c.purged,
		c.backups, failed ? "a" : "no");
	return well;
}

/* -1: the scene was not as meant; else how many faults there were. */
static int
run(const struct scene *scene, const char *without, unsigned int points,
	struct tally *tally)
{
	struct tape *tape;
	int faults = -1;

	if (!play_scene(scene, without)) {
		printf("# the workload of %s failed\n", scene->name);
		return -1;
	}
	tape = tape_read(paths.tape);
	tally->init = scene->reports == 0;
	if (as_meant(tape, scene)) {
		/* what init made must be there whatever comes */
		faults = (int)image_loose_names(tape, made_at(tape));
		if (faults == 0 || !tally->one)
			faults += (int)try_scene(tape, points, tally);
	}
	tape_free(tape);
	return faults;
}

/* What the tool must find: the sync left out, and in which scene. */
static const struct mutant {
	const char *name, *without;
	size_t scene;
} mutants[] = {
	{ "logs are not synced", "/log.", 0 },
	{ "segments are not synced", "spool/tmp/", 0 },
	{ "renamed segments are not synced", "spool/new", 0 },
	{ "recovery from memory, after the log", "in-use", 1 },
	{ "recovery from memory, by another process", "in-use", 2 },
	{ "recovery from memory, after a table", "in-use", 5 },
	{ "what init makes is not synced", "state/db$", 9 },
	{ "copies in quarantine are not synced", "quarantine/.tmp-", 11 },
	{ "the quarantine is not synced", "quarantine$", 10 },
	{ "backups are not synced", "backup/partial$", 10 },
	{ "the backup's directory is not synced", "backup$", 10 },
};

enum {
	SCENES = sizeof(scenes) / sizeof(scenes[0]),
	MUTANTS = sizeof(mutants) / sizeof(mutants[0])
};

/* What was asked for. */
struct order {
	unsigned int scene, mutant; /* points of each */
	const char *name;           /* part of those wanted */
};

static bool
is_skipped(const struct order *o, const char *name, size_t number)
{
	if (strstr(name, o->name) != NULL)
		return false;
	printf("ok %zu # SKIP %s\n", number, name);
	return true;
}

static unsigned int
run_scenes(const struct order *o)
{
	struct tally tally = { .one = false };
	unsigned int bad = 0;
	int found;
	size_t i;

	for (i = 0; i < SCENES; i++) {
		if (is_skipped(o, scenes[i].name, i + 1))
			continue;
		found = run(&scenes[i], NULL, o->scene, &tally);
		bad += found != 0;
		printf("%sok %zu - power fails: %s\n", found == 0 ? "" : "not ",
			i + 1, scenes[i].name);
		fflush(stdout);
	}
	bad += say(&tally) != 0;
	return bad;
}

static unsigned int
run_mutants(const struct order *o)
{
	struct tally tally;
	unsigned int bad = 0;
	int found;
	size_t i;

	for (i = 0; i < MUTANTS; i++) {
		if (is_skipped(o, mutants[i].name, SCENES + i + 1))
			continue;
		tally = (struct tally){ .one = true };
		found = run(&scenes[mutants[i].scene], mutants[i].without,
			o->mutant, &tally);
		bad += found <= 0;
		printf("%sok %zu - found: %s\n", found > 0 ? "" : "not ",
			SCENES + i + 1, mutants[i].name);
		fflush(stdout);
	}
	return bad;
}

/* No sync is made, so memory will do, and is quicker; if there is enough. */
static const char *
temporary(void)
{
	static const char memory[] = "/dev/shm";
	const char *tmp = getenv("TMPDIR");
	struct statvfs fs;

	if (tmp != NULL)
		return tmp;
	if (statvfs(memory, &fs) == 0 && access(memory, W_OK) == 0 &&
		fs.f_bavail > MEMORY_NEEDED / fs.f_frsize)
		return memory;
	return "/tmp";
}

static bool
make_paths(char work[96])
{
	text_format(work, 96, "%s/csrc-power.XXXXXX", temporary());
	if (mkdtemp(work) == NULL)
		return false;
	text_format(paths.root, sizeof(paths.root), "%s/root", work);
	text_format(paths.image, sizeof(paths.image), "%s/image", work);
	text_format(paths.tape, sizeof(paths.tape), "%s/tape", work);
	text_format(paths.again, sizeof(paths.again), "%s/again", work);
	return true;
}

int
main(int argc, char **argv)
{
	bool all = argc > 1 && strcmp(argv[1], "--long") == 0;
	struct order order = { .scene = all ? 120 : 8,
		.mutant = all ? 60 : 36,
		.name = argc > 1 + all ? argv[1 + all] : "" };
	unsigned int bad;
	char work[96];
	struct error e;

	if (crypto_init(&e) != 0 || !make_paths(work))
		return 99;
	printf("1..%d\n", SCENES + MUTANTS);
	bad = run_scenes(&order);
	bad += run_mutants(&order);
	fixture_remove_tree(work);
	return bad != 0;
}
