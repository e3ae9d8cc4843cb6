/*
 * Collection agents: which there are, which devices are assigned to each, and
 * the printers that they have seen and that nobody has assigned.
 *
 * An agent belongs to one center, as do the devices that are assigned to it; a
 * device is assigned to one agent at most. IDs and serials are given in any
 * case and kept in canonical form (parser/principal.h, parser/claims.h).
 */
#ifndef STORE_AGENT_H
#define STORE_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "parser/claims.h"
#include "parser/principal.h"
#include "store/registry.h"

enum {
	AGENT_NOTE_SIZE = 64 + 1,
	AGENT_ADDRESS_SIZE = 45 + 1, /* of an IP address as text */
	AGENT_TWICE = 600, /* seconds between two calls from two places */
	AGENT_COUNTERS_SIZE = 200 + 1,
	UNASSIGNED_MAX = 1000 /* of one agent; the oldest go */
};

struct agent {
	char id[AGENT_ID_SIZE];
	char center[CENTER_ID_SIZE];
	bool enabled;
	char note[AGENT_NOTE_SIZE]; /* the operator's; printable UTF-8 */
	int64_t created;
	uint64_t devices;    /* that are assigned to it */
	uint64_t unassigned; /* rows */
	/* What it did last; 0: never. */
	int64_t heard;                    /* it called */
	char address[AGENT_ADDRESS_SIZE]; /* from there; "": not known */
	int64_t reported;                 /* something of its was admitted */
	/* When it last called from two places at once, and the other one. */
	int64_t doubled;
	char elsewhere[AGENT_ADDRESS_SIZE];
};

/* A printer that an agent has seen. What is said of it is the printer's word.
 */
struct unassigned {
	char agent[AGENT_ID_SIZE];
	char serial[SERIAL_SIZE];
	char model[MODEL_SIZE];             /* printable; "": not known */
	char address[AGENT_ADDRESS_SIZE];   /* where it was asked; "" */
	char counters[AGENT_COUNTERS_SIZE]; /* "total 1234, …", the last ones */
	int64_t first, last;                /* when it was seen */
};

/* Upper case; false: it is none. */
bool registry_agent_id(const char *text, char out[AGENT_ID_SIZE]);

/* ERROR_EXISTS; ERROR_NOT_FOUND: no such center. created 0: now. */
int
registry_agent_add(struct store *s, const struct agent *agent, struct error *e);
int registry_agent_get(struct store *s, const char *id, struct agent *agent_r,
	struct error *e);
int registry_agent_enable(
	struct store *s, const char *id, bool enabled, struct error *e);
/* With its keys, its assignments and what it has seen; its certificates are
 * revoked. The devices stay. */
int registry_agent_remove(struct store *s, const char *id, struct error *e);
/* When it last called, or had something admitted; else when it was added. */
int64_t registry_agent_sign(const struct agent *a);
/* In order of ID. */
int
registry_agents(struct store *s, int (*each)(const struct agent *a, void *arg),
	void *arg, struct error *e);

/*
 * It called from that address ("": not known). *twice_r: so it did from
 * another, in agent_r->elsewhere, less than AGENT_TWICE ago, and that is to be
 * said: once an hour. Neither this nor the next is waited for.
 */
int registry_agent_heard(struct store *s, const char *id, const char *address,
	int64_t now, bool *twice_r, struct agent *agent_r, struct error *e);
/* Something of its was admitted. */
int registry_agent_reported(
	struct store *s, const char *id, int64_t now, struct error *e);

/*
 * Assigns devices to an agent, all or none: *bad_r (may be NULL) is the index
 * of the one that failed, *adopted_r how many were registered. Each gets its
 * requests by it from then on, and what waits for it by another way is
 * cancelled, since it is for another key. One that is not registered is
 * registered with the agent's center if adopt says so and the agent has seen
 * it. Once more is no error.
 *
 * ERROR_NOT_FOUND: no such agent or device; ERROR_EXISTS: it is assigned to
 * another agent; ERROR_DENIED: it is another center's.
 */
int registry_assign(struct store *s, const char *id, const char *const *serials,
	size_t count, bool adopt, size_t *adopted_r, size_t *bad_r,
	struct error *e);
/* Its requests go by mail from then on; those that wait are cancelled.
 * ERROR_NOT_FOUND: it is not assigned to that agent. */
int
registry_unassign(struct store *s, const char *id, const char *const *serials,
	size_t count, size_t *bad_r, struct error *e);
/* Which agent has the device? 1, 0 (none) or -1. */
int registry_agent_of(struct store *s, const char *serial,
	char id_r[AGENT_ID_SIZE], struct error *e);
/* The devices of an agent, in order of serial. after: those above that one;
 * "": all. */
int registry_assigned(struct store *s, const char *id, const char *after,
	int (*each)(const char *serial, void *arg), void *arg, struct error *e);

/* Notes that a printer was seen, u->last being when; first is kept. One that
 * is assigned meanwhile is not noted. */
int registry_unassigned_note(
	struct store *s, const struct unassigned *u, struct error *e);
/* What an agent has seen, but for what is assigned or another center's by now;
 * in order of serial. */
int registry_unassigned(struct store *s, const char *id,
	int (*each)(const struct unassigned *u, void *arg), void *arg,
	struct error *e);

#endif
