/*
 * Records, each once and in order, over a line that loses, doubles and garbles
 * frames, csrc-line(5): selective repeat. Each frame has a MAC under the call's
 * key; one that has a wrong one is passed over and counted.
 *
 * What is under way, and how long it may be, follows from how fast the line
 * turns out to be. Times are milliseconds of a clock that does not go back.
 */
#ifndef LINE_ARQ_H
#define LINE_ARQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "line/frame.h"
#include "line/handshake.h"

enum {
	ARQ_HEAD = 1 + 4, /* type, number */
	ARQ_MAC_SIZE = 8,
	ARQ_RECORD_MAX = FRAME_MAX - ARQ_HEAD - ARQ_MAC_SIZE,
	ARQ_PIECE_MIN = 32,
	ARQ_PIECE_MAX = 1536,
	ARQ_WINDOW = 16,      /* frames under way */
	ARQ_KEEPALIVE = 15000 /* after so long something is said anyway */
};

struct arq;

/* ERROR_TROUBLE: memory. It keeps a copy of the key until arq_close. */
int
arq_open(enum line_role role, const unsigned char session[PROOF_SESSION_SIZE],
	int64_t now, struct arq **arq_r, struct error *e);
void arq_close(struct arq **arq);

/* How many octets of a message a record should have now. */
size_t arq_piece(const struct arq *a);
/* May a record be put? */
bool arq_room(const struct arq *a);
/* Has all that was put arrived? */
bool arq_idle(const struct arq *a);
void arq_put(struct arq *a, const void *octets, size_t length);

/* Takes a frame. */
void arq_frame(
	struct arq *a, const unsigned char *frame, size_t length, int64_t now);
/* The next record, which stays until the next call; NULL: it is not there. */
const unsigned char *arq_take(struct arq *a, size_t *length_r);

/* The next frame to be sent now, which counts as sent; 0: none. */
size_t arq_due(struct arq *a, int64_t now, unsigned char frame_r[FRAME_MAX]);
/* When there will be one at the latest, if nothing comes. */
int64_t arq_when(const struct arq *a);

struct arq_tally {
	uint64_t sent, again; /* frames of records; of these, repeated ones */
	uint64_t taken, doubled;
	uint64_t forged;  /* whose MAC was wrong */
	int64_t heard;    /* when a frame came that was right */
	int64_t progress; /* when a record came or arrived that was new */
};
const struct arq_tally *arq_tally(const struct arq *a);

#endif
