/*
 * What the center answers, csrc-agent(5): bounded, hostile until it is read.
 */
#ifndef AGENT_VERDICTS_H
#define AGENT_VERDICTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "agent/backlog.h"
#include "base/error.h"
#include "parser/claims.h"
#include "parser/receipt.h"

enum {
	VERDICT_WORD_SIZE = 32,
	GREETING_MAX = 4096,      /* octets of an answer to GET */
	VERDICTS_LINE_MAX = 4096, /* octets of a line */
	VERDICTS_MAX = BACKLOG_LINES_MAX * 256 + (64 << 10),
	REQUESTS_WAITING_MAX = 1000,
	REQUESTS_MAX = REQUESTS_WAITING_MAX * 256
};

/* GET /csrc/agent/ID: whom it takes us for. */
struct greeting {
	char agent[CENTER_ID_SIZE], center[CENTER_ID_SIZE];
	time_t time;
	int64_t printers, requests;
	int64_t octets; /* of the longest message that it takes; 0: unsaid */
};

/* ERROR_BAD. */
int greeting_read(const void *octets, size_t length,
	struct greeting *greeting_r, struct error *e);

/* The first refusal among the reports, to be told. */
struct refusal {
	size_t report; /* from 1 on; 0: there is none */
	char verdict[VERDICT_WORD_SIZE], reason[VERDICT_WORD_SIZE];
	char serial[SERIAL_SIZE];
};

struct verdicts {
	/* How many from the first on have one: fewer than were sent where it
	 * took no more at once. */
	size_t answered;
	/* It is their octets and not their number: all of them together where
	 * none is answered, else the first by itself. */
	bool too_large;
	size_t genuine, duplicate, kept, refused;
	/* of those answered: 1, it will not have it; 0, it has it */
	unsigned char reports[BACKLOG_LINES_MAX];
	struct refusal first;
	char verdict[VERDICT_WORD_SIZE], reason[VERDICT_WORD_SIZE];
	char receipt[RECEIPT_MAX + 1]; /* "": none */
};

/*
 * The answer to a bundle of count reports: a line for each, in any order, and
 * one for all, the last. ERROR_BAD: it is not that.
 */
int verdicts_read(const void *octets, size_t length, size_t count,
	struct verdicts *verdicts_r, struct error *e);

/* A request that waits at the center. */
struct waiting_request {
	char email_id[EMAIL_ID_SIZE];
	char serial[SERIAL_SIZE];
	int64_t octets;
	time_t expires;
};

/* Calls each for every line. Ends early with what it returns if that is not 0.
 * ERROR_BAD. */
int requests_read(const void *octets, size_t length,
	int (*each)(const struct waiting_request *request, void *arg),
	void *arg, struct error *e);

#endif
