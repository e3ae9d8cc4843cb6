#include "gate/latency.h"

/* A judgement is a durable transaction: a millisecond, or a fsync that hangs.
 */
const int64_t latency_bounds[LATENCY_BOUNDS] = { 500, 1000, 2500, 5000, 10000,
	25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 10000000 };

void
latency_add(struct latency *l, int64_t microseconds)
{
	for (size_t i = 0; i < LATENCY_BOUNDS; i++)
		if (microseconds <= latency_bounds[i])
			l->counts[i]++;
	l->count++;
	l->microseconds += (uint64_t)microseconds;
}
