/*
 * Which addresses have somebody who speaks SNMP: a datagram each, many in
 * flight, paced. By SNMPv3 that is the discovery of RFC 3414, which is the same
 * for everybody and tells nothing of us; by v1 or v2c a Get of sysObjectID,
 * whose community anybody on the way can read.
 */
#ifndef AGENT_DISCOVER_H
#define AGENT_DISCOVER_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/answer.h"
#include "agent/credentials.h"
#include "agent/engine.h"
#include "base/error.h"

enum {
	RANGES_MAX = 1024,
	RANGE_ADDRESSES_MAX = 1 << 20 /* of all together */
};

/* Addresses to be asked, in order. */
struct ranges;

/* NULL: no memory. */
struct ranges *ranges_make(void);
void ranges_free(struct ranges **ranges);
/*
 * "192.0.2.0/24" (without its first and last address, from /30 on),
 * "192.0.2.1-192.0.2.9", "192.0.2.1-9", "192.0.2.1", "2001:db8::1"; of IPv6
 * single addresses only. ERROR_BAD; ERROR_LIMIT: that would be too many
 * addresses.
 */
int ranges_add(struct ranges *ranges, const char *text, uint16_t port,
	struct error *e);
size_t ranges_count(const struct ranges *ranges);
/* The address at a place; false if there are not so many. */
bool ranges_at(const struct ranges *ranges, size_t place,
	struct sockaddr_storage *address_r);

/* One that answered, in the order in which they do. */
struct found {
	struct sockaddr_storage address;
	enum snmp_version version;
	struct engine_id engine; /* v3 */
	uint32_t boots, time;    /* what it says, without proof */
	struct oid object;       /* v1, v2c: sysObjectID; count 0: none */
};

struct discovery {
	const struct ranges *ranges;
	const struct credentials *credentials; /* v3: only the version counts */
	unsigned int pace;                     /* datagrams a second; 0: 500 */
	unsigned int tries; /* datagrams an address at most; 0: 2 */
	int64_t timeout;    /* milliseconds for the last answers; 0: 2,000 */
	void (*each)(void *arg, const struct found *one); /* once an address */
	/* every now and then; may be NULL */
	void (*progress)(void *arg, size_t asked, size_t found);
	void *arg;
	const volatile sig_atomic_t *stop; /* not 0: it ends; may be NULL */
};

/* ERROR_TROUBLE: no sockets, no memory. A network that cannot be reached is no
 * error. */
int discover(const struct discovery *d, struct error *e);

#endif
