/*
 * See wire.h.
 */
#include "tests/unit/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* As long as one is. */
static const char receipt[] =
	"CSRC-Receipt: 1\nPrincipal: device:A4FM021007478\n"
	"Key-Id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9\nDigest: sha-256="
	"2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a\n"
	"State: taken\nDate: 2026-11-30T12:00:00Z\nMAC: "
	"bc0fadeb2807d7c55bf4894c2b8d68e474e9b87e6e6ff24a76596b62ac308a69\n";

enum { HOURS = 24 * 3600 * 1000 };

uint64_t
wire_chance(struct wire *w)
{
	w->seed = w->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return w->seed >> 33;
}

void
wire_init(struct wire *w)
{
	memset(w, 0, sizeof(*w));
	w->seed = 1;
	w->now = 1000;
	w->limits = line_limits_default;
	w->center.other = &w->device;
	w->device.other = &w->center;
	for (int i = 0; i < 2; i++) {
		struct wire_end *end = i == 0 ? &w->center : &w->device;

		text_copy(end->center, sizeof(end->center), "KAISER-01");
		text_copy(end->serial, sizeof(end->serial), "A4=B/1");
		memset(end->key, 7, sizeof(end->key));
	}
}

static void
clear_end(struct wire_end *end)
{
	for (size_t i = 0; i < end->count; i++)
		free(end->messages[i].octets);
	buffer_clear(&end->part);
}

static void
clear_way(struct wire_way *way)
{
	free(way->octets);
	free(way->times);
	memset(way, 0, sizeof(*way));
}

void
wire_clear(struct wire *w)
{
	clear_end(&w->center);
	clear_end(&w->device);
	clear_way(&w->up);
	clear_way(&w->down);
}

void
wire_message(struct wire_end *end, size_t length)
{
	struct wire_message *m = &end->messages[end->count++];

	memset(m, 0, sizeof(*m));
	m->length = length;
	m->octets = malloc(length);
	for (size_t i = 0; i < length; i++)
		m->octets[i] = (unsigned char)(i * 7 + end->count +
			(i % 13 == 0 ? 0 : i / 256));
	m->octets[0] = (unsigned char)end->count;
}

/* --- the one who has messages --- */

static int
check(void *arg, const struct transcript *t,
	const unsigned char said[PROOF_SIZE], unsigned char own_r[PROOF_SIZE],
	unsigned char session_r[PROOF_SESSION_SIZE], struct error *e)
{
	struct wire_end *end = arg;
	struct proofs proofs;

	end->checks++;
	if (proofs_make(t, end->key, sizeof(end->key), &proofs, e))
		return -1;
	if (end->unknown || strcmp(t->serial, end->serial) != 0 ||
		!crypto_same(said, proofs.device, PROOF_SIZE))
		return 1;
	memcpy(own_r, proofs.center, PROOF_SIZE);
	memcpy(session_r, proofs.session, PROOF_SESSION_SIZE);
	return 0;
}

static int
answer(void *arg, struct transcript *t, struct proofs *proofs_r,
	struct error *e)
{
	struct wire_end *end = arg;

	text_copy(t->serial, sizeof(t->serial), end->serial);
	t->key_id_length = 2;
	memcpy(t->key_id, "\x0a\x1b", 2);
	if (crypto_random(t->device_nonce, sizeof(t->device_nonce), e))
		return -1;
	return proofs_make(t, end->key, sizeof(end->key), proofs_r, e);
}

static int
next(void *arg, struct line_message *m, struct error *e)
{
	struct wire_end *end = arg;

	(void)e;
	for (size_t i = 0; i < end->count; i++) {
		struct wire_message *one = &end->messages[i];

		if (!end->endless && (one->gone || one->asked))
			continue;
		one->asked = true;
		m->tag = i;
		return buffer_append(&m->octets, one->octets, one->length) ==
				BUFFER_OK
			? 0
			: error_memory(e);
	}
	return 1;
}

static int
answered(void *arg, uint64_t tag, const struct line_answer *a, struct error *e)
{
	struct wire_end *end = arg;

	(void)e;
	if (a->outcome == LINE_TAKEN && strcmp(a->receipt, receipt) == 0)
		end->messages[tag].gone = true;
	return 0;
}

