/*
 * Lines: octets as they may come over one, and records as they may come from
 * somebody who has proved who he is.
 */
#include "tests/fuzz/targets.h"

#include <stdlib.h>
#include <string.h>

#include "line/line.h"

enum { MESSAGE_MAX = 4096 };

static void
must(bool held)
{
	if (!held)
		abort();
}

static int
check(void *arg, const struct transcript *t,
	const unsigned char said[PROOF_SIZE], unsigned char own_r[PROOF_SIZE],
	unsigned char session_r[PROOF_SESSION_SIZE], struct error *e)
{
	char serial[SERIAL_SIZE];

	(void)arg;
	(void)said;
	(void)e;
	must(claims_serial(t->serial, strlen(t->serial), serial));
	must(t->key_id_length > 0 && t->key_id_length <= KEY_ID_MAX);
	memset(own_r, 1, PROOF_SIZE);
	memset(session_r, 2, PROOF_SESSION_SIZE);
	return 0;
}

static int
answer(void *arg, struct transcript *t, struct proofs *proofs_r,
	struct error *e)
{
	(void)arg;
	(void)e;
	memcpy(t->serial, "A", 2);
	t->key_id_length = 1;
	memset(proofs_r, 1, sizeof(*proofs_r));
	return 0;
}

static int
next(void *arg, struct line_message *m, struct error *e)
{
	size_t *left = arg;

	(void)e;
	if (*left == 0)
		return 1;
	m->tag = --*left;
	must(buffer_append(&m->octets, "message", 7) == BUFFER_OK);
	return 0;
}

static int
answered(void *arg, uint64_t tag, const struct line_answer *a, struct error *e)
{
	(void)arg;
	(void)e;
	must(tag < 3 && a->outcome <= LINE_LATER);
	must(strlen(a->receipt) < sizeof(a->receipt));
	return 0;
}

static int
arrived(void *arg, const struct buffer *octets, struct line_answer *a,
	struct error *e)
{
	(void)arg;
	(void)e;
	must(octets->length > 0 && octets->length <= MESSAGE_MAX);
	a->outcome = LINE_TAKEN;
	return 0;
}

static int
load(void *arg, unsigned char digest_r[TRANSFER_DIGEST_SIZE],
	struct buffer *octets, struct error *e)
{
	(void)arg;
	(void)e;
	memset(digest_r, 3, TRANSFER_DIGEST_SIZE);
	must(buffer_append(octets, "kept", 4) == BUFFER_OK);
	return 0;
}

static int
keep(void *arg, const unsigned char digest[TRANSFER_DIGEST_SIZE],
	const struct buffer *octets, struct error *e)
{
	(void)arg;
	(void)digest;
	(void)e;
	must(octets->length <= MESSAGE_MAX);
	return 0;
}

static const struct transfer_calls transfers = { next, answered, arrived, load,
	keep };

/* As they come, in pieces, with the time going on between. */
static void
feed_octets(enum line_role role, const uint8_t *data, size_t size)
{
	static const struct handshake_calls handshakes = { check, answer };
	static const unsigned char nonce[PROOF_NONCE_SIZE] = { 4 };
	size_t left = 3;
	struct line_options o = { .role = role,
		.center = "K0001",
		.nonce = nonce,
		.limits = line_limits_default,
		.handshake = &handshakes,
		.transfer = &transfers,
		.arg = &left };
	unsigned char out[256];
	struct line *l;
	struct error e;

	o.limits.message = MESSAGE_MAX;
	must(line_open(&o, 0, &l, &e) == 0);
	for (size_t i = 0, n; i < size; i += n) {
		n = size - i < 61 ? size - i : 61;
		line_feed(l, data + i, n, (int64_t)i * 10);
		(void)line_output(l, out, sizeof(out), (int64_t)i * 10);
		(void)line_due(l);
	}
	line_hung_up(l, (int64_t)size * 10);
	must(line_state(l) != LINE_GOES_ON);
	line_close(&l);
}

/* What one end's frames bring the other. */
static void
carry(struct arq *from, struct arq *to)
{
	unsigned char frame[FRAME_MAX];
	size_t length;

	while ((length = arq_due(from, 0, frame)) > 0)
		arq_frame(to, frame, length, 0);
}

/* Records with their length in two octets before them. */
static void
feed_records(enum line_role role, const uint8_t *data, size_t size)
{
	static const unsigned char key[PROOF_SESSION_SIZE] = { 5 };
	const enum line_role other =
		role == LINE_CENTER ? LINE_DEVICE : LINE_CENTER;
	size_t left = 3, length;
	struct arq *mine, *yours;
	struct transfer *t;
	struct error e;
	int rc = 0;

	must(arq_open(role, key, 0, &mine, &e) == 0 &&
		arq_open(other, key, 0, &yours, &e) == 0 &&
		transfer_open(role, mine, MESSAGE_MAX, &transfers, &left, &t,
			&e) == 0);
	while (rc == 0 && size > 2 && arq_room(yours)) {
		length = (size_t)(data[0] << 8 | data[1]) % ARQ_RECORD_MAX + 1;
		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		arq_put(yours, data, length);
		data += length;
		size -= length;
		carry(yours, mine);
		rc = transfer_work(t, &e);
		carry(mine, yours);
		while (arq_take(yours, &length) != NULL)
			continue;
	}
	(void)transfer_over(t);
	transfer_close(&t);
	arq_close(&mine);
	arq_close(&yours);
}

void
target_line(const uint8_t *data, size_t size)
{
	const enum line_role role =
		size > 0 && (data[0] & 1) != 0 ? LINE_DEVICE : LINE_CENTER;

	if (size < 1)
		return;
	if ((data[0] & 2) != 0)
		feed_records(role, data + 1, size - 1);
	else
		feed_octets(role, data + 1, size - 1);
}
