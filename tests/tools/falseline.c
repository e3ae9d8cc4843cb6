/*
 * falseline HOW SOCKET: csrc-line taken over by somebody, for tests. It has the
 * rights of csrc-line at the daemon, and uses them on the call on its standard
 * input and output, of a device of center K0001:
 *
 *     lies      says of each message that it is taken, with a receipt of its
 * own silent    the same without a receipt calls     asks the daemon for proofs
 * that would do for the device: gives it the center's proof, and the device's
 * own with another nonce. Exits with 0 if it got none.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/text.h"
#include "control/handover_line.h"
#include "line/pump.h"
#include "parser/entity.h"

#define CENTER "K0001"
/* As a receipt looks; whoever made it had no key. */
#define RECEIPT                                                              \
	"CSRC-Receipt: 1\nPrincipal: device:A4FM021007478\nKey-Id: 0a1b\n"   \
	"Digest: sha-256="                                                   \
	"2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a\n" \
	"State: taken\nDate: 2026-11-30T12:00:00Z\nMAC: "                    \
	"bc0fadeb2807d7c55bf4894c2b8d68e474e9b87e6e6ff24a76596b62ac308a69\n"

struct falseline {
	struct client *client;
	const char *how;
	unsigned char nonce[PROVE_NONCE_SIZE];
	bool got; /* a proof that it should not have */
};

/* What the daemon says of a proof, on a call of its own. */
static bool
is_taken(struct falseline *f, const struct transcript *t,
	const unsigned char *proof)
{
	unsigned char nonce[PROVE_NONCE_SIZE];
	struct handover_proved proved;
	struct error e;
	const struct handover_claim claim = { .nonce = nonce,
		.serial = t->serial,
		.key_id = t->key_id,
		.key_id_length = t->key_id_length,
		.device_nonce = t->device_nonce,
		.proof = proof };

	return handover_prove_begin(f->client, CENTER, nonce, &e) == 0 &&
		handover_prove_check(f->client, &claim, &proved, &e) == 0 &&
		proved.proved;
}

static int
check(void *arg, const struct transcript *t,
	const unsigned char said[PROOF_SIZE], unsigned char own_r[PROOF_SIZE],
	unsigned char session_r[PROOF_SESSION_SIZE], struct error *e)
{
	struct falseline *f = arg;
	struct handover_proved proved;
	const struct handover_claim claim = { .nonce = t->center_nonce,
		.serial = t->serial,
		.key_id = t->key_id,
		.key_id_length = t->key_id_length,
		.device_nonce = t->device_nonce,
		.proof = said };

	if (handover_prove_check(f->client, &claim, &proved, e) == -1)
		return -1;
	if (!proved.proved)
		return 1;
	memcpy(own_r, proved.proof, PROOF_SIZE);
	memcpy(session_r, proved.session, PROOF_SESSION_SIZE);
	if (strcmp(f->how, "calls") == 0)
		f->got = is_taken(f, t, said) || is_taken(f, t, proved.proof) ||
			is_taken(f, t, proved.session);
	return 0;
}

static int
next(void *arg, struct line_message *m, struct error *e)
{
	(void)arg;
	(void)m;
	(void)e;
	return 1;
}

static int
answered(void *arg, uint64_t tag, const struct line_answer *answer,
	struct error *e)
{
	(void)arg;
	(void)tag;
	(void)answer;
	(void)e;
	return 0;
}

static int
arrived(void *arg, const struct buffer *octets, struct line_answer *answer_r,
	struct error *e)
{
	const struct falseline *f = arg;

	(void)octets;
	(void)e;
	answer_r->outcome = LINE_TAKEN;
	if (strcmp(f->how, "lies") == 0)
		text_copy(
			answer_r->receipt, sizeof(answer_r->receipt), RECEIPT);
	return 0;
}

static int
run(struct falseline *f, struct error *e)
{
	static const struct handshake_calls handshake = { .check = check };
	static const struct transfer_calls transfer = { next, answered, arrived,
		NULL, NULL };
	const struct line_options options = { .role = LINE_CENTER,
		.center = CENTER,
		.nonce = f->nonce,
		.limits = line_limits_default,
		.handshake = &handshake,
		.transfer = &transfer,
		.arg = f };
	struct line *l;

	if (handover_prove_begin(f->client, CENTER, f->nonce, e) == -1 ||
		line_open(&options, clock_milliseconds(), &l, e) == -1)
		return -1;
	pump_run(l, STDIN_FILENO, STDOUT_FILENO, -1);
	line_close(&l);
	return 0;
}

int
main(int argc, char **argv)
{
	struct falseline f = { .how = argc == 3 ? argv[1] : "" };
	struct error e;
	int rc = -1;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && crypto_init(&e) == 0 && parser_init(&e) == 0 &&
		client_open(argv[2], 30, &f.client, &e) == 0) {
		rc = run(&f, &e);
		client_close(&f.client);
	}
	if (rc == -1)
		fprintf(stderr, "falseline: %s\n", argc == 3 ? e.text : "how?");
	return rc == -1 || f.got;
}