static int
arrived(void *arg, const struct buffer *octets, struct line_answer *a,
	struct error *e)
{
	struct wire_end *end = arg, *other = end->other;

	(void)e;
	a->outcome = end->outcome;
	text_copy(a->receipt, sizeof(a->receipt), receipt);
	for (size_t i = 0; i < other->count; i++)
		if (octets->length == other->messages[i].length &&
			memcmp(octets->data, other->messages[i].octets,
				octets->length) == 0) {
			other->messages[i].came++;
			return 0;
		}
	abort(); /* it is none that was sent */
}

static int
load(void *arg, unsigned char digest_r[TRANSFER_DIGEST_SIZE],
	struct buffer *octets, struct error *e)
{
	struct wire_end *end = arg;

	if (!end->kept)
		return 1;
	memcpy(digest_r, end->digest, TRANSFER_DIGEST_SIZE);
	return buffer_append(octets, end->part.data, end->part.length) ==
			BUFFER_OK
		? 0
		: error_memory(e);
}

static int
keep(void *arg, const unsigned char digest[TRANSFER_DIGEST_SIZE],
	const struct buffer *octets, struct error *e)
{
	struct wire_end *end = arg;

	buffer_clear(&end->part);
	end->kept = octets->length > 0;
	memcpy(end->digest, digest, TRANSFER_DIGEST_SIZE);
	return buffer_append(&end->part, octets->data, octets->length) ==
			BUFFER_OK
		? 0
		: error_memory(e);
}

/* --- the wire --- */

static void
put_octet(struct wire_way *way, unsigned char octet, int64_t when)
{
	if (way->length == way->room) {
		way->room = way->room == 0 ? 65536 : 2 * way->room;
		way->octets = realloc(way->octets, way->room);
		way->times =
			realloc(way->times, way->room * sizeof(way->times[0]));
	}
	way->octets[way->length] = octet;
	way->times[way->length++] = when;
}

void
wire_put(struct wire *w, bool up, unsigned char octet)
{
	put_octet(up ? &w->up : &w->down, octet, w->now);
}

static bool
happens(struct wire *w, unsigned int one_of)
{
	return one_of != 0 && wire_chance(w) % one_of == 0;
}

static void
carry(struct wire *w, struct wire_way *way, unsigned char octet, int64_t when);

/* What the man in the middle makes of it. */
static void
meddle(struct wire *w, struct wire_way *way, unsigned char octet, int64_t when)
{
	unsigned char frame[FRAME_MAX], coded[FRAME_CODED_MAX];
	size_t (*middle)(struct wire *, bool, unsigned char *, size_t) =
		w->middle;
	size_t length;

	(void)frame_read(&way->reader, &octet, 1, &length);
	if (length == 0)
		return;
	memcpy(frame, way->reader.octets, length);
	length = middle(w, way == &w->up, frame, length);
	if (length == 0)
		return;
	length = frame_write(frame, length, coded);
	w->middle = NULL;
	for (size_t i = 0; i < length; i++)
		carry(w, way, coded[i], when);
	w->middle = middle;
}

static void
carry(struct wire *w, struct wire_way *way, unsigned char octet, int64_t when)
{
	if (w->middle != NULL) {
		meddle(w, way, octet, when);
		return;
	}
	way->passed++;
	if (w->ahead && w->rate != 0) {
		if (way->busy < w->now * 1000)
			way->busy = w->now * 1000;
		way->busy += 1000000 / w->rate;
		when += way->busy / 1000 - w->now;
	}
	if (w->cut != 0 && w->up.passed + w->down.passed > w->cut)
		return;
	if (w->tap != NULL)
		w->tap(w, way == &w->up, &octet);
	if (happens(w, w->lose))
		return;
	if (happens(w, w->garble))
		octet ^= (unsigned char)(1 + wire_chance(w) % 255);
	put_octet(way, octet, when);
	if (happens(w, w->twice))
		put_octet(way, octet, when);
}

