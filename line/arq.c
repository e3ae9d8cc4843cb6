/*
 * Both directions of a call. A frame is repeated alone: since lines keep the
 * order, one that was sent before another which has arrived is lost; the last
 * ones of all are, when their time has run out.
 */
#include "line/arq.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/wipe.h"

enum {
	FIRST_TIMEOUT = 10000, /* before anything is known of the line */
	FIRST_PIECE = 256,     /* likewise */
	TIMEOUT_MIN = 300,
	TIMEOUT_MAX = 60000,
	BACK_OFF_MAX = 1,    /* doublings: nobody shares the line */
	FRAME_TIME = 6500,   /* that a frame should need at most, */
	WINDOW_TIME = 10000, /* and all that is under way */
	CLEAN = 4,           /* frames until they may be longer, at first */
	CLEAN_MAX = 64,
	ACK_BITS = 32,
	ACK_SIZE = ARQ_HEAD + ACK_BITS / 8 + ARQ_MAC_SIZE
};

/* A record under way. */
struct sent {
	size_t length;
	bool arrived, due; /* due: to be sent, or again */
	unsigned int times;
	int64_t when;
	uint64_t order; /* of the last time, among all that was sent */
	unsigned char octets[ARQ_RECORD_MAX];
};

/* One that came, maybe before its turn. */
struct come {
	bool there;
	size_t length;
	unsigned char octets[ARQ_RECORD_MAX];
};

struct arq {
	enum line_role role;
	unsigned char session[PROOF_SESSION_SIZE];
	/* out: [base, next) is under way */
	uint32_t base, next;
	struct sent sent[ARQ_WINDOW];
	uint64_t order;
	/* in */
	uint32_t wanted; /* the next record for who takes them */
	struct come come[ARQ_WINDOW];
	bool ack;             /* one is to be sent */
	int64_t last;         /* when anything was sent */
	int64_t acknowledged; /* when anything new was */
	/* the line, as it turns out */
	int64_t trip;          /* the shortest, milliseconds; 0: not known */
	size_t longest;        /* frame that came of late */
	int64_t rate;          /* octets a second; 0: not known */
	int64_t counted;       /* since when arrivals are counted for that, */
	size_t count;          /* and their octets */
	unsigned int back_off; /* doublings of the time-out */
	size_t piece;          /* as losses have it */
	unsigned int clean, wanting; /* frames that went well; until longer */
	struct arq_tally tally;
};

int
arq_open(enum line_role role, const unsigned char session[PROOF_SESSION_SIZE],
	int64_t now, struct arq **arq_r, struct error *e)
{
	struct arq *a = calloc(1, sizeof(*a));

	*arq_r = a;
	if (a == NULL)
		return error_memory(e);
	a->role = role;
	memcpy(a->session, session, sizeof(a->session));
	a->piece = ARQ_PIECE_MAX / 3;
	a->wanting = CLEAN;
	a->last = now;
	a->tally.heard = a->tally.progress = now;
	return 0;
}

void
arq_close(struct arq **arq)
{
	if (*arq != NULL)
		wipe_free(*arq);
	*arq = NULL;
}

const struct arq_tally *
arq_tally(const struct arq *a)
{
	return &a->tally;
}

/* --- frames --- */

/* direction: whose frame it is. */
static int
make_mac(const struct arq *a, enum line_role of, const unsigned char *frame,
	size_t length, unsigned char mac_r[ARQ_MAC_SIZE])
{
	const struct crypto_span key = { a->session, sizeof(a->session) };
	const unsigned char direction = of == LINE_CENTER ? 'c' : 'd';
	const struct crypto_span spans[] = { { &direction, 1 },
		{ frame, length } };
	unsigned char mac[SHA256_SIZE];
	struct error e;

	if (crypto_hmac(&key, spans, 2, mac, &e) == -1)
		return -1;
	memcpy(mac_r, mac, ARQ_MAC_SIZE);
	return 0;
}

