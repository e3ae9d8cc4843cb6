/*
 * The enabled agents, as the daemon has told them last, and from where each has
 * called last. Any thread.
 */
#ifndef RECEIVE_ROLL_H
#define RECEIVE_ROLL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parser/certificate.h"
#include "parser/claims.h"
#include "parser/principal.h"

struct roll;

struct roll_agent {
	char id[AGENT_ID_SIZE];
	char center[CENTER_ID_SIZE];
};

struct roll *roll_new(void); /* NULL: no memory */
void roll_free(struct roll **roll);

/* These are they from now on, sorted by ID, each once. False: no memory, and
 * it is as before. */
bool roll_set(struct roll *roll, const struct roll_agent *agents, size_t count);
/* Is it one, and of which center? */
bool
roll_find(struct roll *roll, const char *id, char center_r[CENTER_ID_SIZE]);

/* An agent's message begins to come, and is over: roll_leave for each
 * roll_enter that was true. False: so many of its messages are coming that this
 * one has to wait, or it is no agent. */
enum { ROLL_TOGETHER = 4 };
bool roll_enter(struct roll *roll, const char *id);
void roll_leave(struct roll *roll, const char *id);

/* An agent's call: from where, and with which certificate ("": none). */
struct roll_call {
	char address[INET6_ADDRSTRLEN];
	char number[CERTIFICATE_NUMBER_SIZE];
};
/*
 * Notes it. now: milliseconds, monotonic. True: it called from elsewhere, or
 * with another certificate, less than ten minutes before, which is *before_r,
 * and that was not said in the last hour.
 */
bool roll_called(struct roll *roll, const char *id,
	const struct roll_call *call, int64_t now, struct roll_call *before_r);

#endif
