/*
 * The gate as its own files know it.
 */
#ifndef GATE_GATE_INSIDE_H
#define GATE_GATE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "gate/gate.h"
#include "gate/quarantine.h"
#include "gate/tender.h"

struct gate {
	struct store *store;
	pthread_mutex_t lock; /* guards rules */
	struct rules *rules;
	struct quarantine *quarantine;
	atomic_uint_fast64_t kinds[VERDICT_TROUBLE + 1];
	atomic_uint_fast64_t reasons[REASON_COUNT];
	struct tender *tender; /* NULL: not started */
};

#endif