/* Its length; 0: there is no MAC to be had, and it counts as lost. */
static size_t
finish(struct arq *a, enum frame_type type, uint32_t number, const void *octets,
	size_t length, unsigned char frame_r[FRAME_MAX])
{
	frame_r[0] = (unsigned char)type;
	frame_put32(frame_r + 1, number);
	memcpy(frame_r + ARQ_HEAD, octets, length);
	length += ARQ_HEAD;
	if (make_mac(a, a->role, frame_r, length, frame_r + length) == -1)
		return 0;
	return length + ARQ_MAC_SIZE;
}

/* --- how long, and how many --- */

/* Of the line alone, losses aside. */
static size_t
line_piece(const struct arq *a)
{
	const int64_t octets = a->rate * FRAME_TIME / 1000;

	if (a->rate == 0)
		return FIRST_PIECE;
	return octets > ARQ_PIECE_MAX    ? ARQ_PIECE_MAX
		: octets < ARQ_PIECE_MIN ? ARQ_PIECE_MIN
					 : (size_t)octets;
}

size_t
arq_piece(const struct arq *a)
{
	const size_t piece = line_piece(a);

	return piece < a->piece ? piece : a->piece;
}

/* Octets that have not arrived; sent: without what is still to be sent. */
static size_t
under_way(const struct arq *a, bool sent)
{
	size_t octets = 0;

	for (uint32_t n = a->base; n != a->next; n++) {
		const struct sent *s = &a->sent[n % ARQ_WINDOW];

		if (!s->arrived && !(sent && s->due))
			octets += s->length;
	}
	return octets;
}

/* A line that takes all at once, with a modem behind it, takes more than it
 * brings: what is lost then takes long to be missed. */
bool
arq_room(const struct arq *a)
{
	if (a->next - a->base >= ARQ_WINDOW)
		return false;
	return a->next - a->base < 2 ||
		(int64_t)under_way(a, false) < a->rate * WINDOW_TIME / 1000;
}

bool
arq_idle(const struct arq *a)
{
	return a->base == a->next;
}

void
arq_put(struct arq *a, const void *octets, size_t length)
{
	struct sent *s = &a->sent[a->next++ % ARQ_WINDOW];

	s->length = length;
	s->arrived = false;
	s->due = true;
	s->times = 0;
	memcpy(s->octets, octets, length);
}

/*
 * The shortest trip, what is on the line before the answer can come, and a
 * frame of the other end that the answer has to wait for.
 */
static int64_t
time_out(const struct arq *a)
{
	int64_t most = FIRST_TIMEOUT;

	if (a->trip > 0 && a->rate > 0)
		most = 2 * a->trip + TIMEOUT_MIN +
			(int64_t)(under_way(a, true) + a->longest) * 1500 /
				a->rate;
	most <<= a->back_off;
	return most < TIMEOUT_MAX ? most : TIMEOUT_MAX;
}

/* Since when a frame is waited for: what was written may lie for long, in
 * sockets and modems, behind what is before it, and while that arrives nothing
 * is late. */
static int64_t
waited_since(const struct arq *a, const struct sent *s)
{
	return s->when > a->acknowledged ? s->when : a->acknowledged;
}

static void
learn_trip(struct arq *a, int64_t took)
{
	const int64_t trip = took > 0 ? took : 1;

	if (a->trip == 0 || trip < a->trip)
		a->trip = trip;
}

static void
begin_count(struct arq *a, int64_t now)
{
	a->count = 0;
	a->counted = now;
}

/* Over half a trip at least, since answers come in bunches. */
static void
learn_rate(struct arq *a, size_t octets, int64_t now)
{
	const int64_t took = now > a->counted ? now - a->counted : 1;
	int64_t rate;

	a->count += octets;
	if (took < a->trip / 2)
		return;
	rate = (int64_t)a->count * 1000 / took;
	if (a->rate != 0)
		rate = rate > a->rate ? (a->rate + rate) / 2
				      : (3 * a->rate + rate) / 4;
	a->rate = rate > 0 ? rate : 1;
	begin_count(a, now);
}

