/*
 * Power failures: a store is worked on while all that it does to its files is
 * recorded, with and without a sync that fails; from the record disks are made
 * as a power failure may leave them; on each the store must open, be sound,
 * and have all that it acknowledged exactly once.
 *
 *	powerfail [--long]
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "store/ledger.h"
#include "tests/powerfail/image.h"
#include "tests/powerfail/record.h"
#include "tests/unit/store_fixture.h"

enum {
	REPORTS = 160,
	LINE = 30000, /* so that the log changes its file */
	KILLED = 9,
	/* For one part of a scene or one check. What a mutant leaves may make
	 * the database go round for ever, which is a fault found. */
	SECONDS = 120,
	MUTANT_SECONDS = 30
};

/* One run of the workload. */
struct scene {
	const char *name;
	const char *fails; /* part of the path whose sync fails; NULL */
	int at, times;
	bool killed; /* the process ends at the failure, another goes on */
};

static const struct scene scenes[] = {
	{ "no error", NULL, 0, 0, false },
	{ "log, early", "/log.", 12, 1, false },
	{ "log, early, killed", "/log.", 12, 1, true },
	{ "log, late", "/log.", 90, 1, false },
	{ "log, twice", "/log.", 60, 2, false },
	{ "table at a checkpoint", "email-ids.db", 1, 1, false },
	{ "table at a checkpoint, killed", "email-ids.db", 1, 1, true },
	{ "the copies too", "renewed.tmp", 1, 1, false },
	{ "segment", "spool/tmp/", 3, 1, false },
};

static char work[96], root[128], tape_path[128], image[128];

static struct store_options
options(const char *base, char state[160], char spool[160])
{
	static const unsigned char master[MASTER_KEY_SIZE] = { 7 };

	text_format(state, 160, "%s/state", base);
	text_format(spool, 160, "%s/spool", base);
	return (struct store_options){ .state_directory = state,
		.spool_directory = spool,
		.master_key = master,
		.cache_size = 1024 * 1024,
		.segment_reports = 7 };
}

static const char *
email_id_of(unsigned int number, char out[EMAIL_ID_SIZE])
{
	text_format(out, EMAIL_ID_SIZE, "%c%cabcdefghijklmnopqrstuvwx",
		(char)('a' + number / 26), (char)('a' + number % 26));
	return out;
}

static int
issue(struct store *s, unsigned int number, struct error *e)
{
	struct request row = { .issued = NOW, .expires = NOW + DAY };

	email_id_of(number, row.id);
	text_copy(row.center, sizeof(row.center), "K0001");
	text_copy(row.serial, sizeof(row.serial), "D0");
	return ledger_issue(s, &row, e);
}

static bool
admit(struct store *s, unsigned int number)
{
	struct fixture f = { .store = s };
	struct admission a = fixture_admission(number);
	static char line[LINE];
	enum ledger_result result;
	uint64_t sequence = 0;

	memset(line, 'x', sizeof(line));
	a.line_length = (size_t)snprintf(
		line, sizeof(line), "{\"version\":1,\"n\":%u,\"x\":\"", number);
	line[a.line_length] = 'x';
	memcpy(line + LINE - 3, "\"}", 2);
	a.line = line;
	a.line_length = LINE - 1;
	if (ledger_admit(s, &a, &result, &sequence, &f.e) != 0)
		return false;
	if (result == LEDGER_ADMITTED || result == LEDGER_DUPLICATE)
		record_note("A %u %llu", number, (unsigned long long)sequence);
	return true;
}

static unsigned int
number_in(const char *line, unsigned long long *sequence_r)
{
	const char *n = strstr(line, "\"n\":"),
		   *s = strstr(line, "\"sequence\":");

	*sequence_r = s != NULL ? strtoull(s + 11, NULL, 10) : 0;
	return n != NULL ? (unsigned int)strtoul(n + 4, NULL, 10) : 0;
}

