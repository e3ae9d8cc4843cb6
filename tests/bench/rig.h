/*
 * What a benchmark stands on: a gate over a store of its own in a temporary
 * directory, with one center and as many devices as asked for, each with a
 * key; and mails ready to be judged.
 */
#ifndef TESTS_BENCH_RIG_H
#define TESTS_BENCH_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "gate/gate.h"
#include "tests/tools/reportmail.h"

struct rig {
	char directory[256];
	struct store *store;
	struct rules *rules;
	struct gate *gate;
	uint32_t devices; /* numbers 0 to devices - 1 of sender_make */
	uint64_t total;   /* of the next report */
	unsigned int random;
};

/* These end the program when they fail: there is nothing to be measured. */
void rig_open(struct rig *r, uint32_t devices, bool no_sync);
/* From now on commits wait for the disk. */
void rig_durable(struct rig *r);
void rig_close(struct rig *r);
/* What the background threads would do: publishes, empties the outbox. */
void rig_tend(struct rig *r);

struct load_mail {
	struct buffer octets; /* as the milter hands it over */
	struct sender sender;
};
/* count new reports of devices taken at random. */
struct load_mail *rig_mails(struct rig *r, size_t count);
void mails_free(struct load_mail *mails, size_t count);

/* One mail through gate_judge; any verdict but genuine ends the program. */
void rig_judge(struct rig *r, const struct load_mail *m);

/* Benchmarks' way out: says what failed and ends the program. */
void give_up(const char *what, const struct error *e) __attribute__((noreturn));

double microseconds_now(void);

struct series {
	size_t count;
	double values[512];
};
void series_add(struct series *s, double value);
/* The value below which part (0 to 1) of them lie; 0.5: the median. */
double series_quantile(struct series *s, double part);
/* A row of the table: median and range; aim: at most, or 0 for none. */
void series_row(const char *item, const char *what, struct series *s,
	const char *unit, double aim);

#endif
