/*
 * The workload, played once a scene with all that it does on the tape.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/text.h"
#include "store/inside.h"
#include "tests/powerfail/record.h"
#include "tests/powerfail/scene.h"
#include "tests/unit/store_fixture.h"

enum {
	HOUR = 3600,
	SHORT_LIVED = 10 * HOUR, /* reports; so they are purged soon */
	TEND_EVERY = 25
};

void
site_below(struct site *site, const char *base)
{
	static const unsigned char master[MASTER_KEY_SIZE] = { 7 };
	static const char *const names[WHERES] = {
		[STATE] = "state",
		[SPOOL] = "spool",
		[QUARANTINE] = "quarantine",
		[BACKUP] = "backup",
	};
	enum where i;

	for (i = 0; i < WHERES; i++)
		text_format(site->path[i], sizeof(site->path[i]), "%s/%s", base,
			names[i]);
	site->options =
		(struct store_options){ .state_directory = site->path[STATE],
			.spool_directory = site->path[SPOOL],
			.master_key = master,
			.cache_size = 1024 * 1024,
			.segment_reports = 7 };
}

int
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

/* An hour goes by from one report to the next. */
static int64_t
time_of(unsigned int number)
{
	return NOW + (int64_t)number * HOUR;
}

bool
is_lasting(unsigned int number)
{
	return number % 4 != 2;
}

const char *
email_id_of(unsigned int number, char out[EMAIL_ID_SIZE])
{
	text_format(out, EMAIL_ID_SIZE, "%c%cabcdefghijklmnopqrstuvwx",
		(char)('a' + number / 26), (char)('a' + number % 26));
	return out;
}

/* Fewer than may wait for one device. */
bool
does_wait(unsigned int number)
{
	return number % 16 == 7;
}

static int
issue(struct store *s, unsigned int number, struct error *e)
{
	static const char octets[MESSAGE] = "a message";
	const struct pending_message message = { octets, sizeof(octets), true };
	struct request row = { .issued = NOW, .expires = NOW + 100 * DAY };

	if (!is_lasting(number)) {
		row.expires = time_of(number) + SHORT_LIVED - RETENTION;
		row.issued = row.expires - DAY;
	}
	email_id_of(number, row.id);
	text_copy(row.center, sizeof(row.center), "K0001");
	text_copy(row.serial, sizeof(row.serial), "D0");
	return pending_issue(s, &row, does_wait(number) ? &message : NULL, e);
}

/* What is short-lived came so long ago that it is forgotten in the course of
 * the work; its date is before those of the others, so they stay fresh. */
struct admission
admission_of(unsigned int number)
{
	struct admission a = fixture_admission(number);

	if (is_lasting(number))
		return a;
	a.now = time_of(number) + SHORT_LIVED - a.window - a.skew - RETENTION;
	a.earliest = a.latest = a.now - 60;
	return a;
}