/* Each line of each segment; then, for a consumer, the segment goes. */
static void
read_spool(const char *spool,
	void (*each)(
		unsigned int number, unsigned long long sequence, void *arg),
	void *arg, bool consume)
{
	static char line[LINE * 2];
	unsigned long long sequence;
	unsigned int number;
	struct dirent *entry;
	char path[600];
	DIR *dir;
	FILE *file;

	text_format(path, sizeof(path), "%s/new", spool);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		text_format(
			path, sizeof(path), "%s/new/%s", spool, entry->d_name);
		file = fopen(path, "r");
		while (file != NULL &&
			fgets(line, sizeof(line), file) != NULL) {
			number = number_in(line, &sequence);
			each(number, sequence, arg);
		}
		if (file != NULL)
			fclose(file);
		if (consume)
			unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
}

static void
note_consumed(unsigned int number, unsigned long long sequence, void *arg)
{
	(void)arg;
	record_note("C %u %llu", number, sequence);
}

/* Not a thread of the store's runs: the same changes each time. */
static int
work_on(const struct scene *scene, unsigned int from)
{
	char state[160], spool[160];
	struct store_options o = options(root, state, spool);
	struct store *s;
	struct error e;
	unsigned int i, tries;
	int before = record_failures();

	if (store_open(&o, &s, &e) != 0 && store_open(&o, &s, &e) != 0) {
		printf("# open: %s\n", e.text);
		return 1;
	}
	for (i = from; i < REPORTS; i++) {
		for (tries = 0; !admit(s, i) && tries < 10; tries++) {
			if (scene->killed && record_failures() > before)
				_exit(KILLED);
			if (store_tend(s, NOW, NULL, &e) != 0)
				sleep(1); /* the pause between repairs */
		}
		if (issue(s, i, &e) == 0)
			record_note("I %u 0", i);
		if (i % 6 == 0)
			store_publish(s, &e);
		if (i % 25 == 0)
			store_tend(s, NOW, NULL, &e);
		if (i % 40 == 39) {
			/* another process checkpoints as it closes */
			store_close(&s);
			if (store_open(&o, &s, &e) != 0 &&
				store_open(&o, &s, &e) != 0)
				return 1;
		}
		if (i % 30 == 0)
			read_spool(spool, note_consumed, NULL, true);
	}
	store_close(&s);
	return 0;
}

static int
in_child(int (*body)(void *arg), void *arg, unsigned int seconds)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(seconds);
		status = body(arg);
		fflush(stdout);
		_exit(status);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

struct part {
	const struct scene *scene;
	const char *mutant;
	bool first;
};

static int
play_part(void *arg)
{
	const struct part *p = arg;
	char state[160], spool[160];
	struct store_options o = options(root, state, spool);
	struct fixture f = { .options = o };
	unsigned int as_it_is = (unsigned int)-1;

	record_start(tape_path, root);
	if (p->mutant != NULL)
		record_without(p->mutant);
	if (p->first) {
		if (store_init(&o, as_it_is, as_it_is, as_it_is, &f.e) != 0 ||
			store_open(&o, &f.store, &f.e) != 0)
			return 1;
		fixture_devices(&f, 1);
		store_close(&f.store);
		record_note("made");
		if (p->scene->fails != NULL)
			record_fail_sync(
				p->scene->fails, p->scene->at, p->scene->times);
		/* so that copies are made */
		if (strcmp(p->scene->name, "the copies too") == 0) {
			if (store_open(&o, &f.store, &f.e) != 0)
				return 1;

			_exit(KILLED);
		}
	}
	if (!p->first && strcmp(p->scene->name, "the copies too") == 0)
		record_fail_sync(p->scene->fails, 1, 1);
	return work_on(p->scene, p->first ? 0 : REPORTS / 2);
}

static bool
play_scene(const struct scene *scene, const char *mutant)
{
	struct part part = { scene, mutant, true };
	int rc;

	fixture_remove_tree(root);
	unlink(tape_path);
	if (mkdir(root, 0700) != 0)
		return false;
	rc = in_child(play_part, &part, SECONDS);
	part.first = false;
	if (rc == KILLED)
		rc = in_child(play_part, &part, SECONDS);
	return rc == 0;
}

