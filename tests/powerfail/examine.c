/*
 * What was told before the power failed, held against what an image has.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/inside.h"
#include "tests/powerfail/record.h"
#include "tests/powerfail/scene.h"
#include "tests/unit/store_fixture.h"

struct account {
	unsigned long long told[REPORTS]; /* sequence of each report */
	unsigned int has[REPORTS * 2];    /* report of each sequence, plus 1 */
	unsigned long long most;
	bool issued[REPORTS], kept[REPORTS];
	bool backed[REPORTS]; /* told before the backup began */
	bool backup;          /* which was made */
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

static void
take_note(struct account *a, char kind, unsigned int number,
	unsigned long long sequence)
{
	unsigned int i;

	if (kind == 'A')
		a->told[number] = sequence;
	else if (kind == 'I')
		a->issued[number] = true;
	else if (kind == 'Q')
		a->kept[number] = true;
	else if (kind == 'C')
		count_line(number, sequence, a);
	else if (kind == 'B')
		a->backup = true;
	else if (kind == 'b')
		for (i = 0; i < REPORTS; i++)
			a->backed[i] = a->told[i] != 0;
}

/* Was the store made by then? */
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
		if (note != NULL &&
			sscanf(note, "%c %u %llu", &kind, &number, &sequence) ==
				3)
			take_note(a, kind, number, sequence);
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

/* What is not due to be purged is known: sent again, it is a duplicate. */
static int
look_for_digests(struct store *s, const struct account *a,
	const bool those[REPORTS], const char *where)
{
	struct admitted got;
	struct admission again;
	unsigned int i;
	struct error e;
	int faults = 0;

	for (i = 0; i < REPORTS; i++) {
		if (!those[i] || !is_lasting(i))
			continue;
		again = admission_of(i);
		if (ledger_probe(s, &again, &got, &e) == 0 &&
			got.result == LEDGER_DUPLICATE &&
			got.sequence == a->told[i])
			continue;
		printf("# report %u is not known to the %s\n", i, where);
		faults++;
	}
	return faults;
}

static bool
waits(struct store *s, const char *id)
{
	struct buffer message = { 0 };
	struct pending w;
	struct error e;
	bool waits = pending_fetch(s, id, NULL, "", &w, &message, &e) == 0 &&
		message.length == MESSAGE;

	buffer_clear(&message);
	return waits;
}

static int
look_for_requests(struct store *s, const struct account *a)
{
	struct request row;
	char id[EMAIL_ID_SIZE];
	unsigned int i;
	struct error e;
	int faults = 0;

	for (i = 0; i < REPORTS; i++) {
		if (!a->issued[i] || !is_lasting(i))
			continue;
		if (ledger_request(s, email_id_of(i, id), &row, &e) != 0 ||
			(does_wait(i) && !waits(s, id))) {
			printf("# Email-ID %u is lost, or its message\n", i);
			faults++;
		}
	}
	return faults;
}

static int
examine_store(const struct site *site, struct account *a)
{
	bool all[REPORTS];
	struct store *s;
	unsigned int i;
	struct error e;

	if (store_open(&site->options, &s, &e) != 0) {
		printf("# does not open: %s\n", e.text);
		return 1;
	}
	if (store_publish(s, &e) != 0 || store_check(s, NULL, &e) != 0) {
		printf("# not sound: %s\n", e.text);
		a->faults++;
	}
	read_spool(site->path[SPOOL], count_line, a, false);
	for (i = 0; i < REPORTS; i++)
		all[i] = a->told[i] != 0;
	a->faults += look_for_requests(s, a);
	a->faults += look_for_digests(s, a, all, "store");
	compare(a);
	store_close(&s);
	return 0;
}

/* By the manual it is whole if it is there; and there if that was told. */
static int
examine_backup(const struct site *site, const struct account *a)
{
	struct store_options o = site->options;
	char path[200];
	struct store *s;
	struct error e;
	int faults;

	text_format(path, sizeof(path), "%s/db", site->path[BACKUP]);
	if (access(path, F_OK) != 0 && !a->backup)
		return 0;
	o.state_directory = site->path[BACKUP];
	o.spool_directory = path; /* it has none */
	if (store_open(&o, &s, &e) != 0) {
		printf("# the backup does not open: %s\n", e.text);
		return 1;
	}
	faults = look_for_digests(s, a, a->backed, "backup");
	if (store_check(s, NULL, &e) != 0) {
		printf("# the backup is not sound: %s\n", e.text);
		faults++;
	}
	store_shut(&s);
	return faults;
}

static int
examine(void *arg)
{
	struct trial *t = arg;
	struct account a = { .faults = 0 };
	struct site site;
	struct store *s;
	struct error e;

	site_below(&site, paths.image);
	if (t->die_at > 0) {
		record_start("/dev/null", paths.image);
		record_die(t->die_at);
		return store_open(&site.options, &s, &e) != 0 ? 1 : KILLED;
	}
	if (!told(t, &a))
		return 0;
	if (examine_store(&site, &a) != 0)
		return 1;
	a.faults += examine_backup(&site, &a);
	a.faults += keeping_examine(site.path[QUARANTINE], a.kept);
	return a.faults != 0;
}

bool
try_image(unsigned int seconds, const struct tape *tape, size_t changes,
	enum rule rule, unsigned int seed)
{
	struct trial t = { tape, changes, 0 };
	int rc;

	fixture_remove_tree(paths.image);
	if (mkdir(paths.image, 0700) != 0)
		return false;
	image_build(tape, changes, rule, seed, paths.image);
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