/* What the end sends in the milliseconds until now. */
static bool
send_some(struct wire *w, struct wire_end *end, struct wire_way *way,
	int64_t passed)
{
	unsigned char octets[4096];
	size_t size = sizeof(octets), n;

	if (line_state(end->line) != LINE_GOES_ON)
		return false;
	if (w->rate != 0 && !w->ahead)
		size = (size_t)(w->now * w->rate / 1000 -
			(w->now - passed) * w->rate / 1000);
	if (size > sizeof(octets))
		size = sizeof(octets);
	n = line_output(end->line, octets, size, w->now);
	for (size_t i = 0; i < n; i++)
		carry(w, way, octets[i], w->now + w->delay);
	return n > 0;
}

static bool
bring(struct wire *w, struct wire_way *way, struct wire_end *end)
{
	size_t n = 0;

	while (n < way->length && way->times[n] <= w->now)
		n++;
	if (n == 0)
		return false;
	line_feed(end->line, way->octets, n, w->now);
	way->length -= n;
	memmove(way->octets, way->octets + n, way->length);
	memmove(way->times, way->times + n,
		way->length * sizeof(way->times[0]));
	return true;
}

/* When one hangs up, or the wire is cut, the other one sees it. */
static bool
hang_up(struct wire *w, struct wire_end *end, const struct wire_way *way)
{
	const bool cut = w->cut != 0 && w->up.passed + w->down.passed > w->cut;

	if (line_state(end->line) != LINE_GOES_ON || way->length > 0 ||
		(!cut && line_state(end->other->line) == LINE_GOES_ON))
		return false;
	line_hung_up(end->line, w->now);
	return true;
}

static bool
step(struct wire *w, int64_t passed)
{
	bool moved = send_some(w, &w->center, &w->down, passed);

	moved |= send_some(w, &w->device, &w->up, passed);
	moved |= bring(w, &w->up, &w->center);
	moved |= bring(w, &w->down, &w->device);
	moved |= hang_up(w, &w->center, &w->up);
	moved |= hang_up(w, &w->device, &w->down);
	return moved;
}

static int64_t
due(const struct wire_end *end)
{
	return line_state(end->line) == LINE_GOES_ON ? line_due(end->line)
						     : INT64_MAX;
}

/* To when something will happen, if nothing has. */
static int64_t
pass_time(struct wire *w, bool moved)
{
	int64_t when = due(&w->center), other = due(&w->device);

	if (moved || w->rate != 0)
		return 1;
	if (other < when)
		when = other;
	if (w->up.length > 0 && w->up.times[0] < when)
		when = w->up.times[0];
	if (w->down.length > 0 && w->down.times[0] < when)
		when = w->down.times[0];
	return when > w->now ? when - w->now : 1;
}

void
wire_open(struct wire *w, struct wire_end *end, enum line_role role)
{
	static const struct handshake_calls handshake = { check, answer };
	static const struct transfer_calls transfer = { next, answered, arrived,
		load, keep };
	unsigned char nonce[PROOF_NONCE_SIZE];
	struct error e;
	const struct line_options options = { .role = role,
		.center = end->center,
		.nonce = nonce,
		.limits = w->limits,
		.handshake = &handshake,
		.transfer = &transfer,
		.arg = end };

	for (size_t i = 0; i < end->count; i++)
		end->messages[i].asked = false;
	if (crypto_random(nonce, sizeof(nonce), &e) ||
		line_open(&options, w->now, &end->line, &e))
		abort();
}

bool
wire_call(struct wire *w)
{
	const int64_t end = w->now + HOURS;
	int64_t passed = 1;

	clear_way(&w->up);
	clear_way(&w->down);
	wire_open(w, &w->center, LINE_CENTER);
	wire_open(w, &w->device, LINE_DEVICE);
	for (const char *c = w->before; c != NULL && *c != '\0'; c++)
		put_octet(&w->down, (unsigned char)*c, w->now);
	while ((line_state(w->center.line) == LINE_GOES_ON ||
		       line_state(w->device.line) == LINE_GOES_ON) &&
		w->now < end) {
		passed = pass_time(w, step(w, passed));
		w->now += passed;
	}
	return line_state(w->center.line) == LINE_DONE &&
		line_state(w->device.line) == LINE_DONE;
}

void
wire_hang_up(struct wire *w)
{
	line_close(&w->center.line);
	line_close(&w->device.line);
}
