/*
 * Two ledgers side by side: one with no more requests outstanding than are just
 * being answered, one with a hundred thousand others. Answers are admitted to
 * both in turn; new requests take the place of those answered.
 */
#include "tests/bench/answers.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gate/issue.h"
#include "store/ledger.h"
#include "tests/bench/rig.h"

enum {
	OUTSTANDING = 100000,
	BATCH = 200,
	ROUNDS = 40,
	WARM = 5,
	THREADS = 4,
	DEVICES = 1000,
	RATE_ANSWERS = 4000
};

/* A request that was sent, to be answered. */
struct sent {
	char id[EMAIL_ID_SIZE];
	char serial[SERIAL_SIZE];
};

static void
send_requests(struct rig *r, struct sent *sent, size_t count)
{
	struct request row = { .center = "K0001", .command = "counters" };
	struct sender sender;
	struct error e = { 0 };
	size_t i;

	row.issued = time(NULL);
	row.expires = row.issued + 14 * 86400;
	for (i = 0; i < count; i++) {
		sender_make((uint32_t)(i % r->devices), &sender);
		if (issue_mint(row.id, &e) == -1)
			give_up("mint", &e);
		strcpy(row.serial, sender.serial);
		if (ledger_issue(r->store, &row, &e) == -1)
			give_up("issue", &e);
		strcpy(sent[i].id, row.id);
		strcpy(sent[i].serial, row.serial);
	}
}

static void
answer(struct rig *r, const struct sent *sent)
{
	static const char line[] =
		"{\"version\":1,\"channel\":\"mail\",\"assurance\":\"sealed\","
		"\"report\":{\"version\":1,\"kind\":\"answer\"}}";
	struct admission a = { .center = "K0001",
		.serial = sent->serial,
		.email_id = sent->id,
		.now = time(NULL),
		.window = 7 * 86400,
		.line = line,
		.line_length = sizeof(line) - 1 };
	struct admitted got;
	struct error e = { 0 };

	/* Whatever is unlike for each answer will do as the digest. */
	memcpy(a.digest, sent->id, sizeof(a.digest) - 6);
	if (ledger_admit(r->store, &a, &got, &e) == -1 ||
		got.result != LEDGER_ADMITTED)
		give_up("answer", &e);
}

/* Microseconds an answer. */
static double
time_answers(struct rig *r, const struct sent *sent, size_t count)
{
	double began = microseconds_now();
	size_t i;

	for (i = 0; i < count; i++)
		answer(r, &sent[i]);
	return (microseconds_now() - began) / count;
}

static void
compare(struct rig *empty, struct rig *full, struct sent *others)
{
	static struct sent sent[BATCH];
	struct series of_empty = { 0 }, of_full = { 0 }, ratio = { 0 };
	double few, many;
	size_t round;

	for (round = 0; round < ROUNDS + WARM; round++) {
		send_requests(empty, sent, BATCH);
		few = time_answers(empty, sent, BATCH);
		many = time_answers(full, others + round * BATCH, BATCH);
		send_requests(full, others + round * BATCH, BATCH);
		rig_tend(empty);
		rig_tend(full);
		if (round < WARM)
			continue;
		series_add(&of_empty, few);
		series_add(&of_full, many);
		series_add(&ratio, many / few);
	}
	series_row(
		"(f)", "an answer, 100000 outstanding / none", &ratio, "", 1.2);
	series_row("", "an answer, none outstanding", &of_empty, " us", 0);
	series_row("", "an answer, 100000 outstanding", &of_full, " us", 0);
}

struct slice {
	struct rig *rig;
	const struct sent *sent;
	size_t count;
};

static void *
answer_slice(void *arg)
{
	struct slice *s = arg;

	time_answers(s->rig, s->sent, s->count);
	return NULL;
}

/* Durable answers a second from several sessions at once. */
static double
answer_rate(struct rig *r, const struct sent *sent)
{
	struct slice slices[THREADS];
	pthread_t ids[THREADS];
	double began = microseconds_now();
	size_t i;

	for (i = 0; i < THREADS; i++) {
		slices[i] =
			(struct slice){ r, sent + i * (RATE_ANSWERS / THREADS),
				RATE_ANSWERS / THREADS };
		if (pthread_create(&ids[i], NULL, answer_slice, &slices[i]) !=
			0)
			give_up("thread", NULL);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(ids[i], NULL);
	return RATE_ANSWERS / (microseconds_now() - began) * 1e6;
}

void
bench_answers(void)
{
	static struct sent others[OUTSTANDING];
	struct series rate = { 0 };
	struct rig empty, full;
	size_t round;

	rig_open(&empty, DEVICES, true);
	rig_open(&full, DEVICES, true);
	send_requests(&full, others, OUTSTANDING);
	compare(&empty, &full, others);
	rig_close(&empty);
	rig_close(&full);
	/* The same outstanding, now with every commit on the disk. */
	rig_open(&full, DEVICES, true);
	send_requests(&full, others, OUTSTANDING);
	rig_durable(&full);
	for (round = 0; round < 5; round++) {
		series_add(&rate,
			answer_rate(&full, others + round * RATE_ANSWERS));
		rig_tend(&full);
	}
	series_row("", "answers, durable, 4 threads", &rate, " /s", 0);
	rig_close(&full);
}
