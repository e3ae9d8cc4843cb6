/*
 * What the gate costs, in process: against the bare sum of its library calls,
 * with and without waiting for the disk, and with how many devices registered.
 * What is compared is run in turn in small batches, so that whatever else the
 * machine does falls on both; medians are reported, and behind them the range
 * from the tenth to the ninetieth per cent.
 *
 * Prints rows for bench.sh: item, what, value, spread, aim, judgement.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/crypto.h"
#include "parser/entity.h"
#include "store/ledger.h"
#include "tests/bench/answers.h"
#include "tests/bench/bare.h"
#include "tests/bench/rig.h"
#include "tests/bench/texts.h"

/* Microseconds a mail. */
static double
time_gate(struct rig *r, const struct load_mail *mails, size_t count)
{
	double began = microseconds_now();
	size_t i;

	for (i = 0; i < count; i++)
		rig_judge(r, &mails[i]);
	return (microseconds_now() - began) / count;
}

static double
time_bare(struct bare *b, const struct load_mail *mails, size_t count,
	unsigned int parts)
{
	double began = microseconds_now();
	size_t i;

	for (i = 0; i < count; i++)
		bare_mail(b, &mails[i], parts);
	return (microseconds_now() - began) / count;
}

struct ratio {
	const char *how;
	struct series gate, sum, mime, seal, database, json, ratio, with_json;
};

static void
ratio_batch(struct ratio *to, struct rig *r, struct bare *b, size_t count,
	bool gate_first)
{
	struct load_mail *mails = rig_mails(r, count);
	double gate = 0, sum, mime, opened, json;

	if (gate_first)
		gate = time_gate(r, mails, count);
	sum = time_bare(b, mails, count, BARE_SUM);
	if (!gate_first)
		gate = time_gate(r, mails, count);
	json = time_bare(b, mails, count, BARE_SUM | BARE_JSON);
	opened = time_bare(b, mails, count, BARE_MIME | BARE_SEAL);
	mime = time_bare(b, mails, count, BARE_MIME);
	series_add(&to->gate, gate);
	series_add(&to->sum, sum);
	series_add(&to->mime, mime);
	series_add(&to->seal, opened - mime);
	series_add(&to->database, sum - opened);
	series_add(&to->json, json - sum);
	series_add(&to->ratio, gate / sum);
	series_add(&to->with_json, gate / json);
	mails_free(mails, count);
	rig_tend(r);
}

static void
ratio_run(struct ratio *to, bool no_sync, size_t batches, size_t count)
{
	struct rig r;
	struct bare *b;
	struct ratio warm = { 0 };
	size_t i;

	rig_open(&r, 1000, no_sync);
	bare_open(&r, no_sync, &b);
	ratio_batch(&warm, &r, b, count, true);
	for (i = 0; i < batches; i++)
		ratio_batch(to, &r, b, count, i % 2 == 0);
	bare_close(&b);
	rig_close(&r);
}

static void
bench_ratio(void)
{
	struct ratio quick = { 0 }, durable = { 0 };

	ratio_run(&quick, true, 40, 200);
	series_row("(a)", "gate / bare sum, no sync", &quick.ratio, "", 1.5);
	series_row("", "gate, a mail", &quick.gate, " us", 0);
	series_row("", "bare sum, a mail", &quick.sum, " us", 0);
	series_row("", "  of it GMime", &quick.mime, " us", 0);
	series_row("", "  of it CMS", &quick.seal, " us", 0);
	series_row("", "  of it Berkeley DB", &quick.database, " us", 0);
	series_row("", "Jansson, not in the sum", &quick.json, " us", 0);
	series_row("", "gate / bare sum with Jansson", &quick.with_json, "", 0);
	ratio_run(&durable, false, 20, 50);
	series_row("", "gate / bare sum, durable", &durable.ratio, "", 1.5);
	series_row("", "gate, a mail, durable", &durable.gate, " us", 0);
	series_row("", "bare sum, a mail, durable", &durable.sum, " us", 0);
}

/* Threads that admit for a while. */
struct crowd {
	struct rig *rig;
	atomic_bool stop;
	_Atomic uint64_t admitted;
};

static void *
admit(void *arg)
{
	static const char report[] =
		"{\"version\":1,\"report\":{\"counters\":{\"total\":1}}}";
	struct crowd *c = arg;
	struct admission a = { .center = "K0001",
		.email_id = "",
		.key_id = (const unsigned char *)"12345678",
		.key_id_length = 8,
		.dated = true,
		.window = 3600,
		.skew = 3600,
		.line = report,
		.line_length = sizeof(report) - 1 };
	struct admitted got;
	struct sender sender;
	struct error e = { 0 };
	unsigned char random[SHA256_SIZE];

	while (!c->stop) {
		if (crypto_random(random, sizeof(random), &e) < 0)
			give_up("random", &e);
		memcpy(a.digest, random, sizeof(random));
		sender_make((random[0] << 8 | random[1]) % c->rig->devices,
			&sender);
		a.serial = sender.serial;
		a.now = a.earliest = a.latest = time(NULL);
		if (ledger_admit(c->rig->store, &a, &got, &e) < 0 ||
			got.result != LEDGER_ADMITTED)
			give_up("admit", &e);
		c->admitted++;
	}
	return NULL;
}

/* Admissions a second by that many threads. */
static double
admissions(struct rig *r, unsigned int threads)
{
	struct crowd c = { .rig = r };
	pthread_t ids[16];
	double began = microseconds_now(), took;
	unsigned int i;

	for (i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, admit, &c) != 0)
			give_up("thread", NULL);
	usleep(700 * 1000);
	c.stop = true;
	for (i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	took = microseconds_now() - began;
	return c.admitted / took * 1e6;
}

