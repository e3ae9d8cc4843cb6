/*
 * See transfer.h. Records, each with its kind in front:
 *
 *     HAVE  digest, offset                  what is there of a message; first
 *     BEGIN digest, length, offset, octets  the next message
 *     PIECE octets                          more of it
 *     DONE  number, outcome, receipt        of the other end's BEGINs, from 1
 *     END                                   nothing more comes from here
 *
 * A digest is the first half of SHA-256's: it tells messages from one another,
 * and proves nothing.
 *
 * The center says END when it has nothing more to send, and the device, which
 * may have answers to give, when it has heard that and has nothing more either.
 */
#include "line/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"

enum record {
	RECORD_HAVE = 1,
	RECORD_BEGIN,
	RECORD_PIECE,
	RECORD_DONE,
	RECORD_END
};

enum {
	HAVE_SIZE = 1 + TRANSFER_DIGEST_SIZE + 4,
	BEGIN_HEAD = 1 + TRANSFER_DIGEST_SIZE + 4 + 4,
	DONE_HEAD = 1 + 4 + 1
};

/* One that was sent, or is, and was not answered. */
struct open_message {
	bool used;
	uint32_t number;
	uint64_t tag;
};

struct transfer {
	enum line_role role;
	struct arq *arq;
	const struct transfer_calls *calls;
	void *arg;
	size_t max;
	bool said_have, heard_have, said_end, heard_end;
	/* out */
	struct open_message open[TRANSFER_OPEN_MAX];
	struct line_message message; /* that is being sent */
	bool sending;
	uint32_t number; /* of that one, or of the last */
	size_t at;       /* octets of it that were put */
	bool nothing;    /* next has none, until something happens */
	struct {         /* what the other end has of one */
		unsigned char digest[TRANSFER_DIGEST_SIZE];
		uint32_t offset;
	} there;
	/* in */
	struct buffer coming;
	bool receiving, too_large;
	uint32_t came; /* how many have begun; its number */
	size_t length; /* that it will have */
	unsigned char digest[TRANSFER_DIGEST_SIZE];
	struct { /* what an earlier call left of one */
		bool kept, used;
		unsigned char digest[TRANSFER_DIGEST_SIZE];
		struct buffer octets;
	} part;
	/* an answer that there is no room for yet */
	bool owed;
	struct line_answer answer;
	struct transfer_tally tally;
};

int
transfer_open(enum line_role role, struct arq *arq, size_t max,
	const struct transfer_calls *calls, void *arg,
	struct transfer **transfer_r, struct error *e)
{
	struct transfer *t = calloc(1, sizeof(*t));

	*transfer_r = t;
	if (t == NULL)
		return error_memory(e);
	t->role = role;
	t->arq = arq;
	t->max = max;
	t->calls = calls;
	t->arg = arg;
	return 0;
}

/* What cannot be kept comes once more from the start. */
static void
keep(struct transfer *t, const struct buffer *octets)
{
	struct error e;

	if (t->calls->keep != NULL)
		(void)t->calls->keep(t->arg, t->digest, octets, &e);
}

static bool
is_part(const struct transfer *t)
{
	return t->part.kept &&
		memcmp(t->digest, t->part.digest, TRANSFER_DIGEST_SIZE) == 0;
}

/* The message is there: nothing of it need be kept. */
static void
drop_part(struct transfer *t)
{
	static const struct buffer nothing = { 0 };

	if (!is_part(t))
		return;
	keep(t, &nothing);
	t->part.kept = false;
}

void
transfer_close(struct transfer **transfer)
{
	struct transfer *t = *transfer;

	*transfer = NULL;
	if (t == NULL)
		return;
	if (t->receiving && !t->too_large && t->coming.length > 0)
		keep(t, &t->coming);
	buffer_clear(&t->part.octets);
	buffer_clear(&t->coming);
	buffer_clear(&t->message.octets);
	wipe_free(t);
}

const struct transfer_tally *
transfer_tally(const struct transfer *t)
{
	return &t->tally;
}

bool
transfer_over(const struct transfer *t)
{
	return t->said_end && t->heard_end;
}

static int
bad(struct error *e, const char *what)
{
	return error_set(e, ERROR_BAD, "no such call: %s", what);
}

/* --- in --- */

static int
take_have(struct transfer *t, const unsigned char *r, size_t length,
	struct error *e)
{
	if (length != HAVE_SIZE || t->heard_have)
		return bad(e, "HAVE");
	memcpy(t->there.digest, r + 1, TRANSFER_DIGEST_SIZE);
	t->there.offset = frame_get32(r + 1 + TRANSFER_DIGEST_SIZE);
	t->heard_have = true;
	return 0;
}

/* What we have of it already must be what we said. */
static int
go_on(struct transfer *t, size_t offset, struct error *e)
{
	const bool same = is_part(t) && !t->part.used;

	buffer_clear(&t->coming);
	if (offset > 0 && (!same || offset != t->part.octets.length))
		return bad(e, "BEGIN where nothing broke off");
	if (offset > 0) {
		t->coming = t->part.octets;
		t->part.octets = (struct buffer){ 0 };
		t->tally.resumed += offset;
	}
	if (same) {
		t->part.used = true;
		buffer_clear(&t->part.octets);
	}
	return 0;
}

