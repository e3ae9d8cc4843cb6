/*
 * The ledger: which Email-IDs were issued and answered, which content was
 * seen, and the one transaction that admits a report.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"
#include "parser/claims.h"
#include "store/store.h"

enum { COMMAND_SIZE = 32 + 1 };

/* What the center sent; what is written in it is parser/request_text.h's. */
struct request {
	char id[EMAIL_ID_SIZE];
	char center[CENTER_ID_SIZE];
	char serial[SERIAL_SIZE];
	int64_t issued, expires; /* seconds since 1970 */
	int64_t answered;        /* 0: not yet */
	int64_t cancelled;       /* 0: no; else as if it had expired then */
	char command[COMMAND_SIZE];
	unsigned char digest[SHA256_SIZE]; /* of what was sealed */
	uint64_t sequence;                 /* of the answer */
};

/* ERROR_EXISTS if the ID was ever issued. Durable when it returns 0. With a
 * message that waits for a channel: store/pending.h. */
int ledger_issue(struct store *s, const struct request *r, struct error *e);
int ledger_request(struct store *s, const char *id, struct request *request_r,
	struct error *e);

/* Ends a request: an answer from now on is late. ERROR_EXISTS: it was answered.
 */
int
ledger_cancel(struct store *s, const char *id, int64_t now, struct error *e);
/* Walks in order of ID; as the walks of store/registry.h. */
int ledger_requests(struct store *s,
	int (*each)(const struct request *r, void *arg), void *arg,
	struct error *e);

/*
 * What is sealed and what is plain are told apart wherever content is
 * remembered, so that the one never stands for the other.
 */
enum domain {
	DOMAIN_NONE, /* a row of schema 1: may be either */
	DOMAIN_SEALED,
	DOMAIN_PLAIN
};

struct admission {
	const char *center;
	const char *serial;
	const char *email_id;        /* "": unsolicited */
	const unsigned char *key_id; /* of the key that opened it */
	size_t key_id_length;        /* 0: plain */
	enum domain domain;
	unsigned char digest[SHA256_SIZE]; /* of domain, serial, content */
	unsigned char bare[SHA256_SIZE];   /* without domain, as schema 1 */
	bool dated;                        /* unsolicited: */
	int64_t earliest, latest; /* when the report says it was made */
	int64_t now;
	/* now is not believed: duplicates, and what no clock is needed for,
	 * are judged; all else is ERROR_TROUBLE. */
	bool doubted;
	/* When the mail came, if that was before now (it was kept since): the
	 * window and an Email-ID's lifetime are judged as of then. 0: now. */
	int64_t received;
	int64_t window, skew; /* seconds: not older, not newer than now */
	/* The operator says that an unsolicited report counts whatever its
	 * date: not even the floor stands against it, so its content is known
	 * for remember seconds longer, in which its file may still be there. */
	bool accept_date;
	int64_t remember;
	/* The most that one principal may have admitted; 0: no limit. */
	int64_t reports_per_hour;
	int64_t octets_per_day; /* of lines */
	/* A JSON object in one line, without newline. It is published
	 * with the member "sequence" put first. */
	const char *line;
	size_t line_length;
};

enum ledger_result {
	LEDGER_ADMITTED,
	LEDGER_DUPLICATE, /* this content was admitted before */
	/* So it was, and it answers a request that was open until now. */
	LEDGER_DUPLICATE_ANSWER,
	LEDGER_STALE,
	LEDGER_UNKNOWN_EMAIL_ID,
	LEDGER_FOREIGN_EMAIL_ID, /* issued to another device or center */
	LEDGER_EXPIRED_EMAIL_ID,
	LEDGER_ANSWERED_EMAIL_ID,
	LEDGER_OVER_REPORTS, /* the principal has had its reports of the hour */
	LEDGER_OVER_OCTETS   /* or its octets of the day: later */
};

/*
 * Judges and, when the result is LEDGER_ADMITTED, records the report: duplicate
 * check, Email-ID check, "answered" mark, seen digest, activity, sequence
 * number and outbox row are one transaction, durable when this returns 0 (so is
 * the one that a duplicate refers to). *sequence_r: of this report, or of the
 * earlier one for a duplicate.
 *
 * A duplicate that names an open request of its device, and may be of a time
 * after that was issued, answers it with the earlier one's number: with
 * LEDGER_DUPLICATE_ANSWER that mark, and no more, was recorded. Any other
 * result changed nothing.
 */
int ledger_admit(struct store *s, const struct admission *a,
	enum ledger_result *result_r, uint64_t *sequence_r, struct error *e);
/* The same judgement, changing nothing. */
int ledger_probe(struct store *s, const struct admission *a,
	enum ledger_result *result_r, uint64_t *sequence_r, struct error *e);

#endif
