/*
 * What is under judgement: what is known of it so far. The checks fill it in
 * their order; each may rely on what those before it established.
 *
 * A message has pieces, and a piece has reports. What was found of the message
 * is copied for each of its pieces, and what was found of a piece for each of
 * its reports: so every check sees all that is known, and a report leaves
 * nothing for the next one. What was added to a copy is freed with it, by
 * judgement_end_report or judgement_end_piece.
 */
#ifndef GATE_JUDGEMENT_H
#define GATE_JUDGEMENT_H

#include "base/buffer.h"
#include "base/text.h"
#include "gate/gate.h"
#include "parser/authres.h"
#include "parser/bundle.h"
#include "parser/entity.h"
#include "parser/formats/reading.h"
#include "parser/report.h"
#include "parser/seal.h"
#include "store/agent.h"
#include "store/ledger.h"
#include "store/registry.h"

enum { VOUCHED_SIZE = 32 };

struct judgement {
	/* Of the message. */
	struct store *store;
	const struct rules *rules;
	const struct arrival *arrival;
	int64_t now;      /* seconds since 1970, as believed */
	bool doubted;     /* our clock is not: now is when it last was */
	int64_t received; /* when it came: now, or before */
	/* seal: for whom it is noted that it opened; NULL: nobody asks */
	struct receipt_due *due;
	bool dry;           /* explain: the ledger is asked, not written */
	char saw[256];      /* of the check that runs: what it saw */
	struct error error; /* why it failed */
	/* limits: what our own MTA found of its sender, and who forwards;
	 * address "": nobody, and mails inside of it stay closed. */
	struct authres authres;
	struct forwarder forwarder;

	/* Of the piece. */
	bool nested;  /* it is a mail inside the message, from the forwarder */
	size_t seal;  /* which of its sealed parts is meant, from 0 */
	size_t seals; /* protection: how many there are */
	const unsigned char *octets;
	size_t length;
	struct entity *outer;   /* limits: it as MIME */
	const struct part *cms; /* protection: the sealed part; NULL: plain */
	bool sealed;            /* protection: it is not plain */
	struct key key;         /* seal: the key that opened it */
	struct agent agent;     /* seal: whose that is; id "": no agent's */
	struct buffer opened;   /* seal: the plaintext */
	struct entity *inner;   /* seal: the plaintext as MIME */
	bool personal; /* nothing there is a report, but a list of people */
	struct reports *reports; /* NULL: none, report_error why */
	struct bundle bundle;    /* limits NULL: it is none */

	/* Of the report. */
	struct report *report; /* NULL: cannot be read, report_error why */
	struct error report_error;
	/* How many came before it out of the same content: the piece if it is
	 * sealed, else the part. */
	size_t ordinal;
	struct span content; /* of a bundle, its line; else length 0 */
	/* Of all that content, where there are several in it, and of which part
	 * that is: it is hashed once. */
	unsigned char sum[SHA256_SIZE];
	bool summed;
	size_t part;
	struct claims claims; /* what is claimed, all sources together */
	const char *lacking;  /* claims: what a readable report leaves out */
	bool incomplete;      /* report: that, and nothing else, is wrong */
	/* protection (plain), seal: the principal that sent it, as claimed, or
	 * as proved by the key; "": not known */
	char owner[PRINCIPAL_SIZE];
	/* protection (plain), claims or center (sealed): the device behind it
	 */
	struct device device;
	/* protection: it names no device, and is of one of several that share
	 * sender and network; device is one of them, owner is "" */
	bool shared;

	/* origin: what speaks for it, as the record says it */
	char vouched[VOUCHED_SIZE];

	unsigned char digest[SHA256_SIZE];      /* ledger */
	unsigned char bare_digest[SHA256_SIZE]; /* ledger: as schema 1 */
	struct request request; /* ledger: what is answered; id "": nothing */
	struct said said;       /* ledger: of a maker's plain text */
	struct known known;     /* ledger: what of it was admitted before */
	struct buffer line;     /* ledger: its record */
	enum ledger_result ledger;
	bool date_accepted; /* ledger: stale, but the operator takes it */
	uint64_t sequence;
};

/* What a check returns beside a reason, which is positive. */
enum {
	CHECK_PASSED = REASON_NONE,
	CHECK_TROUBLE = -1,
	CHECK_SKIPPED = -2,
	CHECK_STANDS = -3, /* what it said of the piece holds for the report */
	CHECK_WAITS = -4   /* ledger: for others, to be admitted with them */
};

/* For checks: notes what was seen; says no, with a reason and why. */
#define SAW(j, ...) text_format((j)->saw, sizeof((j)->saw), __VA_ARGS__)
#define REFUSE(j, reason, ...) \
	(error_set(&(j)->error, ERROR_DENIED, __VA_ARGS__), (int)(reason))

/* A function returns CHECK_… or a reason; for a reason or trouble error says
 * more. */
struct check {
	const char *name;
	int (*piece)(struct judgement *j);  /* once for a piece; or NULL */
	int (*report)(struct judgement *j); /* for each of its reports; or NULL
					     */
};

/* The checks, in the order in which they are run. */
size_t check_table(const struct check **rows_r);

/* In gate/plain.c: a plain piece whose header names a device, before it is
 * read; and a plain report. */
int check_named(struct judgement *j);
int check_plain(struct judgement *j);
/* In gate/agent.c: the agent that a key belongs to, if it is one's; and that it
 * may report the device that is claimed, which is j->device then; what it says
 * of one that is nobody's is noted. */
int check_agent(struct judgement *j);
int check_assigned(struct judgement *j);
/* In gate/origin.c: whether a forwarder sent it, for one that may hold several
 * pieces; and the check. */
int origin_forwarder(struct judgement *j);
int check_origin(struct judgement *j);
/* In gate/admission.c: that it is no message of the center's own, a part of the
 * check of the report; and the last one of them, which only in explain says at
 * once what it comes to. */
int check_direction(struct judgement *j);
int check_ledger(struct judgement *j);
/* Fills sum. */
int admission_sum(struct judgement *j);
/* Of those that wait, how the check came out, in order. Nothing of the piece is
 * looked at any more. */
void admission_decide(struct judgement *const *rows, int *rcs_r, size_t count,
	uint64_t *answer);

/* A failed call as a check's result: ours is trouble, theirs is reason. */
int judgement_failed(const struct judgement *j, enum reason reason);
/* That there is no report, and why: REASON_UNREADABLE or REASON_PERSONAL. */
int judgement_unreadable(struct judgement *j);
/* The entity that the reports are in; NULL: what was sealed is none. */
const struct entity *judgement_entity(const struct judgement *j);
/* Puts together what the entity claims, and what only its report claims. */
void judgement_gather(struct judgement *j);
/* Are mails inside of it opened? */
bool judgement_opens(const struct judgement *j);
/* Is the message for that center? */
bool judgement_is_recipient(const struct judgement *j, const char *center);
/* Whom the transport proved it to be from; NULL: nobody. */
const char *judgement_proved(const struct judgement *j);

/* "sealed", "imported", "forwarded", "plain"; and does it count, as its device
 * reports? */
const char *record_assurance(const struct judgement *j);
bool record_counts(const struct judgement *j);
/* The line for the outbox: csrc-report(5) without its "sequence". */
int
record_build(const struct judgement *j, struct buffer *line, struct error *e);

void judgement_end_report(struct judgement *j);
void judgement_end_piece(struct judgement *j);

#endif
