/*
 * All that is open while an agent works: its configuration, its key, what it
 * keeps, and the center. One thread works with it; site_stop comes from others.
 */
#ifndef AGENT_SITE_H
#define AGENT_SITE_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/backlog.h"
#include "agent/configuration.h"
#include "agent/contact.h"
#include "agent/dating.h"
#include "agent/engine.h"
#include "agent/park.h"
#include "agent/poll.h"
#include "agent/profile.h"
#include "base/error.h"
#include "device/keyfile.h"

enum { SITE_PATH_SIZE = 4096 };

enum site_mode {
	SITE_READ, /* what others wrote: no secret, no network */
	SITE_LOOK, /* asks printers and center, and changes nothing */
	SITE_WORK  /* the one that works here: holds the lock */
};

struct site {
	enum site_mode mode;
	struct dca_configuration *configuration;
	struct device_key key; /* wiped in the end */
	struct profiles *profiles;
	struct engines *engines;
	struct backlog *backlog; /* NULL unless SITE_WORK */
	struct dating dating;
	struct park park;
	struct contact contact;
	int lock; /* a descriptor */
	atomic_bool stopping;
	volatile sig_atomic_t undiscovered; /* what discover() looks at */
	pthread_mutex_t mutex;              /* of poller */
	struct poller *poller;              /* at work just now */
};

/*
 * As root it becomes whom the state directory belongs to, once all that only
 * root may read is read. ERROR_EXISTS: another process works here.
 */
int site_open(struct site *s, const struct dca_place *place,
	enum site_mode mode, struct error *e);
void site_close(struct site *s);

/* What is under way ends soon, and nothing begins any more. */
void site_stop(struct site *s);
bool site_stops(struct site *s);
/* The poller that site_stop is to stop; NULL: none. */
void site_polls(struct site *s, struct poller *poller);

/* A file or directory of the state directory's. ERROR_BAD: too long. */
int site_path(const struct site *s, const char *name, char out[SITE_PATH_SIZE],
	struct error *e);
/* Seconds since 1970, as well as it is known. */
int64_t site_now(struct site *s);
/*
 * Dates what waits in the queue, if the clock is known: soon after it came and
 * before anything is put with a date, since what another boot has left gets a
 * doubtful one.
 */
int site_date(struct site *s, struct error *e);

#endif
