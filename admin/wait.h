/*
 * Waiting for what the daemon will know: it is asked now and then, also over a
 * restart, until that is there. Not in the daemon, which has better to do with
 * a place at its socket.
 */
#ifndef ADMIN_WAIT_H
#define ADMIN_WAIT_H

#include <stddef.h>

#include "control/command.h"

struct json_t; /* Jansson's */

enum { WAIT_WORDS_MAX = 8 };

struct wait {
	const char *socket; /* the daemon's */
	int64_t timeout;    /* seconds */
	bool json, terminal;
	bool (*stopped)(void *arg);
	const char *what; /* "the answer", for the progress */
	const char *gone; /* why, where the daemon does not know it any more */
	const char *words[WAIT_WORDS_MAX]; /* what it is asked, and NULL */
	/* Looks at its answer; NULL: that is no JSON. True: it is there. */
	bool (*look)(const struct json_t *answer, void *arg);
	void *arg;
	int64_t waited; /* seconds, so far */
};

/* --timeout of the command. ERROR_USAGE. */
int wait_timeout(struct wait *w, const struct arguments *a, struct error *e);
/* 1: it is there; 0: the time is over; -1: ERROR_NOT_FOUND, gone;
 * ERROR_TROUBLE, stopped; or as it is. */
int wait_for(struct wait *w, struct error *e);

/* For look: the answer's text of that name; "": there is none, or it is too
 * long. */
void wait_take(
	const struct json_t *answer, const char *name, char *out, size_t size);

#endif
