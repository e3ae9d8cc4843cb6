/*
 * What an agent does again and again, step by step: look for printers, ask
 * them, speak to the center; and what came of it, in a file for "status".
 */
#ifndef AGENT_TURN_H
#define AGENT_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/contact.h"
#include "agent/round.h"
#include "agent/site.h"
#include "base/error.h"

enum { TURN_TEXT_SIZE = 256 };

/* Seconds since 1970, 0: never. */
struct turn {
	enum contact_state contact;
	char contact_why[TURN_TEXT_SIZE];
	int64_t contacted, confirmed; /* tried; last well */
	unsigned int failures;        /* to send readings, in a row */
	int64_t discovered, polled;
	size_t found;       /* new ones, of the last discovery */
	struct round round; /* the last one */
	uint64_t lost;      /* reports that found no room, since start */
	uint64_t answered;  /* requests, since start */
};

/* What commands of people have left to be done: engines accepted. */
int turn_begin(struct site *s, struct error *e);
int turn_discover(struct site *s, struct turn *t, struct error *e);
int turn_poll(struct site *s, struct turn *t, struct error *e);
/*
 * Confirms who we are, dates what waits for a clock, fetches requests, and
 * sends what there is. What it came to is logged where it changes.
 */
enum contact_state turn_contact(struct site *s, struct turn *t);
/* In how many seconds the center is spoken to again, as it went. */
int64_t turn_pause(const struct site *s, const struct turn *t);

/* Puts it where "status" finds it. */
int turn_save(struct site *s, const struct turn *t, struct error *e);
/* What the last one has put there, for people or as one line of JSON.
 * *well_r: the last contact was good, no report was lost, and no file of the
 * queue is bad. ERROR_NOT_FOUND:
 * nobody has. */
int turn_print(const struct site *s, bool json, FILE *out, bool *well_r,
	struct error *e);

#endif
