/*
 * Two ends of a call in one process, and the wire between them, with a clock of
 * its own: it is as slow and as bad as a test wants it, and can be cut at any
 * octet. On either end is somebody who has messages and keeps what came, over
 * any number of calls.
 */
#ifndef TESTS_UNIT_WIRE_H
#define TESTS_UNIT_WIRE_H

#include "line/frame.h"
#include "line/line.h"

enum { WIRE_MESSAGES = 16, WIRE_KEY_SIZE = 32 };

struct wire_message {
	unsigned char *octets;
	size_t length;
	bool gone;         /* its sender has forgotten it */
	bool asked;        /* in this call */
	unsigned int came; /* times that the other end admitted it as new */
};

/* An end, whose memory outlives a call. */
struct wire_end {
	struct line *line;
	struct wire_end *other;
	struct wire_message messages[WIRE_MESSAGES];
	size_t count;
	/* what it says it is, and knows */
	char center[CENTER_ID_SIZE], serial[SERIAL_SIZE];
	unsigned char key[WIRE_KEY_SIZE];
	bool endless;              /* its first message never is gone */
	bool unknown;              /* the center knows no such device */
	enum line_outcome outcome; /* that it answers with */
	/* what a broken call left */
	bool kept;
	unsigned char digest[TRANSFER_DIGEST_SIZE];
	struct buffer part;
	unsigned int checks; /* proofs looked at */
};

/* One way of the wire. */
struct wire_way {
	size_t length, room;
	unsigned char *octets;
	int64_t *times;             /* when each will be there */
	uint64_t passed;            /* octets that went in */
	int64_t busy;               /* until then, microseconds */
	struct frame_reader reader; /* the man in the middle's */
};

struct wire {
	struct wire_end center, device;
	struct wire_way up, down;
	int64_t now;
	/* how it is */
	int64_t rate, delay; /* octets a second, 0: any; milliseconds */
	bool ahead; /* takes at once what it brings slowly, as a socket does */
	unsigned int lose, twice, garble; /* one octet of so many; 0: none */
	uint64_t cut; /* after so many octets, both ways; 0: never */
	uint64_t seed;
	struct line_limits limits;
	/* Sees each octet before the wire does, and may change it. */
	void (*tap)(struct wire *w, bool up, unsigned char *octet);
	/* A man in the middle: sees each frame, may change it, and says how
	 * long it is then; 0: it is gone. */
	size_t (*middle)(
		struct wire *w, bool up, unsigned char *frame, size_t length);
	const char *before; /* is on the wire to the device before all else */
};

void wire_init(struct wire *w);
void wire_clear(struct wire *w);
void wire_message(struct wire_end *end, size_t length);
/* A call, until both ends are through with it; true: both say it is done. */
bool wire_call(struct wire *w);
/* An octet that nobody has sent. */
void wire_put(struct wire *w, bool up, unsigned char octet);
/* One end alone, for who plays the other. */
void wire_open(struct wire *w, struct wire_end *end, enum line_role role);
/* Ends the call's lines, so that they can be looked at before. */
void wire_hang_up(struct wire *w);
uint64_t wire_chance(struct wire *w);

#endif
