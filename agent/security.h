/*
 * What net-snmp keeps for the whole process: its start, the keys of users
 * (RFC 3414), and the clocks of engines. Its lists are linear and global, so a
 * user is there only while a printer is asked.
 */
#ifndef AGENT_SECURITY_H
#define AGENT_SECURITY_H

#include <stddef.h>
#include <stdint.h>

#include "agent/credentials.h"
#include "agent/engine.h"
#include "base/error.h"

/* Before anything else of net-snmp's; again is nothing. It reads no file and
 * writes none, and its messages go nowhere. */
void security_start(void);

/* A passphrase's key, not yet of an engine. key has CREDENTIALS_KEY_SIZE. */
int security_key(enum snmp_auth auth, const char *passphrase,
	unsigned char *key, size_t *length_r, struct error *e);

/* The identifiers of protocols, for a session. */
struct security_protocols {
	unsigned long *auth, *priv;
	size_t auth_length, priv_length;
};
void security_protocols(
	const struct credentials *c, struct security_protocols *protocols_r);

/* The user's keys of that engine are there until it leaves. */
int security_enter(const struct credentials *c, const struct engine_id *engine,
	struct error *e);
void
security_leave(const struct credentials *c, const struct engine_id *engine);

/* What an engine's clock probably says, to spare asking; no proof. */
void
security_hint(const struct engine_id *engine, uint32_t boots, uint32_t time);
/* What it said last, with proof; 0, 0: nothing. */
void security_clock(
	const struct engine_id *engine, uint32_t *boots_r, uint32_t *time_r);
/* An engine's clock is of no use, unless one of its users is there. */
void security_forget(const unsigned char *engine, size_t length);

#endif
