/*
 * The publisher turns rows of the outbox into segments of the spool. How it
 * does so without losing or doubling one: store/segment.c.
 */
#ifndef STORE_PUBLISHER_H
#define STORE_PUBLISHER_H

#include "base/error.h"
#include "store/store.h"

struct publisher;

struct publisher *publisher_new(struct store *s);
void publisher_free(struct publisher **p);
int publisher_start(struct publisher *p, struct error *e);
void publisher_stop(struct publisher *p);

/* A report was admitted: publish within the interval. */
void publisher_wake(struct publisher *p);
/* Everything in the outbox, now. */
int publisher_run(struct publisher *p, struct error *e);
/* 0 if the last round and heartbeat succeeded; without a thread the spool is
 * looked at now. */
int publisher_ready(struct publisher *p, struct error *e);
/* Segments since the store was opened. */
uint64_t publisher_count(struct publisher *p);

#endif
