/*
 * The registry: who may report. Centers with their mail addresses, devices,
 * and the keys of principals (parser/principal.h). Agents are in store/agent.h.
 *
 * IDs, serials and addresses are given in any case and kept in canonical form
 * (parser/claims.h; addresses by registry_address).
 */
#ifndef STORE_REGISTRY_H
#define STORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"
#include "base/network.h"
#include "base/telephone.h"
#include "parser/claims.h"
#include "parser/date.h"
#include "parser/principal.h"
#include "store/store.h"

enum {
	ADDRESS_SIZE = 320 + 1, /* RFC 5321: 64 @ 255 */
	KEYS_LIVE_MAX = 2,      /* a principal's live keys */
	SERVER_NAME_SIZE = MACHINE_NAME_SIZE,
	URL_SIZE = 256 + 1,
	FORWARDER_VALUE_SIZE = 170 + 1
};

struct center {
	char id[CENTER_ID_SIZE];
	int64_t created; /* seconds since 1970 */
};

enum protection { PROTECTION_REQUIRED, PROTECTION_OPTIONAL };

/* By which channel a device gets its requests. */
enum device_channel { BY_MAIL, BY_WEBDAV, BY_AGENT, BY_LINE, DEVICE_CHANNELS };

/* Of a device that reports both ways: which one is billed. */
enum device_counts { COUNTS_BOTH, COUNTS_SEALED, COUNTS_PLAIN };

struct device {
	char serial[SERIAL_SIZE];
	char center[CENTER_ID_SIZE];
	enum protection protection;
	bool enabled;
	char from[ADDRESS_SIZE];    /* plain mail's sender; "": any */
	char network[NETWORK_SIZE]; /* plain mail's client; "": any */
	char address[ADDRESS_SIZE]; /* where it gets requests; "": nowhere */
	enum device_channel channel;
	char model[MODEL_SIZE]; /* printable UTF-8; "": not known */
	/* What makers' texts call it; "": by its serial only. Of its center,
	 * and no device's serial. */
	char alias[SERIAL_SIZE];
	enum date_order date_order; /* of its maker's texts */
	bool forwarded; /* its plain reports count also from a forwarder */
	enum device_counts counts;
	/* What its fax machine calls itself, and from which number it calls, as
	 * base/telephone.h has them; "": none is registered. */
	char fax[TELEPHONE_SIZE], caller[TELEPHONE_SIZE];
	int64_t created;
};

/*
 * Whose mails are opened for what somebody else sent: an address together with
 * what must be proved of it.
 */
enum forwarder_proof { BY_NETWORK, BY_LOGIN, BY_DKIM, FORWARDER_PROOFS };
struct forwarder {
	char center[CENTER_ID_SIZE];
	char address[ADDRESS_SIZE];
	enum forwarder_proof proof;
	/* The network in its one spelling, the login, or the domain. */
	char value[FORWARDER_VALUE_SIZE];
};
/* What was proved of a mail; NULL: nothing of that kind. */
struct forwarder_evidence {
	const struct sockaddr_storage *client;
	const char *login;
	const char *dkim; /* a domain whose signature our own MTA verified */
};

/* What somebody has to pay for; octets as the line carried them. */
struct call_costs {
	uint64_t count, seconds;
	uint64_t sent, received; /* octets to the device, and of it */
};

/* What a device did last; kept apart from what the operator set. */
struct activity {
	int64_t reported;     /* seconds since 1970; 0: never */
	uint64_t sequence;    /* of its last report */
	size_t key_id_length; /* 0: it was plain */
	unsigned char key_id[KEY_ID_MAX];
	/* What counts against the limits on a principal. */
	int64_t hour; /* since 1970; of its last report */
	uint64_t hour_reports;
	int64_t day;
	uint64_t day_octets;
	int64_t confirmed; /* when a request of it was last answered; 0 */
	int64_t called;    /* when its last call on a line ended; 0: none did */
	struct call_costs calls; /* all of them */
};

