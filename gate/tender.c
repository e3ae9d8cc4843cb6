/*
 * A small step each few seconds; the first one reads what is there, so that no
 * mail has to wait for it.
 */
#include "gate/tender.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "gate/gate_inside.h"

enum { EVERY = 5 }; /* seconds */

struct tender {
	struct gate *gate;
	char trouble[512];     /* last one logged; the thread's */
	pthread_mutex_t mutex; /* of stopping */
	pthread_cond_t changed;
	bool stopping;
	pthread_t thread;
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
	struct timespec until;

	pthread_mutex_lock(&t->mutex);
	while (!t->stopping) {
		pthread_mutex_unlock(&t->mutex);
		step(t);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += EVERY;
		pthread_mutex_lock(&t->mutex);
		while (!t->stopping &&
			pthread_cond_timedwait(
				&t->changed, &t->mutex, &until) != ETIMEDOUT)
			;
	}
	pthread_mutex_unlock(&t->mutex);
	return NULL;
}

static void
tender_free(struct tender **tender)
{
	struct tender *t = *tender;

	*tender = NULL;
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->mutex);
	free(t);
}

int
tender_start(struct gate *gate, struct tender **tender_r, struct error *e)
{
	struct tender *t = calloc(1, sizeof(*t));
	pthread_condattr_t steady;
	int failed;

	if (t == NULL)
		return error_memory(e);
	t->gate = gate;
	pthread_mutex_init(&t->mutex, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &steady);
	pthread_condattr_destroy(&steady);
	failed = pthread_create(&t->thread, NULL, tend, t);
	if (failed != 0) {
		tender_free(&t);
		errno = failed;
		return error_errno(e, "thread for the quarantine");
	}
	*tender_r = t;
	return 0;
}

void
tender_stop(struct tender **tender)
{
	struct tender *t = *tender;

	if (t == NULL)
		return;
	pthread_mutex_lock(&t->mutex);
	t->stopping = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->mutex);
	pthread_join(t->thread, NULL);
	tender_free(tender);
}
