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
#include "parser/counter.h"
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
	DOMAIN_PLAIN,
	DOMAIN_READING /* plain, of a maker's text: with a window of its own */
};

enum {
	ALARMS_MAX = 32,    /* digests of alarms in one report */
	COUNTERS_MAX = 512, /* of one reading that are kept */
	ASSURANCE_SIZE = 16
};

/*
 * What a maker's plain text says, by digest: however it was wrapped and mailed,
 * the same reading and the same alarm are admitted once.
 */
struct said {
	bool reading; /* it has a date and counters; else only alarms */
	unsigned char digest[SHA256_SIZE]; /* of the reading */
	size_t alarm_count;
	unsigned char alarms[ALARMS_MAX][SHA256_SIZE];
};

/* What of it was admitted before: the alarms as bits, the first is 1. */
struct known {
	bool reading;
	uint32_t alarms;
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
	/* domain DOMAIN_READING, and only then: what it says; its window both
	 * ways (what window and skew would refuse is admitted with a flag);
	 * and what of it line leaves out, since it was admitted before. */
	const struct said *said;
	int64_t reading_window;
	struct known known;
	/* Of an earlier report of the same message, the answer in its struct
	 * admitted: an Email-ID is answered by the message. */
	uint64_t answer;
	/* The operator says that an unsolicited report counts whatever its
	 * date: not even the floor stands against it, so its content is known
	 * for remember seconds longer, in which its file may still be there. */
	bool accept_date;
	int64_t remember;
	/* The most that one principal may have admitted; 0: no limit. */
	int64_t reports_per_hour;
	int64_t octets_per_day; /* of lines */
	/* For the next readings of the device to be held against: the
	 * counters in order of name (0: none are kept), kept for retention
	 * seconds; whether the date has a time of day; and of the record,
	 * whether it counts and by which assurance. */
	const struct counter *counters;
	size_t counter_count;
	bool timed;
	bool counts;
	const char *assurance; /* "": as domain says */
	const char *model;     /* what the device calls itself; "": nothing */
	int64_t retention;
	/* More than that in a day are flagged; 0: no limit. */
	int64_t max_pages_per_day;
	/* A JSON object in one line, without newline. It is published
	 * with the member "sequence" put first, and behind that what only the
	 * ledger knows: "chain", "alarm_of", "same_as", "flags", "previous". */
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
	LEDGER_OVER_OCTETS,  /* or its octets of the day: later */
	/* It would be admitted, but line does not leave out what was admitted
	 * before: to be made again, for known as it is in the answer. */
	LEDGER_PARTLY
};

struct admitted {
	enum ledger_result result;
	/* Its number; of a duplicate the earlier one's; LEDGER_PARTLY: of the
	 * reading, if that is known. */
	uint64_t sequence;
	bool by_said;       /* a duplicate by what it says, not by its octets */
	struct known known; /* LEDGER_PARTLY: what to leave out */
	unsigned int flags; /* LEDGER_ADMITTED: FLAG_… */
	uint64_t same_as;   /* likewise; 0: nothing */
	/* The number under which its message has answered the Email-ID; 0. */
	uint64_t answer;
};

/*
 * Judges and, when the result is LEDGER_ADMITTED, records the report: duplicate
 * check, Email-ID check, "answered" mark, seen digests, activity, sequence
 * number and outbox row are one transaction, durable when this returns 0 (so is
 * the one that a duplicate refers to).
 *
 * A maker's text is a duplicate too if its reading and all its alarms were
 * admitted. If only the reading was, it is admitted for its new alarms, and the
 * record has the member "alarm_of", the reading's number. A reading of the same
 * time of day as an earlier one, with equal counters as far as both have them,
 * has "same_as", the earlier one's number: it is billed once.
 *
 * A duplicate that names an open request of its device, and may be of a time
 * after that was issued, answers it with the earlier one's number: with
 * LEDGER_DUPLICATE_ANSWER that mark, and no more, was recorded. Of a duplicate
 * by what it says that is asked for alone the octets are remembered, while half
 * of the hour's reports are left, of which it takes one. Any other result
 * changed nothing.
 */
int ledger_admit(struct store *s, const struct admission *a,
	struct admitted *admitted_r, struct error *e);
/*
 * The reports of one message, as many of the first as fit into one transaction:
 * *taken_r, at least one, so that others have their turn in between. Each has
 * its own result; -1: none was admitted.
 */
enum {
	LEDGER_AT_ONCE = 100,           /* reports in one transaction */
	LEDGER_DIGESTS = 400,           /* what they say, in all */
	LEDGER_OCTETS = 4 * 1024 * 1024 /* of lines, or one line */
};
int ledger_admit_many(struct store *s, const struct admission *admissions,
	size_t count, struct admitted *admitted_r, size_t *taken_r,
	struct error *e);
/* The same judgement, changing nothing. */
int ledger_probe(struct store *s, const struct admission *a,
	struct admitted *admitted_r, struct error *e);

#endif