/* A WebDAV server, and where its certificate is mailed to. */
struct server {
	char name[SERVER_NAME_SIZE]; /* 1 to 32 of A-Z 0-9 - */
	char url[URL_SIZE];          /* http: or https: */
	char address[ADDRESS_SIZE];
	int64_t created;
};

struct key {
	char principal[PRINCIPAL_SIZE];
	size_t id_length;
	unsigned char id[KEY_ID_MAX];
	bool live;
	int64_t created;
	int64_t used;  /* last genuine report, to the hour; 0: not proved yet */
	size_t length; /* 16 or 32 */
	unsigned char secret[KEY_SIZE_MAX]; /* the caller wipes */
};

/*
 * The canonical form of an RFC 5321 or 6531 address: brackets, source route
 * and needless quotes removed, ASCII in lower case, the domain as A-labels (RFC
 * 5890). False if it is none.
 */
bool registry_address(const char *text, char out[ADDRESS_SIZE]);

/*
 * Of a canonical address the one without extension: the local part up to the
 * first of the delimiters, which is not its first character. False: it has
 * none.
 */
bool registry_address_base(
	const char *address, const char *delimiters, char out[ADDRESS_SIZE]);

/* "mail", "webdav", "agent", "line", as the channels are called. */
const char *registry_channel_name(enum device_channel channel);
bool registry_channel(const char *name, enum device_channel *channel_r);

int registry_center_add(struct store *s, const char *id,
	const char *const *addresses, size_t count, struct error *e);
int registry_center_get(struct store *s, const char *id,
	struct center *center_r, struct error *e);
/* ERROR_EXISTS while devices belong to it. */
int registry_center_remove(struct store *s, const char *id, struct error *e);
int registry_address_add(struct store *s, const char *center,
	const char *address, struct error *e);
int registry_address_remove(struct store *s, const char *center,
	const char *address, struct error *e);
/* Which center has this address? ERROR_NOT_FOUND: none. */
int registry_center_of(struct store *s, const char *address,
	char center_r[CENTER_ID_SIZE], struct error *e);

/* "network", "login", "dkim". */
const char *registry_proof_name(enum forwarder_proof proof);
/* The same once more is no error. ERROR_NOT_FOUND: no such center. */
int registry_forwarder_add(
	struct store *s, const struct forwarder *forwarder, struct error *e);
/* With all that proves it. */
int registry_forwarder_remove(struct store *s, const char *center,
	const char *address, struct error *e);
/*
 * Is a mail of this sender to this center from one of its forwarders, by what
 * was proved of it? 1: from forwarder_r; 0: no; -1.
 */
int registry_forwarder_find(struct store *s, const char *center,
	const char *sender, const struct forwarder_evidence *evidence,
	struct forwarder *forwarder_r, struct error *e);

/* Adds; ERROR_EXISTS if the serial is there, ERROR_NOT_FOUND: no such
 * center. count devices in one transaction, all or none: *bad_r (may be NULL)
 * is the index of the one that failed. */
int registry_device_add(struct store *s, const struct device *devices,
	size_t count, size_t *bad_r, struct error *e);
/*
 * Could these be added now? Of each what registry_device_add would say; its
 * code is ERROR_NONE where there is nothing to say. known: one that is
 * registered is no fault, and could be changed so.
 */
int registry_device_check(struct store *s, const struct device *devices,
	size_t count, bool known, struct error *faults_r, struct error *e);
int registry_device_get(struct store *s, const char *serial,
	struct device *device_r, struct error *e);
/*
 * Whose is a serial as a maker's text writes it: a device's of one of these
 * centers, by its serial or by its alias. 1, 0 or -1.
 */
int registry_device_named(struct store *s, const char *name,
	const char (*centers)[CENTER_ID_SIZE], size_t center_count,
	struct device *device_r, struct error *e);
/* Which device gets its requests at this address? ERROR_NOT_FOUND: none. */
int registry_device_at(struct store *s, const char *address,
	struct device *device_r, struct error *e);
