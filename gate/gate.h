/*
 * The gate: the one path from an arrival to a verdict, whatever channel it came
 * by. What goes the other way is in outgoing/outgoing.h.
 *
 *     arrival -> entity -> seal -> entity -> report -> checks -> ledger
 *             -> verdict
 *
 * Any thread; calls do not share state but the store.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "config/rules.h"
#include "gate/latency.h"
#include "parser/claims.h"
#include "parser/principal.h"
#include "parser/receipt.h"
#include "store/store.h"

struct gate;

/* A channel's name: the gateway's word, never the peer's; a-z, 0-9, -. */
enum { CHANNEL_SIZE = 16 + 1 };
#define CHANNEL_MAIL "mail"

/*
 * What a channel knows about where a message came from, apart from what is in
 * it. What its transport proved is told from what anybody can write.
 */
struct evidence {
	struct sockaddr_storage client; /* ss_family 0: unknown */
	/* The envelope's, RFC 5321 reverse-path; "" for <>; NULL: what it came
	 * by has no envelope. Anybody can write it. */
	const char *sender;
	/* The principals that the peer proved to be, by a login and by a
	 * certificate, in their one spelling ("device:SERIAL"); NULL: none. */
	const char *login, *certificate;
	/* As whom the client has logged in at the MTA (SASL), which may be
	 * anything; NULL: it has not. */
	const char *account;
	/* The operator hands in what came elsewhere, and speaks for it: no copy
	 * is kept of what is refused. */
	bool imported;
	/* The number that a line says is calling; NULL: none. What a fax
	 * machine calls itself (the TSI of T.30), "" where it says nothing;
	 * NULL: it came by no fax. Both as base/telephone.h has them; anybody
	 * can set them. */
	const char *caller, *station;
};

struct told;

/*
 * A message as a channel collected it, and what the channel knows of it.
 * Everything belongs to the channel.
 */
struct arrival {
	const char *channel; /* CHANNEL_… */
	/* By which the channel's own log knows it, such as the queue id; "" if
	 * it has none. */
	const char *trace;
	struct evidence evidence;
	/* The centers that it is addressed to, each once. */
	const char (*centers)[CENTER_ID_SIZE];
	size_t center_count;
	const unsigned char *octets; /* header, empty line, body */
	size_t length;
	/* The channel saw more than limits.message_size and stopped there. */
	bool too_large;
	/* When it came, if not now: it was in the quarantine since, and is
	 * judged as of then. Seconds since 1970; 0: now. */
	int64_t quarantined;
	/* The operator takes a report from the quarantine though it is stale.
	 */
	bool accept_date;
	/* The channel hands receipts back: one is made where it is due. */
	bool receipt;
	/* Which of its reports are judged, as verdict.lacking; NULL: all. */
	const char *only;
	/* Who is told of each report, in order; NULL: nobody. */
	void (*tell)(const struct told *told, void *arg);
	void *tell_arg;
};

enum verdict_kind {
	VERDICT_GENUINE,
	VERDICT_DUPLICATE,
	VERDICT_SPOOF,
	VERDICT_MALFORMED,
	VERDICT_TROUBLE
};

enum reason {
	REASON_NONE,
	REASON_TOO_LARGE,
	REASON_MALFORMED,
	REASON_UNPROTECTED,
	REASON_NOT_AUTHENTIC,
	REASON_ID_MISMATCH,
	REASON_UNKNOWN_CENTER,
	REASON_WRONG_CENTER,
	REASON_UNKNOWN_DEVICE,
	REASON_DISABLED_DEVICE,
	REASON_WRONG_DEVICE,
	REASON_WRONG_ORIGIN,
	REASON_PERSONAL,
	REASON_UNREADABLE,
	REASON_STALE,
	REASON_UNKNOWN_EMAIL_ID,
	REASON_FOREIGN_EMAIL_ID,
	REASON_EXPIRED_EMAIL_ID,
	REASON_ANSWERED_EMAIL_ID,
	REASON_COUNT
};

/* What the channel is to do with the center's copy; how it says so to the peer
 * is its own matter. */
enum disposal {
	DISPOSAL_TAKE,   /* take it, and say so as for any other */
	DISPOSAL_PASS,   /* let it go on to the center's mailbox */
	DISPOSAL_REFUSE, /* refuse it for good */
	DISPOSAL_LATER   /* refuse it for now: it is to come again */
};

/* Who is behind an arrival, as far as that is established; each has a share of
 * the quarantine. */
enum share {
	SHARE_STRANGER,
	SHARE_REGISTERED, /* a plain device, by its origin */
	SHARE_AGENT,      /* an agent, by its key */
	SHARE_PROVED      /* another owner of a key */
};
enum { OWNER_SIZE = 512, LACKING_SIZE = 1024 };

/*
 * On a message; and, without disposal and receipt, on each of its reports. A
 * message's is that of its best report: of one that was admitted, if any was.
 */
