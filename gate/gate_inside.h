/*
 * The gate as its own files know it.
 */
#ifndef GATE_GATE_INSIDE_H
#define GATE_GATE_INSIDE_H

#include <pthread.h>

#include "gate/gate.h"
#include "gate/prove.h"
#include "gate/quarantine.h"
#include "gate/tender.h"

struct gate {
	struct store *store;
	pthread_mutex_t lock; /* guards rules and stats */
	struct rules *rules;
	struct gate_stats stats;
	struct quarantine *quarantine;
	struct tender *tender; /* NULL: not started */
	struct prove *prove;
};

#endif