/*
 * Which plain devices that are enabled and of one of these centers are
 * registered with this sender and with a network that has this client? 0: none;
 * 1: one, in device_r; more: several, device_r is one with the narrowest
 * network; -1. The work does not grow with their number.
 */
int registry_sender_find(struct store *s, const char *sender,
	const struct sockaddr_storage *client,
	const char (*centers)[CENTER_ID_SIZE], size_t center_count,
	struct device *device_r, struct error *e);
/*
 * Changes a device as it is, in one transaction, so that nothing is lost that
 * another does meanwhile. change: 0, d is written, but for serial and created,
 * which stay; anything else: nothing is changed, and that is returned (-1: e
 * says why). It may run more than once, and must not call the store.
 */
typedef int registry_change(struct device *d, void *arg, struct error *e);
int registry_device_update(struct store *s, const char *serial,
	registry_change *change, void *arg, struct error *e);
/* Removes it with its keys, its activity and what waits for it. */
int
registry_device_remove(struct store *s, const char *serial, struct error *e);
/* All zero if it never reported. */
int registry_activity_get(struct store *s, const char *serial,
	struct activity *activity_r, struct error *e);
/* A call with it has ended: its costs are added to what is known. Not synced by
 * itself: who is paid has the bill. */
int registry_called(struct store *s, const char *serial,
	const struct call_costs *costs, struct error *e);

/* Adds a live key. ERROR_EXISTS: the id is taken; ERROR_LIMIT: the
 * principal has KEYS_LIVE_MAX live ones. */
int registry_key_add(struct store *s, const struct key *key, struct error *e);
/* The same of count in one transaction, all or none: *bad_r (may be NULL) is
 * the index of the one that failed. */
int registry_keys_add(struct store *s, const struct key *keys, size_t count,
	size_t *bad_r, struct error *e);
int registry_key_get(struct store *s, const unsigned char *id, size_t length,
	struct key *key_r, struct error *e);
/*
 * The key to seal for a principal with: the newest live one that it has proved
 * to have; if it has proved none yet, the oldest live one, which was given out
 * first. ERROR_NOT_FOUND: no live key.
 */
int registry_key_for(struct store *s, const char *principal, struct key *key_r,
	struct error *e);
/* ERROR_NOT_FOUND: it is not that principal's. */
int registry_key_retire(struct store *s, const char *principal,
	const unsigned char *id, size_t length, struct error *e);

/* Upper case; false: it is none. */
bool registry_server_name(const char *text, char out[SERVER_NAME_SIZE]);
/* http or https with a host, in printable ASCII without query or user. */
bool registry_url(const char *text);
/* ERROR_EXISTS, ERROR_BAD. */
int registry_server_add(
	struct store *s, const struct server *server, struct error *e);
int registry_server_get(struct store *s, const char *name,
	struct server *server_r, struct error *e);
int registry_server_remove(struct store *s, const char *name, struct error *e);

/*
 * Walk in order of name, reading in small steps so that a slow callback holds
 * no lock. A callback that returns non-zero ends the walk, which returns it.
 * Keys come without their secrets; principal NULL: all keys.
 */
int registry_centers(struct store *s,
	int (*each)(const struct center *c, void *arg), void *arg,
	struct error *e);
int registry_addresses(struct store *s, const char *center,
	int (*each)(const char *address, const char *center, void *arg),
	void *arg, struct error *e);
int registry_devices(struct store *s,
	int (*each)(const struct device *d, void *arg), void *arg,
	struct error *e);
/* center NULL: all of them. */
int registry_forwarders(struct store *s, const char *center,
	int (*each)(const struct forwarder *f, void *arg), void *arg,
	struct error *e);
int registry_servers(struct store *s,
	int (*each)(const struct server *server, void *arg), void *arg,
	struct error *e);
int registry_keys(struct store *s, const char *principal,
	int (*each)(const struct key *k, void *arg), void *arg,
	struct error *e);

#endif