static int
digest_of(const struct buffer *octets,
	unsigned char digest_r[TRANSFER_DIGEST_SIZE], struct error *e)
{
	const struct crypto_span all = { octets->data, octets->length };
	unsigned char digest[SHA256_SIZE];

	if (crypto_sha256(&all, 1, digest, e) == -1)
		return -1;
	memcpy(digest_r, digest, TRANSFER_DIGEST_SIZE);
	return 0;
}

/* It is whole. */
static int
arrived(struct transfer *t, struct error *e)
{
	unsigned char digest[TRANSFER_DIGEST_SIZE];

	memset(&t->answer, 0, sizeof(t->answer));
	t->answer.outcome = LINE_LATER;
	t->owed = true;
	t->receiving = t->nothing = false;
	drop_part(t);
	if (t->too_large)
		return 0;
	if (digest_of(&t->coming, digest, e) == -1)
		return -1;
	t->tally.came++;
	t->tally.came_octets += t->coming.length;
	/* what was kept was something else: from the start, next time */
	if (memcmp(digest, t->digest, sizeof(digest)) == 0 &&
		t->calls->arrived(t->arg, &t->coming, &t->answer, e) == -1)
		return -1;
	buffer_clear(&t->coming);
	return 0;
}

static int
take_octets(struct transfer *t, const unsigned char *octets, size_t length,
	struct error *e)
{
	const size_t left = t->length - (t->too_large ? 0 : t->coming.length);

	if (!t->receiving || length == 0 || length > left)
		return bad(e, "PIECE");
	if (t->too_large)
		t->length -= length;
	else if (buffer_append(&t->coming, octets, length) != BUFFER_OK)
		return error_memory(e);
	return length == left ? arrived(t, e) : 0;
}

static int
take_begin(struct transfer *t, const unsigned char *r, size_t length,
	struct error *e)
{
	size_t offset;

	if (length <= BEGIN_HEAD || t->receiving || t->heard_end)
		return bad(e, "BEGIN");
	memcpy(t->digest, r + 1, TRANSFER_DIGEST_SIZE);
	t->length = frame_get32(r + 1 + TRANSFER_DIGEST_SIZE);
	offset = frame_get32(r + 5 + TRANSFER_DIGEST_SIZE);
	if (offset >= t->length)
		return bad(e, "BEGIN with that length");
	if (go_on(t, offset, e) == -1)
		return -1;
	t->came++;
	t->receiving = true;
	t->too_large = t->length > t->max;
	if (t->too_large)
		t->length -= offset;
	if (t->too_large)
		buffer_clear(&t->coming);
	return take_octets(t, r + BEGIN_HEAD, length - BEGIN_HEAD, e);
}

static struct open_message *
find_open(struct transfer *t, uint32_t number)
{
	for (size_t i = 0; i < TRANSFER_OPEN_MAX; i++)
		if (t->open[i].used && t->open[i].number == number)
			return &t->open[i];
	return NULL;
}

static int
take_done(struct transfer *t, const unsigned char *r, size_t length,
	struct error *e)
{
	struct line_answer answer;
	struct open_message *o =
		length >= DONE_HEAD ? find_open(t, frame_get32(r + 1)) : NULL;

	if (o == NULL || r[5] > LINE_LATER ||
		length - DONE_HEAD > TRANSFER_RECEIPT_MAX ||
		(t->sending && o->number == t->number))
		return bad(e, "DONE");
	memset(&answer, 0, sizeof(answer));
	answer.outcome = (enum line_outcome)r[5];
	memcpy(answer.receipt, r + DONE_HEAD, length - DONE_HEAD);
	o->used = t->nothing = false;
	t->tally.answers[answer.outcome]++;
	return t->calls->answered(t->arg, o->tag, &answer, e);
}

static int
take_end(struct transfer *t, size_t length, struct error *e)
{
	if (length != 1 || t->heard_end || t->receiving ||
		(t->role == LINE_CENTER && !t->said_end))
		return bad(e, "END");
	t->heard_end = true;
	t->nothing = false;
	return 0;
}

static int
take_record(struct transfer *t, const unsigned char *r, size_t length,
	struct error *e)
{
	if (!t->heard_have && r[0] != RECORD_HAVE)
		return bad(e, "not HAVE first");
	switch (r[0]) {
	case RECORD_HAVE:
		return take_have(t, r, length, e);
	case RECORD_BEGIN:
		return take_begin(t, r, length, e);
	case RECORD_PIECE:
		return take_octets(t, r + 1, length - 1, e);
	case RECORD_DONE:
		return take_done(t, r, length, e);
	case RECORD_END:
		return take_end(t, length, e);
	default:
		return bad(e, "a record of no kind");
	}
}

/* --- out --- */