static bool
admit(struct store *s, unsigned int number)
{
	struct admission a = admission_of(number);
	static char line[LINE];
	struct admitted got;
	struct error e;

	memset(line, 'x', sizeof(line));
	a.line_length = (size_t)snprintf(
		line, sizeof(line), "{\"version\":1,\"n\":%u,\"x\":\"", number);
	line[a.line_length] = 'x';
	memcpy(line + LINE - 3, "\"}", 2);
	a.line = line;
	a.line_length = LINE - 1;
	if (ledger_admit(s, &a, &got, &e) != 0)
		return false;
	if (got.result == LEDGER_ADMITTED || got.result == LEDGER_DUPLICATE)
		record_note(
			"A %u %llu", number, (unsigned long long)got.sequence);
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

void
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

/* One run of the workload, as one process has it. */
struct work {
	const struct scene *scene;
	const char *without;
	bool first; /* of two, if the first is killed */
	struct site site;
	struct store *store;
	struct keeping *keeping;
	int failures; /* before it began */
};

static int
open_store(struct work *w)
{
	struct error e;

	if (store_open(&w->site.options, &w->store, &e) == 0 ||
		store_open(&w->site.options, &w->store, &e) == 0)
		return 0;
	printf("# open: %s\n", e.text);
	return -1;
}

static int
tend(struct work *w, unsigned int number)
{
	uint64_t purged = 0;
	struct error e;
	int rc = store_tend(w->store, time_of(number), &purged, &e);

	if (purged > 0)
		record_note("P %u 0", (unsigned int)purged);
	return rc;
}

/* The sender tries again. */
static void
keep(struct work *w, unsigned int number)
{
	int tries;

	record_note("q %u 0", number);
	for (tries = 0; tries < 3; tries++)
		if (keeping_put(w->keeping, number)) {
			record_note("Q %u 0", number);
			return;
		}
}

/* Who was not answered by the process before sends again. */
static void
keep_again(struct work *w)
{
	struct tape *tape = tape_read(paths.tape);
	unsigned int number, asked = REPORTS;
	const char *note;
	char kind;
	size_t i;

	for (i = 0; i < tape_length(tape); i++) {
		note = tape_note(tape, i);
		if (note == NULL || sscanf(note, "%c %u", &kind, &number) != 2)
			continue;
		if (kind == 'q')
			asked = number;
		else if (kind == 'Q')
			asked = REPORTS;
	}
	tape_free(tape);
	if (asked != REPORTS)
		keep(w, asked);
}

static void
back_up(struct work *w)
{
	struct error e;

	record_note("b 0 0");
	if (store_backup(w->store, w->site.path[BACKUP], &e) == 0)
		record_note("B 0 0");
}

/* Or tries to. */
static bool
backs_up(const struct scene *scene)
{
	return scene->backups > 0 ||
		(scene->fails != NULL &&
			strstr(scene->fails, "backup") != NULL);
}

static void
take(struct work *w, unsigned int number)
{
	unsigned int tries;
	struct error e;

	for (tries = 0; !admit(w->store, number) && tries < 10; tries++) {
		if (w->scene->killed && record_failures() > w->failures)
			_exit(KILLED);
		if (tend(w, number) != 0)
			sleep(1); /* the pause between repairs */
	}
	if (issue(w->store, number, &e) == 0)
		record_note("I %u 0", number);
	if (number % KEEP_EVERY == 0)
		keep(w, number);
}

/* Not a thread of the store's runs: the same changes each time. */
static int
work_on(struct work *w, unsigned int from)
{
	unsigned int i;
	struct error e;

	if (open_store(w) != 0)
		return 1;
	for (i = from; i < w->scene->reports; i++) {
		take(w, i);
		if (i == w->scene->reports / 2 && backs_up(w->scene))
			back_up(w);
		if (i % 6 == 0)
			store_publish(w->store, &e);
		if (i % TEND_EVERY == 0)
			tend(w, i);
		if (i % 40 == 39) {
			/* another process checkpoints as it closes */
			store_close(&w->store);
			if (open_store(w) != 0)
				return 1;
		}
		if (i % 30 == 0)
			read_spool(
				w->site.path[SPOOL], note_consumed, NULL, true);
	}
	store_close(&w->store);
	return 0;
}

static int
make(struct work *w)
{
	const unsigned int as_it_is = (unsigned int)-1;
	const char *quarantine = w->site.path[QUARANTINE];
	struct fixture f = { .options = w->site.options };

	if (store_init(&f.options, as_it_is, as_it_is, as_it_is, &f.e) != 0)
		return -1;
	record_note("init");
	if (mkdir(quarantine, 0700) != 0 ||
		durable_made(quarantine, true, &f.e) != 0 ||
		store_open(&f.options, &f.store, &f.e) != 0)
		return -1;
	fixture_devices(&f, 1);
	store_close(&f.store);
	record_note("made");
	return 0;
}

static void
set_failure(const struct scene *scene)
{
	if (scene->fails == NULL)
		return;
	if (scene->times == 0)
		record_die_at_sync(scene->fails, scene->at);
	else
		record_fail_sync(scene->fails, scene->at, scene->times);
}

static int
play_part(void *arg)
{
	struct work *w = arg;
	bool copies = strcmp(w->scene->name, "the copies too") == 0;
	int rc;

	record_start(paths.tape, paths.root);
	if (w->without != NULL)
		record_without(w->without);
	if (w->first) {
		if (make(w) != 0)
			return 1;
		set_failure(w->scene);
	}
	w->failures = record_failures();
	/* so that copies are made */
	if (copies && w->first)
		return open_store(w) != 0 ? 1 : KILLED;
	if (copies)
		record_fail_sync(w->scene->fails, 1, 1);
	w->keeping = keeping_new(w->site.path[QUARANTINE]);
	if (w->keeping == NULL)
		return 1;
	if (!w->first)
		keep_again(w);
	rc = work_on(w, w->first ? 0 : w->scene->reports / 2);
	keeping_free(w->keeping);
	return rc;
}

bool
play_scene(const struct scene *scene, const char *without)
{
	struct work work = {
		.scene = scene, .without = without, .first = true
	};
	int rc;

	site_below(&work.site, paths.root);
	fixture_remove_tree(paths.root);
	unlink(paths.tape);
	if (mkdir(paths.root, 0700) != 0)
		return false;
	rc = in_child(play_part, &work, SECONDS);
	work.first = false;
	if (rc == KILLED)
		rc = in_child(play_part, &work, SECONDS);
	return rc == 0;
}
