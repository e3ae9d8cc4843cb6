/*
 * Single datagrams that ask who is there: SNMPv3's discovery (RFC 3414, 4),
 * which is the same for everybody, and a Get of sysObjectID for v1 and v2c.
 * What comes back proves nothing.
 */
#ifndef AGENT_DATAGRAM_H
#define AGENT_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/answer.h"
#include "agent/credentials.h"
#include "agent/engine.h"
#include "base/error.h"

enum {
	DATAGRAM_SIZE = 512,        /* of what is sent */
	DATAGRAM_READ_SIZE = 65536, /* of what may come */
	DATAGRAM_IDS = 1 << 29      /* from this number on, and so many */
};

/* Its length. id is one of DATAGRAM_IDS, which are all of four octets.
 * ERROR_TROUBLE is -1. */
int datagram_make(const struct credentials *credentials, uint32_t id,
	unsigned char out[DATAGRAM_SIZE], struct error *e);

struct datagram {
	uint32_t id;
	struct engine_id engine; /* v3 */
	uint32_t boots, time;
	struct oid object; /* v1, v2c; count 0: it has none */
};

/* False: it is no answer to such a datagram of that version. */
bool datagram_read(enum snmp_version version, unsigned char *octets,
	size_t length, struct datagram *answer_r);

#endif