static void
bench_commits(void)
{
	static const unsigned int threads[] = { 1, 4, 16 };
	struct rig durable, quick;
	struct series of_durable, of_quick, ratio;
	char what[64];
	size_t i, round;

	rig_open(&durable, 1000, false);
	rig_open(&quick, 1000, true);
	for (i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		memset(&of_durable, 0, sizeof(of_durable));
		memset(&of_quick, 0, sizeof(of_quick));
		memset(&ratio, 0, sizeof(ratio));
		for (round = 0; round < 5; round++) {
			double d = admissions(&durable, threads[i]);
			double q = admissions(&quick, threads[i]);

			series_add(&of_durable, d);
			series_add(&of_quick, q);
			series_add(&ratio, d / q);
			rig_tend(&durable);
			rig_tend(&quick);
		}
		snprintf(what, sizeof(what), "durable / not durable, %u thr.",
			threads[i]);
		series_row(i == 0 ? "(c)" : "", what, &ratio, "", 0);
		series_row("", "durable", &of_durable, " /s", 0);
		series_row("", "not durable", &of_quick, " /s", 0);
	}
	rig_close(&durable);
	rig_close(&quick);
}

/* As many devices, each with a key, as the first says, the second, … */
static void
bench_devices(void)
{
	static const uint32_t sizes[] = { 1000, 100000, 1000000 };
	enum { SIZES = sizeof(sizes) / sizeof(sizes[0]), COUNT = 200 };
	struct rig rigs[SIZES];
	struct series cost[SIZES] = { 0 }, growth[SIZES] = { 0 };
	double took[SIZES], began;
	struct load_mail *mails;
	char what[64];
	size_t i, round;

	for (i = 0; i < SIZES; i++) {
		began = microseconds_now();
		rig_open(&rigs[i], sizes[i], true);
		fprintf(stderr, "bench: %u devices registered in %.1f s\n",
			sizes[i], (microseconds_now() - began) / 1e6);
	}
	for (round = 0; round < 30; round++) {
		for (i = 0; i < SIZES; i++) {
			mails = rig_mails(&rigs[i], COUNT);
			took[i] = time_gate(&rigs[i], mails, COUNT);
			mails_free(mails, COUNT);
			rig_tend(&rigs[i]);
		}
		for (i = 0; i < SIZES && round >= 5; i++) {
			series_add(&cost[i], took[i]);
			series_add(&growth[i], took[i] / took[0]);
		}
	}
	for (i = 0; i < SIZES; i++) {
		snprintf(what, sizeof(what), "a mail, %u devices", sizes[i]);
		series_row(i == 0 ? "(d)" : "", what, &cost[i], " us", 0);
		rig_close(&rigs[i]);
	}
	for (i = 1; i < SIZES; i++) {
		snprintf(what, sizeof(what), "growth from %u to %u", sizes[0],
			sizes[i]);
		series_row("", what, &growth[i], "", 1.3);
	}
}

static double
resident(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kilobytes = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "VmRSS: %ld", &kilobytes);
	if (file != NULL)
		fclose(file);
	return kilobytes / 1024.0;
}

/*
 * What the process takes when it has admitted so many reports, each with a
 * digest of its own, that the database's cache has been filled many times over,
 * with the daemon's defaults.
 */
static void
bench_resident(void)
{
	enum { MAILS = 240000 };
	struct crowd c = { 0 };
	struct series start = { 0 }, full = { 0 };
	pthread_t ids[4];
	struct error e = { 0 };
	struct rig r;
	size_t i;

	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_ARENA_MAX, 4);
	rig_open(&r, 1000, true);
	series_add(&start, resident());
	series_row("(g)", "resident, 1000 devices", &start, " MB", 0);
	if (store_start(r.store, &e) < 0)
		give_up("start", &e);
	c.rig = &r;
	for (i = 0; i < 4; i++)
		if (pthread_create(&ids[i], NULL, admit, &c) != 0)
			give_up("thread", NULL);
	while (c.admitted < MAILS)
		usleep(100 * 1000);
	c.stop = true;
	for (i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	series_add(&full, resident());
	series_row("", "resident, 240000 reports later", &full, " MB", 48);
	rig_close(&r);
}

/* Nothing but the gate, for a profiler. */
static void
bench_judge(void)
{
	enum { COUNT = 2000 };
	struct series cost = { 0 };
	struct load_mail *mails;
	struct rig r;

	rig_open(&r, 100, true);
	mails = rig_mails(&r, COUNT);
	series_add(&cost, time_gate(&r, mails, COUNT));
	series_row("", "gate, a mail", &cost, " us", 0);
	mails_free(mails, COUNT);
	rig_close(&r);
}

static const struct {
	const char *name;
	void (*run)(void);
} benches[] = {
	{ "ratio", bench_ratio },
	{ "commits", bench_commits },
	{ "devices", bench_devices },
	{ "answers", bench_answers },
	{ "judge", bench_judge },
	{ "resident", bench_resident },
	{ "formats", bench_formats },
};

int
main(int argc, char **argv)
{
	struct error e = { 0 };
	size_t i;

	if (crypto_init(&e) < 0 || parser_init(&e) < 0)
		give_up("start", &e);
	for (i = 0; argc == 2 && i < sizeof(benches) / sizeof(benches[0]); i++)
		if (strcmp(argv[1], benches[i].name) == 0) {
			benches[i].run();
			return 0;
		}
	fputs("usage: gatebench ratio|commits|devices|answers|judge|resident|"
	      "formats\n",
		stderr);
	return 2;
}
