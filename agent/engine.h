/*
 * The SNMPv3 engines that were met, by address: the id that a printer had at
 * the first contact is expected ever after. Another one is told, and nothing is
 * asked of it until somebody accepts it: keys are derived from the id, and who
 * answers in a printer's place would have one of his own.
 *
 * Restarts that an engine counts (snmpEngineBoots) go up only. Fewer than
 * before is what a replayed answer looks like, or a printer that was reset.
 */
#ifndef AGENT_ENGINE_H
#define AGENT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

enum {
	ENGINE_ID_MIN = 5, /* octets, RFC 3411 */
	ENGINE_ID_MAX = 32,
	ENGINES_MAX = 65536 /* addresses */
};

struct engine_id {
	unsigned char octets[ENGINE_ID_MAX];
	size_t length; /* 0: none */
};

struct engine {
	struct sockaddr_storage address; /* its port counts as well */
	struct engine_id id;             /* the one that is expected */
	uint32_t boots;                  /* most that it has proved */
	uint32_t time; /* seconds since the last of them, when it was met */
	int64_t first, last; /* when it was met, seconds since 1970 */
	/* what was met instead, since when; length 0: nothing */
	struct engine_id other;
	uint32_t other_boots;
	int64_t other_since;
};

enum engine_state {
	ENGINE_KNOWN,
	ENGINE_NEW,     /* this was the first contact */
	ENGINE_CHANGED, /* another id than the expected one */
	ENGINE_BACK     /* the same one with fewer restarts than before */
};

struct engines;

bool engine_id_same(const struct engine_id *a, const struct engine_id *b);

/*
 * What is in the file, which need not be there. path NULL: in memory only.
 * ERROR_BAD: a line of it cannot be read, which is an operator's to look at: a
 * pin that is dropped in silence is none.
 */
int engines_open(const char *path, struct engines **engines_r, struct error *e);
/* Without writing. */
void engines_free(struct engines **engines);
/* Durable, if something has changed since. */
int engines_save(struct engines *engines, struct error *e);

size_t engines_count(const struct engines *engines);
/* In the order of addresses. */
bool
engines_at(const struct engines *engines, size_t place, struct engine *one_r);
bool engines_find(const struct engines *engines,
	const struct sockaddr_storage *address, struct engine *one_r);

/*
 * An engine was met at an address. boots and time must be authentic; boots 0
 * says nothing. ENGINE_NEW: it was pinned; ENGINE_CHANGED, ENGINE_BACK: it was
 * put down as the other one. ERROR_LIMIT: there are too many.
 */
int engines_met(struct engines *engines, const struct sockaddr_storage *address,
	const struct engine_id *id, uint32_t boots, uint32_t time, int64_t now,
	enum engine_state *state_r, struct error *e);

/*
 * What was met instead is expected from now on. ERROR_NOT_FOUND: nobody is
 * known at the address, or nothing else was met there.
 */
int engines_accept(struct engines *engines,
	const struct sockaddr_storage *address, struct error *e);
/* ERROR_NOT_FOUND. */
int engines_forget(struct engines *engines,
	const struct sockaddr_storage *address, struct error *e);

#endif
