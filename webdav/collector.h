/*
 * A thread that looks after one server, in rounds.
 */
#ifndef WEBDAV_COLLECTOR_H
#define WEBDAV_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/worker.h"
#include "webdav/round.h"

struct collector {
	struct station station;
	struct worker worker;
	atomic_bool stopping;
	bool once; /* until there is nothing more to do, or it fails */
	struct pace pace;

	/* with the worker's mutex, or when it has ended: */
	bool ended;
	enum outcome outcome; /* of the last round */
	struct error why;     /* if that failed */
};

/* What station_open takes. Of a struct that is all zero. */
int collector_open(struct collector *c, const struct configuration *conf,
	const struct server *server, struct error *e);
/* Not running. */
void collector_close(struct collector *c);

int collector_start(struct collector *c, bool once, struct error *e);
/* Asks it to end with what it has in hand; returns at once. */
void collector_ask(struct collector *c);
/* Has it ended, or does it by then? */
bool collector_ended(struct collector *c, const struct timespec *until);

#endif
