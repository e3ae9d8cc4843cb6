/*
 * A small step each few seconds; the first one reads what is there, so that no
 * mail has to wait for it.
 */
#include "gate/tender.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/worker.h"
#include "gate/gate_inside.h"

enum { EVERY = 5 }; /* seconds */

struct tender {
	struct gate *gate;
	char trouble[512]; /* last one logged; the thread's */
	struct worker worker;
};

static void
step(struct tender *t)
{
	struct rules *rules = gate_rules(t->gate);
	int64_t now;
	struct error e = { 0 };

	/* what expires, expires when we know what time it is */
	if (store_clock(t->gate->store, &now, &e) == -1)
		now = 0;

	if (quarantine_tend(t->gate->quarantine, rules->settings, now, &e) == 0)
		t->trouble[0] = '\0';
	else if (strcmp(t->trouble, e.text) != 0) {
		log_error("housekeeping of the quarantine: %s", e.text);
		memcpy(t->trouble, e.text, sizeof(t->trouble));
	}
	rules_drop(&rules);
}

static void *
tend(void *arg)
{
	struct tender *t = arg;
	int64_t pause = 0;

	for (; worker_rest(&t->worker, pause); pause = EVERY)
		step(t);
	return NULL;
}

int
tender_start(struct gate *gate, struct tender **tender_r, struct error *e)
{
	struct tender *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return error_memory(e);
	t->gate = gate;
	worker_init(&t->worker);
	*tender_r = t;
	if (worker_start(&t->worker, "who tends the quarantine", tend, t, e) ==
		0)
		return 0;
	tender_stop(tender_r);
	return -1;
}

void
tender_stop(struct tender **tender)
{
	struct tender *t = *tender;

	*tender = NULL;
	if (t == NULL)
		return;
	worker_stop(&t->worker);
	worker_clear(&t->worker);
	free(t);
}
