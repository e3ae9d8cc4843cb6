/*
 * What a scrape gets: the daemon's own metrics, asked for over its control
 * socket as an observer, and whether it answered. In Prometheus' text format,
 * version 0.0.4.
 */
#ifndef EXPORTER_METRICS_H
#define EXPORTER_METRICS_H

#include "base/buffer.h"
#include "base/error.h"

struct metrics; /* for any thread */

/* No traffic yet. seconds: how long an answer is waited for. */
int metrics_open(const char *socket, int seconds, struct metrics **metrics_r,
	struct error *e);
void metrics_close(struct metrics **m);

/*
 * Puts them behind what out holds. Scrapes that come within a second of each
 * other have one answer. A daemon that does not answer is a metric too
 * (csrc_up 0), and said in the log when that begins and ends. -1: no memory.
 */
int metrics_write(struct metrics *m, struct buffer *out, struct error *e);

#endif
