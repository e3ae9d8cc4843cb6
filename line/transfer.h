/*
 * Messages in both directions of a call, csrc-line(5): each begins with its
 * digest, goes on where an earlier call broke off, and is answered with what
 * became of it. Who sends forgets nothing before that.
 */
#ifndef LINE_TRANSFER_H
#define LINE_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/crypto.h"
#include "base/error.h"
#include "line/arq.h"

enum {
	TRANSFER_RECEIPT_MAX = 1024,
	TRANSFER_DIGEST_SIZE = 16,
	TRANSFER_OPEN_MAX = 8 /* messages that were not answered yet */
};

/* What became of a message. */
enum line_outcome {
	LINE_TAKEN,    /* who has it has it for good */
	LINE_DECLINED, /* it never will be taken */
	LINE_LATER     /* keep it, and send it again another time */
};

struct line_answer {
	enum line_outcome outcome;
	/* Of the center, if there is one; whether it is true the device has to
	 * find out, before it forgets anything. */
	char receipt[TRANSFER_RECEIPT_MAX + 1];
};

struct line_message {
	struct buffer octets;
	uint64_t tag; /* by which whoever sends it knows it */
};

/*
 * Whoever has the messages. Each returns 0, or -1 for trouble of our own, which
 * ends the call.
 */
struct transfer_calls {
	/* The next message to send; 1: there is none now. Asked again after
	 * each that came or was answered. The transfer clears it. */
	int (*next)(void *arg, struct line_message *m, struct error *e);
	/* What the other end says of one; false nothing yet. */
	int (*answered)(void *arg, uint64_t tag,
		const struct line_answer *answer, struct error *e);
	/* One has come, whole. */
	int (*arrived)(void *arg, const struct buffer *octets,
		struct line_answer *answer_r, struct error *e);
	/* What an earlier call left of one; 1: nothing. NULL, as the next one:
	 * nothing is kept. */
	int (*load)(void *arg, unsigned char digest_r[TRANSFER_DIGEST_SIZE],
		struct buffer *octets, struct error *e);
	/* Keeps it for the next call; octets is empty: nothing is left. */
	int (*keep)(void *arg, const unsigned char digest[TRANSFER_DIGEST_SIZE],
		const struct buffer *octets, struct error *e);
};

struct transfer;

/* max: octets of a message that is taken. Borrows the arq. */
int transfer_open(enum line_role role, struct arq *arq, size_t max,
	const struct transfer_calls *calls, void *arg,
	struct transfer **transfer_r, struct error *e);
/* Keeps what has come of a message. */
void transfer_close(struct transfer **transfer);

/* Takes the records that have come, and puts what is to go. ERROR_BAD: the
 * other end does not keep to the protocol; ERROR_TROUBLE. */
int transfer_work(struct transfer *t, struct error *e);

/* All is said, by both. */
bool transfer_over(const struct transfer *t);

struct transfer_tally {
	/* messages and their octets; resumed: octets that came before */
	uint64_t sent, sent_octets, came, came_octets, resumed;
	uint64_t answers[LINE_LATER + 1]; /* to those that were sent */
};
const struct transfer_tally *transfer_tally(const struct transfer *t);

#endif
