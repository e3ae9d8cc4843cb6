/*
 * One call over a line, either end of it, csrc-line(5): octets that come are
 * fed, octets that are to go are taken out, and the time is told. Nothing here
 * reads, writes, waits or looks at a clock, so that any 8-bit stream will do.
 *
 *     handshake -> arq -> transfer
 *
 * Times are milliseconds of a clock that does not go back. One thread a call.
 */
#ifndef LINE_LINE_H
#define LINE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "line/handshake.h"
#include "line/transfer.h"

struct line;

/* How long something may take, in milliseconds. */
struct line_limits {
	int64_t handshake; /* until both have proved who they are */
	int64_t silence;   /* without a frame of the other end */
	int64_t progress;  /* without anything new, either way */
	int64_t call;      /* all of it */
	size_t message;    /* octets of one that is taken */
};
extern const struct line_limits line_limits_default;

struct line_options {
	enum line_role role;
	const char *center;         /* its ID; of the device, whom it wants */
	const unsigned char *nonce; /* of the center, for this call alone */
	struct line_limits limits;
	/* What is asked meanwhile; handshake.h and transfer.h. */
	const struct handshake_calls *handshake;
	const struct transfer_calls *transfer;
	void *arg;
};

enum line_state {
	LINE_GOES_ON,
	LINE_DONE,    /* all is said, by both */
	LINE_REFUSED, /* they are not who they must be: no session */
	LINE_BROKEN,  /* hung up, silent, too long; what is left comes next time
		       */
	LINE_TROUBLE  /* our own */
};

/* ERROR_TROUBLE: memory. */
int line_open(const struct line_options *options, int64_t now,
	struct line **line_r, struct error *e);
/* What has come of a message is kept for the next call. */
void line_close(struct line **line);

void line_feed(struct line *l, const unsigned char *octets, size_t length,
	int64_t now);
/* The other end has hung up: nothing will come any more. */
void line_hung_up(struct line *l, int64_t now);
/* It is to end here; as if the line had broken. */
void line_stop(struct line *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Ends it where it has taken too long: to be asked also while the line takes
 * nothing, for whoever stops reading must not hold a call for ever. */
void line_look_at_time(struct line *l, int64_t now);
/* Fills out with what is to be sent now; 0: nothing is. Take no more than the
 * line does: what is decided later is decided better. */
size_t
line_output(struct line *l, unsigned char *out, size_t size, int64_t now);
/* When it is to be asked for output again at the latest. */
int64_t line_due(const struct line *l);

/* As soon as it does not go on: hang up. */
enum line_state line_state(const struct line *l);
/* Why it does not, LINE_DONE aside. */
const struct error *line_why(const struct line *l);
/* Whoever has proved himself; NULL: nobody yet. */
const struct transcript *line_peer(const struct line *l);

struct line_tally {
	uint64_t octets_in, octets_out, passed_over;
	struct arq_tally arq;
	struct transfer_tally transfer;
};
void line_tally(const struct line *l, struct line_tally *tally_r);

#endif
