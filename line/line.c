/*
 * See line.h. Its three parts do not know of one another; the limits on time
 * are all here.
 */
#include "line/line.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "line/arq.h"
#include "line/frame.h"

enum {
	FORGED_MAX = 64, /* frames with a wrong MAC, until it is no line */
	LINGER = 3000    /* for an end that was not heard */
};

const struct line_limits line_limits_default = {
	.handshake = 60 * 1000,
	.silence = 90 * 1000,
	.progress = 180 * 1000,
	.call = 3600 * 1000,
	.message = 4 << 20,
};

struct line {
	enum line_role role;
	struct line_limits limits;
	const struct transfer_calls *calls;
	void *arg;
	enum line_state state;
	struct error why;
	struct frame_reader reader;
	struct handshake handshake;
	struct arq *arq;           /* NULL: not proved yet */
	struct transfer *transfer; /* likewise */
	int64_t began, over;       /* over: since when all is said; 0 */
	/* a frame on its way out */
	unsigned char coded[FRAME_CODED_MAX];
	size_t length, at;
	uint64_t octets_in, octets_out;
};

int
line_open(const struct line_options *o, int64_t now, struct line **line_r,
	struct error *e)
{
	struct line *l = calloc(1, sizeof(*l));

	*line_r = l;
	if (l == NULL)
		return error_memory(e);
	l->role = o->role;
	l->limits = o->limits;
	l->calls = o->transfer;
	l->arg = o->arg;
	l->began = now;
	handshake_begin(&l->handshake, o->role, o->center, o->nonce,
		o->handshake, o->arg, now);
	return 0;
}

void
line_close(struct line **line)
{
	struct line *l = *line;

	*line = NULL;
	if (l == NULL)
		return;
	transfer_close(&l->transfer);
	arq_close(&l->arq);
	handshake_clear(&l->handshake);
	wipe_free(l);
}

enum line_state
line_state(const struct line *l)
{
	return l->state;
}

const struct error *
line_why(const struct line *l)
{
	return &l->why;
}

const struct transcript *
line_peer(const struct line *l)
{
	return l->arq != NULL ? &l->handshake.transcript : NULL;
}

void
line_tally(const struct line *l, struct line_tally *tally_r)
{
	memset(tally_r, 0, sizeof(*tally_r));
	tally_r->octets_in = l->octets_in;
	tally_r->octets_out = l->octets_out;
	tally_r->passed_over = l->reader.passed_over;
	if (l->arq != NULL)
		tally_r->arq = *arq_tally(l->arq);
	if (l->transfer != NULL)
		tally_r->transfer = *transfer_tally(l->transfer);
}

/* --- how it ends --- */

static void
end(struct line *l, enum line_state state, const struct error *why)
{
	if (l->state != LINE_GOES_ON)
		return;
	l->state = state;
	if (why != NULL)
		l->why = *why;
}

void
line_stop(struct line *l, const char *fmt, ...)
{
	struct error e;
	va_list args;

	va_start(args, fmt);
	error_setv(&e, ERROR_BAD, fmt, args);
	va_end(args);
	end(l, LINE_BROKEN, &e);
}

static void
look_if_over(struct line *l, int64_t now)
{
	if (l->transfer == NULL || !transfer_over(l->transfer))
		return;
	if (l->over == 0)
		l->over = now;
	if (l->role == LINE_DEVICE && arq_idle(l->arq))
		end(l, LINE_DONE, NULL);
}

void
line_look_at_time(struct line *l, int64_t now)
{
	const struct arq_tally *t = l->arq != NULL ? arq_tally(l->arq) : NULL;

	/* what was said last may be lost; the other end has all the same what
	 * it needs */
	if (l->over != 0 && now - l->over >= LINGER)
		end(l, LINE_DONE, NULL);
	if (now - l->began >= l->limits.call)
		line_stop(l, "the call takes too long");
	else if (t == NULL && now - l->began >= l->limits.handshake)
		line_stop(l, "nobody has said who is there");
	else if (t != NULL && now - t->heard >= l->limits.silence)
		line_stop(l, "the other end is silent");
	else if (t != NULL && now - t->progress >= l->limits.progress)
		line_stop(l, "nothing moves");
	else if (t != NULL && t->forged > FORGED_MAX)
		line_stop(l, "somebody else is on the line");
}