static int
say_have(struct transfer *t, struct error *e)
{
	unsigned char r[HAVE_SIZE] = { RECORD_HAVE };
	int rc = 1;

	if (t->calls->load != NULL)
		rc = t->calls->load(t->arg, t->part.digest, &t->part.octets, e);
	if (rc == -1)
		return -1;
	t->part.kept = rc == 0;
	if (t->part.kept && t->part.octets.length < t->max) {
		memcpy(r + 1, t->part.digest, TRANSFER_DIGEST_SIZE);
		frame_put32(r + 1 + TRANSFER_DIGEST_SIZE,
			(uint32_t)t->part.octets.length);
	}
	arq_put(t->arq, r, sizeof(r));
	t->said_have = true;
	return 0;
}

static void
say_done(struct transfer *t)
{
	unsigned char r[DONE_HEAD + TRANSFER_RECEIPT_MAX] = { RECORD_DONE };
	const size_t length = strlen(t->answer.receipt);

	frame_put32(r + 1, t->came);
	r[5] = (unsigned char)t->answer.outcome;
	memcpy(r + DONE_HEAD, t->answer.receipt, length);
	arq_put(t->arq, r, DONE_HEAD + length);
	t->owed = false;
}

static struct open_message *
find_room(struct transfer *t)
{
	for (size_t i = 0; i < TRANSFER_OPEN_MAX; i++)
		if (!t->open[i].used)
			return &t->open[i];
	return NULL;
}

static bool
all_answered(const struct transfer *t)
{
	for (size_t i = 0; i < TRANSFER_OPEN_MAX; i++)
		if (t->open[i].used)
			return false;
	return true;
}

/* Behind what stands in r already; there is room for a piece. */
static void
put_octets(struct transfer *t, unsigned char *r, size_t head)
{
	const struct buffer *m = &t->message.octets;
	size_t length = arq_piece(t->arq);

	if (length > m->length - t->at)
		length = m->length - t->at;
	memcpy(r + head, m->data + t->at, length);
	arq_put(t->arq, r, head + length);
	wipe(r + head, length);
	t->at += length;
	if (t->at < m->length)
		return;
	t->sending = false;
	buffer_clear(&t->message.octets);
}

static void
say_piece(struct transfer *t)
{
	unsigned char r[1 + ARQ_PIECE_MAX] = { RECORD_PIECE };

	put_octets(t, r, 1);
}

/* From where the other end has it, if that is what it has a part of. */
static int
say_begin(struct transfer *t, struct open_message *o, struct error *e)
{
	const struct buffer *m = &t->message.octets;
	unsigned char r[BEGIN_HEAD + ARQ_PIECE_MAX] = { RECORD_BEGIN };

	if (digest_of(m, r + 1, e) == -1)
		return -1;
	t->at = 0;
	if (t->there.offset < m->length &&
		memcmp(r + 1, t->there.digest, TRANSFER_DIGEST_SIZE) == 0) {
		t->at = t->there.offset;
		t->there.offset = 0;
	}
	frame_put32(r + 1 + TRANSFER_DIGEST_SIZE, (uint32_t)m->length);
	frame_put32(r + 5 + TRANSFER_DIGEST_SIZE, (uint32_t)t->at);
	*o = (struct open_message){ true, ++t->number, t->message.tag };
	t->sending = true;
	t->tally.sent++;
	t->tally.sent_octets += m->length - t->at;
	put_octets(t, r, BEGIN_HEAD);
	return 0;
}

/* 1: there is none. */
static int
begin(struct transfer *t, struct error *e)
{
	struct open_message *o = find_room(t);
	int rc;

	if (o == NULL || t->nothing || t->said_end)
		return 1;
	rc = t->calls->next(t->arg, &t->message, e);
	t->nothing = rc == 1;
	if (rc != 0)
		return rc;
	return t->message.octets.length > 0
		? say_begin(t, o, e)
		: error_set(e, ERROR_TROUBLE, "an empty message");
}

static bool
is_end(const struct transfer *t)
{
	return !t->said_end && t->nothing && all_answered(t) && !t->receiving &&
		!t->owed && (t->role == LINE_CENTER || t->heard_end);
}

static void
say_end(struct transfer *t)
{
	static const unsigned char r[] = { RECORD_END };

	arq_put(t->arq, r, sizeof(r));
	t->said_end = true;
}

/* 1: nothing is to be said now. */
static int
put_one(struct transfer *t, struct error *e)
{
	int rc;

	if (!t->said_have)
		return say_have(t, e);
	if (t->owed) {
		say_done(t);
		return 0;
	}
	if (!t->heard_have)
		return 1;
	if (t->sending) {
		say_piece(t);
		return 0;
	}
	rc = begin(t, e);
	if (rc == 1 && is_end(t)) {
		say_end(t);
		return 0;
	}
	return rc;
}

/* An answer that is owed goes before what comes next is looked at. */
int
transfer_work(struct transfer *t, struct error *e)
{
	const unsigned char *r;
	size_t length;
	int rc = 0;

	while (rc == 0) {
		r = t->owed ? NULL : arq_take(t->arq, &length);
		if (r != NULL)
			rc = take_record(t, r, length, e);
		else
			rc = arq_room(t->arq) ? put_one(t, e) : 1;
	}
	return rc == 1 ? 0 : -1;
}
