/*
 * One printer being asked, from the first datagram to the outcome: a state
 * machine that is told when its socket is readable and what time it is. Times
 * are milliseconds of CLOCK_MONOTONIC.
 */
#ifndef AGENT_ASKING_H
#define AGENT_ASKING_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/inquiry.h"
#include "agent/poll.h"
#include "agent/session.h"

enum asking_phase {
	ASKING_SCOUTS, /* which engine is it? */
	ASKING_WAITS,  /* nobody else may have the engine: asking_enter */
	ASKING_ASKS,
	ASKING_DONE /* outcome, why */
};

struct asking {
	struct poll_target target;
	const struct poll_calls *calls;
	const struct poll_options *options;
	struct poll_traffic *traffic;
	enum asking_phase phase;
	int fd;
	struct session *session;
	struct inquiry inquiry;
	struct engine_id engine; /* length 0: of no concern, or not known yet */
	uint32_t boots, time;    /* what its clock may say */
	bool pinned;             /* that is what it must be */
	bool entered;            /* the user is in net-snmp's list */
	bool met;                /* it has proved who it is */
	uint32_t number;         /* of the question */
	uint32_t scout;          /* id of the datagram */
	unsigned int tries, rounds, strange;
	const char *strange_why;
	int64_t timeout, deadline, end;
	int64_t asked; /* when the question was asked first */
	enum poll_outcome outcome;
	char why[256];
};

/* Always to be ended, whatever it comes to. */
void asking_begin(struct asking *asking, const struct poll_target *target,
	const struct poll_calls *calls, const struct poll_options *options,
	struct poll_traffic *traffic, int64_t now);
void asking_end(struct asking *asking);

/* The engine is free. */
void asking_enter(struct asking *asking, int64_t now);
/* There is a datagram, or perhaps not. */
void asking_read(struct asking *asking, int64_t now);
/* Nothing came until deadline. */
void asking_late(struct asking *asking, int64_t now);
void
asking_stop(struct asking *asking, enum poll_outcome outcome, const char *why);

#endif