/* What was told before the crash, and what is there after it. */
struct account {
	unsigned long long told[REPORTS]; /* sequence of each report */
	unsigned int has[REPORTS * 2];    /* report of each sequence, plus 1 */
	unsigned long long most;
	bool issued[REPORTS];
	int faults;
};

struct trial {
	const struct tape *tape;
	size_t changes;
	int die_at;
};

static void
count_line(unsigned int number, unsigned long long sequence, void *arg)
{
	struct account *a = arg;

	if (sequence == 0 || sequence >= REPORTS * 2 || number >= REPORTS ||
		(a->has[sequence] != 0 && a->has[sequence] != number + 1)) {
		printf("# sequence %llu is report %u and another\n", sequence,
			number);
		a->faults++;
		return;
	}
	a->has[sequence] = number + 1;
	if (sequence > a->most)
		a->most = sequence;
}

static bool
told(const struct trial *t, struct account *a)
{
	unsigned int number;
	unsigned long long sequence;
	const char *note;
	bool made = false;
	char kind;
	size_t i;

	for (i = 0; i < t->changes; i++) {
		note = tape_note(t->tape, i);
		if (note != NULL && strcmp(note, "made") == 0)
			made = true;
		if (note == NULL ||
			sscanf(note, "%c %u %llu", &kind, &number, &sequence) !=
				3)
			continue;
		if (kind == 'A')
			a->told[number] = sequence;
		else if (kind == 'I')
			a->issued[number] = true;
		else
			count_line(number, sequence, a);
	}
	return made;
}

static void
compare(struct account *a)
{
	unsigned int i, others[REPORTS + 1] = { 0 };

	for (i = 0; i < REPORTS; i++)
		if (a->told[i] != 0 && a->has[a->told[i]] != i + 1) {
			printf("# lost: report %u, sequence %llu\n", i,
				a->told[i]);
			a->faults++;
		}
	for (i = 1; i <= a->most; i++) {
		if (a->has[i] == 0) {
			printf("# a gap at %u\n", i);
			a->faults++;
		} else if (others[a->has[i] - 1]++ != 0) {
			printf("# report %u is there twice\n", a->has[i] - 1);
			a->faults++;
		}
	}
}

static int
examine(void *arg)
{
	struct trial *t = arg;
	char state[160], spool[160];
	struct store_options o = options(image, state, spool);
	struct account a = { .faults = 0 };
	struct request row;
	char id[EMAIL_ID_SIZE];
	struct store *s;
	struct error e;
	unsigned int i;

	if (t->die_at > 0) {
		record_start("/dev/null", image);
		record_die(t->die_at);
		if (store_open(&o, &s, &e) != 0)
			return 1;
		_exit(KILLED);
	}
	if (!told(t, &a))
		return 0;
	if (store_open(&o, &s, &e) != 0) {
		printf("# does not open: %s\n", e.text);
		return 1;
	}
	if (store_publish(s, &e) != 0 || store_check(s, NULL, &e) != 0) {
		printf("# not sound: %s\n", e.text);
		a.faults++;
	}
	read_spool(spool, count_line, &a, false);
	for (i = 0; i < REPORTS; i++)
		if (a.issued[i] &&
			ledger_request(s, email_id_of(i, id), &row, &e) != 0) {
			printf("# Email-ID %u is lost\n", i);
			a.faults++;
		}
	compare(&a);
	store_close(&s);
	return a.faults != 0;
}

static bool
try_image(unsigned int seconds, const struct tape *tape, size_t changes,
	enum rule rule, unsigned int seed)
{
	struct trial t = { tape, changes, 0 };
	int rc;

	fixture_remove_tree(image);
	if (mkdir(image, 0700) != 0)
		return false;
	image_build(tape, changes, rule, seed, image);
	if (seed % 4 == 3) {
		t.die_at = 1 + (int)(seed / 4 % 24);
		rc = in_child(examine, &t, seconds);
		t.die_at = 0;
	}
	rc = in_child(examine, &t, seconds);
	if (rc != 0)
		printf("# after %zu changes, rule %s, seed %u\n", changes,
			rule_name(rule), seed);
	return rc == 0;
}

