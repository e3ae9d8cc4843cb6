/*
 * Copies in the quarantine: put by the workload, and looked for on an image.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/quarantine.h"
#include "tests/powerfail/scene.h"
#include "tests/unit/store_fixture.h"

enum { OWNERS = 4, NEW = REPORTS + 1 };

struct keeping {
	struct settings settings;
	char directory[160];
	struct quarantine *quarantine;
};

struct keeping *
keeping_new(const char *directory)
{
	struct keeping *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	text_copy(k->directory, sizeof(k->directory), directory);
	k->settings.quarantine_directory = k->directory;
	k->settings.quarantine_size = 256 << 20;
	k->settings.quarantine_retention = 90 * DAY;
	k->quarantine = quarantine_new();
	return k;
}

void
keeping_free(struct keeping *k)
{
	quarantine_free(&k->quarantine);
	free(k);
}

static struct verdict
verdict_of(unsigned int number)
{
	struct verdict v = { .kind = VERDICT_MALFORMED,
		.reason = REASON_UNREADABLE,
		.share = SHARE_PROVED };

	text_format(v.owner, sizeof(v.owner), "device:D%u", number % OWNERS);
	text_format(v.content, sizeof(v.content), "%016x", number + 1);
	return v;
}

/* From a part of a sector to some pages. */
static struct arrival
arrival_of(unsigned int number, unsigned char octets[LINE])
{
	static const char centers[1][CENTER_ID_SIZE] = { "K0001" };
	struct arrival a = { .channel = CHANNEL_MAIL,
		.trace = "Q1",
		.evidence.sender = "printer@site.example",
		.centers = centers,
		.center_count = 1,
		.octets = octets,
		.length = 100 + number * 997 % (LINE - 100) };
	size_t i;

	for (i = 0; i < a.length; i++)
		octets[i] = (unsigned char)(i % 64 == 63
				? '\n'
				: 'a' + (i / 64 + number) % 26);
	return a;
}

bool
keeping_put(struct keeping *k, unsigned int number)
{
	static unsigned char octets[LINE];
	const struct arrival arrival = arrival_of(number, octets);
	const struct verdict verdict = verdict_of(number);
	struct error e;

	return quarantine_put(k->quarantine, &k->settings, &arrival, &verdict,
		       NOW + number, &e) == 0;
}

struct found {
	const char *directory;
	bool there[REPORTS];
	int count, faults;
};

/* The file as it must be, prologue and message. */
static int
expected(unsigned int number, struct buffer *b)
{
	static unsigned char octets[LINE];
	const struct arrival arrival = arrival_of(number, octets);
	const struct verdict verdict = verdict_of(number);
	struct error e;

	if (quarantine_prologue_write(
		    &arrival, &verdict, NOW + number, b, &e) != 0)
		return -1;
	return buffer_append(b, octets, arrival.length) == BUFFER_OK ? 0 : -1;
}

static bool
is_whole(const char *directory, const char *name, unsigned int number)
{
	struct buffer b = { .limit = QUARANTINE_PROLOGUE_MAX + LINE };
	char *text = NULL;
	size_t size = 0;
	struct error e;
	FILE *out = open_memstream(&text, &size);
	bool whole = out != NULL &&
		quarantine_show(directory, name, false, out, &e) == 0;

	if (out != NULL)
		whole &= fclose(out) == 0;
	whole = whole && expected(number, &b) == 0 && size == b.length &&
		memcmp(text, b.data, size) == 0;
	buffer_clear(&b);
	free(text);
	return whole;
}

static int
look(const struct quarantined *q, void *arg)
{
	struct found *f = arg;
	struct quarantine_name name;
	unsigned int number = REPORTS;

	if (quarantine_name_read(q->name, &name))
		number = (unsigned int)name.content - 1;
	f->count++;
	if (number < REPORTS && is_whole(f->directory, q->name, number)) {
		f->there[number] = true;
		return 0;
	}
	printf("# in the quarantine, but not whole: %s\n", q->name);
	f->faults++;
	return 0;
}

/* A new one counts what is there, and keeps more. */
static bool
goes_on(const char *directory, int count)
{
	struct quarantine_share shares[SHARE_PROVED + 1];
	struct keeping *k = keeping_new(directory);
	struct error e;
	bool well;

	if (k == NULL)
		return false;
	well = quarantine_count(k->quarantine, &k->settings, shares, &e) == 0 &&
		shares[SHARE_PROVED].files == count && keeping_put(k, NEW);
	keeping_free(k);
	return well;
}

int
keeping_examine(const char *directory, const bool noted[REPORTS])
{
	struct found f = { .directory = directory };
	struct error e;
	unsigned int i;

	if (quarantine_each(directory, look, &f, &e) != 0) {
		printf("# the quarantine cannot be listed: %s\n", e.text);
		return 1;
	}
	for (i = 0; i < REPORTS; i++)
		if (noted[i] && !f.there[i]) {
			printf("# copy %u is lost\n", i);
			f.faults++;
		}
	if (!goes_on(directory, f.count)) {
		printf("# the quarantine does not go on with %d\n", f.count);
		f.faults++;
	}
	return f.faults;
}