struct verdict {
	enum verdict_kind kind;
	enum reason reason;
	enum disposal disposal;
	bool sealed;
	bool quarantined;
	bool over_limit; /* trouble for its sender alone, warned of before */
	bool halted;     /* its agent is disabled */
	size_t reports;  /* that were judged */
	/* Which of several were not admitted, as gate/lacking.h has it, and why
	 * the first was not; "", REASON_NONE: none. */
	char lacking[LACKING_SIZE];
	enum reason refused;
	/* Who has a right to a copy; SHARE_STRANGER: nobody, none must be kept.
	 */
	enum share share;
	/* "device:SERIAL", "site:…"; "": a stranger */
	char owner[OWNER_SIZE];
	uint64_t sequence;    /* genuine, duplicate: of the report, else 0 */
	struct claims claims; /* as far as they were known */
	/* Whose key opened it, whatever else is wrong; "": nobody's did. */
	char principal[PRINCIPAL_SIZE];
	/* For that one; "": none is due, or none was asked for. */
	char receipt[RECEIPT_MAX + 1];
	/* Of what must be kept: stands for what was sealed, so that its
	 * replays are not kept again. "": none. */
	char content[16 + 1];
	char text[256]; /* why, for the operator; "" if there is no more to say
			 */
};

const char *verdict_kind_name(enum verdict_kind kind); /* "genuine" */
const char *reason_name(enum reason reason); /* "not-authentic"; "-" */

/* One report of a message. */
struct findings;
struct told {
	size_t number, total; /* from 1; total grows as pieces are opened */
	const struct verdict *verdict;
	const struct findings *findings; /* NULL: but for explain */
};

/* One row of explain: a check, in order, and what it saw. */
struct finding {
	const char *check; /* "seal", "center", … */
	enum { FINDING_PASSED, FINDING_FAILED, FINDING_SKIPPED } outcome;
	char saw[256];
};
enum { FINDINGS_MAX = 16 };
struct findings {
	size_t count;
	struct finding rows[FINDINGS_MAX];
};

/* How the settings want the store; borrows from both. */
struct store_options
gate_store_options(const struct settings *s, const unsigned char *master_key);

/* Borrows the store; holds rules. */
int gate_open(struct store *store, struct rules *rules, struct gate **gate_r,
	struct error *e);
void gate_close(struct gate **gate);

/* Starts and stops the thread that looks after the quarantine. Without it
 * (csrcadm with no daemon running) nothing expires. */
int gate_start(struct gate *gate, struct error *e);
void gate_stop(struct gate *gate);

/* 0: the store is healthy, and so is the quarantine. Else ERROR_TROUBLE: mail
 * that one of them is needed for is answered "later". */
int gate_healthy(struct gate *gate, struct error *e);

/* From now on judge by these rules; what is under way goes on by the old ones.
 */
void gate_set_rules(struct gate *gate, struct rules *rules);
/* The rules in force, held; drop them with rules_drop. */
struct rules *gate_rules(struct gate *gate);
/* The store that was given to gate_open. */
struct store *gate_store(const struct gate *gate);

/*
 * Is this recipient a center? 1: yes, ID in center_r; 0: no; -1: trouble,
 * answer with a 4xx.
 */
int gate_center_of(struct gate *gate, const char *address,
	char center_r[CENTER_ID_SIZE], struct error *e);
/* Is it a device? As above. */
int gate_device_of(struct gate *gate, const char *address,
	char serial_r[SERIAL_SIZE], struct error *e);

/*
 * Judges one arrival and acts on it: admits it, quarantines it, counts it and
 * writes its log line. Never fails: what fails is VERDICT_TROUBLE.
 */
void gate_judge(struct gate *gate, const struct arrival *arrival,
	struct verdict *verdict_r);

/*
 * The same judgement, changing nothing and writing no log line; findings_r
 * gets a row a check, of the last report. arrival->tell is told those of each.
 */
void gate_explain(struct gate *gate, const struct arrival *arrival,
	struct verdict *verdict_r, struct findings *findings_r);

/* How full each share of the quarantine is; octets as they are counted. */
struct quarantine_share {
	int64_t files, octets, limit;
};
int gate_quarantine(struct gate *gate,
	struct quarantine_share shares_r[SHARE_PROVED + 1], struct error *e);

/* Removes a file of the quarantine. */
int gate_forget(struct gate *gate, const char *name, struct error *e);

/* Arrivals judged since gate_open. */
enum { GATE_CHANNELS_MAX = 16 };
struct gate_stats {
	uint64_t kinds[VERDICT_TROUBLE + 1];
	uint64_t reasons[REASON_COUNT];
	/* Those that something came by, in that order; the last one stands for
	 * all that there is no room for, and is called "other". */
	struct channel_stats {
		char name[CHANNEL_SIZE];
		uint64_t kinds[VERDICT_TROUBLE + 1];
	} channels[GATE_CHANNELS_MAX];
	size_t channel_count;
	struct latency latency; /* of judgements, the copy kept included */
};
void gate_stats(struct gate *gate, struct gate_stats *stats_r);

#endif
