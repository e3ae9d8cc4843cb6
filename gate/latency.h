/*
 * How long judgements took, as a histogram: how many at most each bound, as
 * Prometheus counts.
 */
#ifndef GATE_LATENCY_H
#define GATE_LATENCY_H

#include <stddef.h>
#include <stdint.h>

enum { LATENCY_BOUNDS = 13 };

struct latency {
	uint64_t counts[LATENCY_BOUNDS]; /* of those that took at most that */
	uint64_t count;                  /* of all */
	uint64_t microseconds;           /* of all together */
};

/* In microseconds, going up. */
extern const int64_t latency_bounds[LATENCY_BOUNDS];

void latency_add(struct latency *l, int64_t microseconds);

#endif
