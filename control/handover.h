/*
 * What a channel's program asks the daemon for, as typed calls; csrcadm(8) has
 * the verbs. It links libclient, base and Jansson, and nothing else of ours.
 *
 * Whatever keeps the daemon from answering, from a restart to an answer that
 * makes no sense, is ERROR_TROUBLE: everything stays where it was, and the next
 * call connects again. Other failures are the daemon's answer. One thread a
 * client.
 */
#ifndef CONTROL_HANDOVER_H
#define CONTROL_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "control/client.h"

/* With their NUL; none is longer. */
enum {
	HANDOVER_WORD_SIZE = 32, /* a verdict, a reason */
	HANDOVER_PRINCIPAL_SIZE = 48,
	HANDOVER_RECEIPT_SIZE = 1024 + 1,
	HANDOVER_EMAIL_ID_SIZE = 64 + 1,
	HANDOVER_SERIAL_SIZE = 32 + 1,
	HANDOVER_CENTER_SIZE = 16 + 1,
	HANDOVER_AGENT_SIZE = 16 + 1,
	HANDOVER_CURSOR_SIZE = 128,
	HANDOVER_FETCH_MAX = 16 * 1024 * 1024 /* octets of a request */
};

/* What came of one report of a message. */
struct handover_report {
	char verdict[HANDOVER_WORD_SIZE], reason[HANDOVER_WORD_SIZE];
	char serial[HANDOVER_SERIAL_SIZE]; /* "": it could not be told */
	uint64_t sequence;                 /* 0: none */
};

/* A message, and what the channel knows of it; NULL: not known, but center. */
struct handover_message {
	const char *center;          /* that it was addressed to */
	const char *trace;           /* what the log is to call it by */
	const char *principal, *how; /* proved: "device:…", "login" … */
	const char *client;          /* the peer's IP address */
	/* The number that calls; what a fax machine calls itself, "" where it
	 * says nothing. */
	const char *caller, *station;
	const void *octets;
	size_t length;
	/* Called for each report of it, in order, when the answer is there;
	 * NULL: nobody asks. */
	void (*each)(const struct handover_report *report, void *arg);
	void *arg;
};

enum handover_disposal {
	HANDOVER_TAKEN,   /* remove it */
	HANDOVER_REFUSED, /* remove it */
	HANDOVER_LATER    /* keep it, and hand it over again */
};

struct handover_answer {
	enum handover_disposal disposal;
	char verdict[HANDOVER_WORD_SIZE], reason[HANDOVER_WORD_SIZE];
	uint64_t sequence; /* 0: none */
	/* A copy is in the quarantine, for what was not admitted of it. */
	bool kept;
	/* Whose key opened it, and the receipt for that one; "": none. */
	char principal[HANDOVER_PRINCIPAL_SIZE];
	char receipt[HANDOVER_RECEIPT_SIZE];
};

/* ERROR_BAD: what is known of the message is not what the daemon takes for
 * that; the text says what. */
int
handover_submit(struct client *client, const struct handover_message *message,
	struct handover_answer *answer_r, struct error *e);

/* What is known of an ID. */
struct handover_identity {
	bool registered, enabled, of_center, of_channel;
	uint64_t printers; /* of an agent: how many are assigned to it */
};
int handover_identify(struct client *client, const char *principal,
	const char *center, struct handover_identity *identity_r,
	struct error *e);

/* Calls each for all enabled agents; what it returns is as for
 * handover_pending. */
struct handover_agent {
	char id[HANDOVER_AGENT_SIZE];
	char center[HANDOVER_CENTER_SIZE];
};
int handover_registry(struct client *client,
	int (*each)(const struct handover_agent *agent, void *arg), void *arg,
	struct error *e);
/* An agent has called, from that IP address. */
int handover_heard(struct client *client, const char *agent,
	const char *address, struct error *e);

/* A request that waits for a device. */
struct handover_pending {
	char email_id[HANDOVER_EMAIL_ID_SIZE];
	char serial[HANDOVER_SERIAL_SIZE];
	char center[HANDOVER_CENTER_SIZE];
	int64_t issued, expires; /* seconds since 1970 */
	uint64_t octets;
	bool sealed;
	char cursor[HANDOVER_CURSOR_SIZE]; /* behind this one */
};

/*
 * Calls each for what waits behind the cursor after, a thousand at most; a
 * center or a principal, where given, for those alone. NULL: any, from the
 * first. Ends early with what each returns if that is not 0, for which -1
 * should have filled e.
 */
int handover_pending(struct client *client, const char *center,
	const char *principal, const char *after,
	int (*each)(const struct handover_pending *p, void *arg), void *arg,
	struct error *e);

/* Puts the message behind what out holds. ERROR_NOT_FOUND: it waits no more;
 * ERROR_LIMIT: larger than HANDOVER_FETCH_MAX, or than out may be. */
int handover_fetch(struct client *client, const char *email_id,
	struct buffer *out, struct error *e);
/* It is where its device finds it. Twice is no error. */
int handover_delivered(
	struct client *client, const char *email_id, struct error *e);

/* A call on a line has ended; octets as the line carried them. */
struct handover_call {
	const char *serial;
	uint64_t seconds, sent, received;
};
int handover_called(struct client *client, const struct handover_call *call,
	struct error *e);

/* Puts what csrcadm(8) calls "stats --prometheus" behind what out holds. */
int handover_stats(struct client *client, struct buffer *out, struct error *e);

#endif