void
line_hung_up(struct line *l, int64_t now)
{
	(void)now;
	if (l->transfer != NULL && transfer_over(l->transfer))
		end(l, LINE_DONE, NULL);
	line_stop(l,
		l->role == LINE_DEVICE && l->arq == NULL &&
				l->handshake.hellos > 0
			? "the center has hung up: it may not know this "
			  "device, or not by this key"
			: "the other end has hung up");
}

/* --- its parts --- */

/* Both have proved who they are. */
static int
begin_session(struct line *l, int64_t now, struct error *e)
{
	if (arq_open(l->role, l->handshake.session, now, &l->arq, e) == -1)
		return -1;
	return transfer_open(l->role, l->arq, l->limits.message, l->calls,
		l->arg, &l->transfer, e);
}

static void
take_handshake(struct line *l, size_t length, int64_t now)
{
	struct handshake *h = &l->handshake;
	struct error e;

	handshake_frame(h, l->reader.octets, length, now);
	if (h->state == HANDSHAKE_REFUSED)
		end(l, LINE_REFUSED, &h->why);
	else if (h->state == HANDSHAKE_TROUBLE)
		end(l, LINE_TROUBLE, &h->why);
	else if (h->state == HANDSHAKE_PROVED && l->arq == NULL &&
		begin_session(l, now, &e) == -1)
		end(l, LINE_TROUBLE, &e);
}

static void
work(struct line *l)
{
	struct error e;

	if (l->state == LINE_GOES_ON && l->transfer != NULL &&
		transfer_work(l->transfer, &e) == -1)
		end(l, e.code == ERROR_TROUBLE ? LINE_TROUBLE : LINE_BROKEN,
			&e);
}

static void
take_frame(struct line *l, size_t length, int64_t now)
{
	take_handshake(l, length, now);
	if (l->arq == NULL || l->state != LINE_GOES_ON)
		return;
	arq_frame(l->arq, l->reader.octets, length, now);
	work(l);
}

void
line_feed(
	struct line *l, const unsigned char *octets, size_t length, int64_t now)
{
	size_t taken, frame;

	l->octets_in += length;
	while (length > 0 && l->state == LINE_GOES_ON) {
		taken = frame_read(&l->reader, octets, length, &frame);
		octets += taken;
		length -= taken;
		if (frame > 0)
			take_frame(l, frame, now);
	}
	look_if_over(l, now);
}

/* --- what goes --- */

static void
code(struct line *l, const unsigned char *frame, size_t length)
{
	l->at = 0;
	l->length = frame_write(frame, length, l->coded);
}

/* False: there is nothing to be sent now. */
static bool
next_frame(struct line *l, int64_t now)
{
	unsigned char frame[FRAME_MAX];
	size_t length = 0;
	const unsigned char *said = handshake_due(&l->handshake, now, &length);

	if (said != NULL) {
		code(l, said, length);
		return true;
	}
	work(l);
	if (l->arq != NULL && l->state == LINE_GOES_ON)
		length = arq_due(l->arq, now, frame);
	if (length > 0)
		code(l, frame, length);
	return length > 0;
}

size_t
line_output(struct line *l, unsigned char *out, size_t size, int64_t now)
{
	size_t filled = 0, piece;

	look_if_over(l, now);
	line_look_at_time(l, now);
	while (filled < size && l->state == LINE_GOES_ON) {
		if (l->at == l->length && !next_frame(l, now))
			break;
		piece = l->length - l->at;
		if (piece > size - filled)
			piece = size - filled;
		memcpy(out + filled, l->coded + l->at, piece);
		l->at += piece;
		filled += piece;
	}
	l->octets_out += filled;
	return filled;
}

static void
earlier(int64_t *when, int64_t other)
{
	if (other < *when)
		*when = other;
}

int64_t
line_due(const struct line *l)
{
	int64_t when = l->began + l->limits.call;

	if (l->at < l->length)
		return 0;
	if (l->handshake.length > 0)
		earlier(&when, l->handshake.due);
	if (l->over != 0)
		earlier(&when, l->over + LINGER);
	if (l->arq == NULL) {
		earlier(&when, l->began + l->limits.handshake);
		return when;
	}
	earlier(&when, arq_when(l->arq));
	earlier(&when, arq_tally(l->arq)->heard + l->limits.silence);
	earlier(&when, arq_tally(l->arq)->progress + l->limits.progress);
	return when;
}