static void
shorter(struct arq *a)
{
	a->clean = 0;
	if (a->wanting < CLEAN_MAX)
		a->wanting *= 2;
	a->piece = a->piece / 2 > ARQ_PIECE_MIN ? a->piece / 2 : ARQ_PIECE_MIN;
}

static void
went_well(struct arq *a)
{
	if (++a->clean < a->wanting || a->piece == ARQ_PIECE_MAX)
		return;
	a->clean = 0;
	a->piece = 2 * a->piece < ARQ_PIECE_MAX ? 2 * a->piece : ARQ_PIECE_MAX;
}

/* --- what comes --- */

/* How many octets of the line it was, if that is new. */
static size_t
arrived(struct arq *a, uint32_t number, uint64_t *order, int64_t now)
{
	struct sent *s = &a->sent[number % ARQ_WINDOW];

	if (s->arrived || s->times == 0)
		return 0;
	s->arrived = true;
	s->due = false;
	/* of one that was repeated nobody knows which of the two it is; and
	 * what waited for another's repetition took no trip of its own */
	if (s->times == 1) {
		if (a->back_off == 0)
			learn_trip(a, now - s->when);
		went_well(a);
		if (s->order > *order)
			*order = s->order;
	}
	return s->length + ARQ_HEAD + ARQ_MAC_SIZE + FRAME_CRC_SIZE;
}

static void
find_lost(struct arq *a, uint64_t order)
{
	bool some = false;

	for (uint32_t n = a->base; n != a->next; n++) {
		struct sent *s = &a->sent[n % ARQ_WINDOW];

		if (s->arrived || s->due || s->order >= order)
			continue;
		s->due = some = true;
	}
	if (some)
		shorter(a);
}

static void
take_ack(struct arq *a, uint32_t number, const unsigned char *bits, int64_t now)
{
	const uint32_t set = frame_get32(bits);
	size_t octets = 0;
	uint64_t order = 0;

	if (number - a->base > a->next - a->base)
		return; /* an old one */
	for (uint32_t n = a->base; n != number; n++)
		octets += arrived(a, n, &order, now);
	for (uint32_t i = 0;
		i < ACK_BITS && number + 1 + i - a->base < a->next - a->base;
		i++)
		if ((set & UINT32_C(1) << i) != 0)
			octets += arrived(a, number + 1 + i, &order, now);
	a->base = number;
	find_lost(a, order);
	if (octets == 0)
		return;
	if (a->back_off == 0)
		learn_rate(a, octets, now);
	else
		begin_count(a, now);
	a->back_off = 0;
	a->acknowledged = now;
	a->tally.progress = now;
}

static void
take_data(struct arq *a, uint32_t number, const unsigned char *octets,
	size_t length, int64_t now)
{
	struct come *c = &a->come[number % ARQ_WINDOW];

	a->ack = true;
	if (number - a->wanted >= ARQ_WINDOW || c->there) {
		a->tally.doubled++;
		return;
	}
	c->there = true;
	c->length = length;
	memcpy(c->octets, octets, length);
	a->tally.taken++;
	a->tally.progress = now;
}

void
arq_frame(struct arq *a, const unsigned char *frame, size_t length, int64_t now)
{
	const enum line_role other =
		a->role == LINE_CENTER ? LINE_DEVICE : LINE_CENTER;
	unsigned char mac[ARQ_MAC_SIZE];
	const size_t over = ARQ_HEAD + ARQ_MAC_SIZE;

	/* what is said again of the beginning has no MAC */
	if ((frame[0] != FRAME_DATA && frame[0] != FRAME_ACK) ||
		length <= over || length - over > ARQ_RECORD_MAX ||
		make_mac(a, other, frame, length - ARQ_MAC_SIZE, mac) == -1)
		return;
	if (!crypto_same(mac, frame + length - ARQ_MAC_SIZE, sizeof(mac))) {
		a->tally.forged++;
		return;
	}
	a->tally.heard = now;
	a->longest = length > a->longest ? length : (a->longest + length) / 2;
	if (frame[0] == FRAME_DATA)
		take_data(a, frame_get32(frame + 1), frame + ARQ_HEAD,
			length - over, now);
	else if (length == ACK_SIZE)
		take_ack(a, frame_get32(frame + 1), frame + ARQ_HEAD, now);
}