struct tally {
	unsigned int tried;
	unsigned int images[RULES], faults[RULES];
	bool one; /* the first fault is enough */
	bool done;
};

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

/* 0: no sync failed. */
static size_t
lost_at(const struct tape *tape)
{
	size_t i;

	for (i = 0; i < tape_length(tape); i++)
		if (tape_lost(tape, i))
			return i + 1;
	return 0;
}

/* Points at even distances, each just before or after a turn. */
static unsigned int
try_between(const struct tape *tape, size_t from, size_t to,
	unsigned int points, struct tally *tally)
{
	unsigned int i, seed, faults = 0;
	enum rule rule;
	size_t at;

	for (i = 0; i < points && !tally->done; i++) {
		at = from + (to - from) * (i + 1) / points;
		while (at < to && !tape_turns(tape, at))
			at++;
		if (at < to && i % 2 == 1)
			at++;
		seed = tally->tried++;
		rule = (enum rule)(seed % RULES);
		seed += seed / RULES;
		tally->images[rule]++;
		if (try_image(tally->one ? MUTANT_SECONDS : SECONDS, tape, at,
			    rule, seed))
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

/* A scene in which nothing happens proves nothing. */
static bool
as_meant(const struct tape *tape, const struct scene *scene)
{
	unsigned int admitted = 0, issued = 0, consumed = 0;
	const char *note;
	size_t i;

	for (i = 0; i < tape_length(tape); i++) {
		note = tape_note(tape, i);
		admitted += note != NULL && note[0] == 'A';
		issued += note != NULL && note[0] == 'I';
		consumed += note != NULL && note[0] == 'C';
	}
	if (admitted >= REPORTS / 2 && issued >= REPORTS / 2 &&
		consumed >= REPORTS / 4 &&
		(scene->fails != NULL) == (lost_at(tape) != 0))
		return true;
	printf("# %s: %u admitted, %u issued, %u consumed, %s sync failed\n",
		scene->name, admitted, issued, consumed,
		lost_at(tape) != 0 ? "a" : "no");
	return false;
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
	tape = tape_read(tape_path);
	if (as_meant(tape, scene)) {
		/* what init made must be there whatever comes */
		faults = (int)image_loose_names(tape, made_at(tape));
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
};

enum {
	SCENES = sizeof(scenes) / sizeof(scenes[0]),
	MUTANTS = sizeof(mutants) / sizeof(mutants[0])
};

static unsigned int
run_scenes(unsigned int points)
{
	struct tally tally = { .one = false };
	unsigned int bad = 0;
	int found;
	size_t i;

	for (i = 0; i < SCENES; i++) {
		found = run(&scenes[i], NULL, points, &tally);
		bad += found != 0;
		printf("%sok %zu - power fails: %s\n", found == 0 ? "" : "not ",
			i + 1, scenes[i].name);
		fflush(stdout);
	}
	bad += say(&tally) != 0;
	return bad;
}

static unsigned int
run_mutants(unsigned int points)
{
	struct tally tally;
	unsigned int bad = 0;
	int found;
	size_t i;

	for (i = 0; i < MUTANTS; i++) {
		tally = (struct tally){ .one = true };
		found = run(&scenes[mutants[i].scene], mutants[i].without,
			points, &tally);
		bad += found <= 0;
		printf("%sok %zu - found: %s\n", found > 0 ? "" : "not ",
			SCENES + i + 1, mutants[i].name);
		fflush(stdout);
	}
	return bad;
}

int
main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	bool all = argc > 1 && strcmp(argv[1], "--long") == 0;
	unsigned int bad;
	struct error e;

	text_format(work, sizeof(work), "%s/csrc-power.XXXXXX",
		tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(work) == NULL || crypto_init(&e) != 0)
		return 99;
	text_format(root, sizeof(root), "%s/root", work);
	text_format(image, sizeof(image), "%s/image", work);
	text_format(tape_path, sizeof(tape_path), "%s/tape", work);
	printf("1..%d\n", SCENES + MUTANTS);
	bad = run_scenes(all ? 120 : 8);
	bad += run_mutants(all ? 60 : 36);
	fixture_remove_tree(work);
	return bad != 0;
}