const unsigned char *
arq_take(struct arq *a, size_t *length_r)
{
	struct come *c = &a->come[a->wanted % ARQ_WINDOW];

	if (!c->there)
		return NULL;
	c->there = false;
	a->wanted++;
	*length_r = c->length;
	return c->octets;
}

/* --- what goes --- */

static size_t
write_ack(struct arq *a, unsigned char frame_r[FRAME_MAX])
{
	unsigned char bits[ACK_BITS / 8];
	uint32_t number = a->wanted, set = 0;

	while (number - a->wanted < ARQ_WINDOW &&
		a->come[number % ARQ_WINDOW].there)
		number++;
	for (uint32_t n = number + 1; n - a->wanted < ARQ_WINDOW; n++)
		if (a->come[n % ARQ_WINDOW].there)
			set |= UINT32_C(1) << (n - number - 1);
	frame_put32(bits, set);
	a->ack = false;
	return finish(a, FRAME_ACK, number, bits, sizeof(bits), frame_r);
}

static struct sent *
next_due(struct arq *a, uint32_t *number_r)
{
	for (uint32_t n = a->base; n != a->next; n++)
		if (a->sent[n % ARQ_WINDOW].due) {
			*number_r = n;
			return &a->sent[n % ARQ_WINDOW];
		}
	return NULL;
}

/* Have those that were sent that long ago not arrived? */
static void
look_at_time(struct arq *a, int64_t now)
{
	const int64_t most = time_out(a);
	bool some = false;

	for (uint32_t n = a->base; n != a->next; n++) {
		struct sent *s = &a->sent[n % ARQ_WINDOW];

		if (s->arrived || s->due || now - waited_since(a, s) < most)
			continue;
		s->due = some = true;
	}
	if (!some)
		return;
	shorter(a);
	if (a->back_off < BACK_OFF_MAX)
		a->back_off++;
}

static size_t
write_data(struct arq *a, int64_t now, unsigned char frame_r[FRAME_MAX])
{
	uint32_t number;
	struct sent *s = next_due(a, &number);

	if (s == NULL)
		return 0;
	/* nothing was under way before */
	if (number == a->base && s->times == 0)
		begin_count(a, now);
	s->due = false;
	s->when = now;
	s->order = ++a->order;
	a->tally.sent++;
	a->tally.again += s->times++ > 0;
	return finish(a, FRAME_DATA, number, s->octets, s->length, frame_r);
}

size_t
arq_due(struct arq *a, int64_t now, unsigned char frame_r[FRAME_MAX])
{
	size_t length;

	look_at_time(a, now);
	if (now - a->last >= ARQ_KEEPALIVE)
		a->ack = true;
	length = a->ack ? write_ack(a, frame_r) : write_data(a, now, frame_r);
	if (length > 0)
		a->last = now;
	return length;
}

int64_t
arq_when(const struct arq *a)
{
	const int64_t most = time_out(a);
	int64_t when = a->last + ARQ_KEEPALIVE;

	if (a->ack)
		return a->last;
	for (uint32_t n = a->base; n != a->next; n++) {
		const struct sent *s = &a->sent[n % ARQ_WINDOW];

		if (!s->arrived && s->due)
			return a->last;
		if (!s->arrived && waited_since(a, s) + most < when)
			when = waited_since(a, s) + most;
	}
	return when;
}
