/*
 * The verbs by which a line's program has a device proved, csrc-line(5). It
 * hears yes or no, and with yes what is good for this one call; why not is in
 * the log.
 */
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "gate/prove.h"
#include "parser/claims.h"

#define CHANNEL_LINE "line"

enum { NONCE, SERIAL, KEY_ID, DEVICE_NONCE, PROOF };

static bool
is_line(const struct command_context *c)
{
	return c->role == NULL ||
		(c->channel != NULL && strcmp(c->channel, CHANNEL_LINE) == 0);
}

static enum exit_code
not_allowed(struct command_context *c)
{
	return command_refused(c, ERROR_DENIED, "not allowed");
}

static int
begin(struct command_context *c, const char *text, struct error *e)
{
	unsigned char nonce[PROOF_NONCE_SIZE];
	char center[CENTER_ID_SIZE], hex[2 * sizeof(nonce) + 1];

	if (!claims_center(text, strlen(text), center))
		return error_set(e, ERROR_BAD, "no center ID");
	if (prove_begin(c->gate, c->connection, center, nonce, e) == -1)
		return -1;
	text_hex(nonce, sizeof(nonce), hex);
	return output_json(c->out, e, "{s:s}", "nonce", hex);
}

enum exit_code
command_prove_begin(struct command_context *c, const struct arguments *a)
{
	struct error e;

	if (!is_line(c))
		return not_allowed(c);
	return begin(c, a->operands[0], &e) == 0 ? EXIT_DONE
						 : command_failed(c, &e);
}

static bool
read_hex(const char *text, unsigned char *out, size_t size)
{
	return text_unhex(text, out, size) == (int)size;
}

static int
read_claim(
	const struct arguments *a, struct prove_claim *claim, struct error *e)
{
	struct transcript *t = &claim->transcript;
	const char *serial = a->operands[SERIAL];
	const int length =
		text_unhex(a->operands[KEY_ID], t->key_id, sizeof(t->key_id));

	t->key_id_length = length > 0 ? (size_t)length : 0;
	if (length <= 0 || !claims_serial(serial, strlen(serial), t->serial) ||
		!read_hex(a->operands[NONCE], t->center_nonce,
			sizeof(t->center_nonce)) ||
		!read_hex(a->operands[DEVICE_NONCE], t->device_nonce,
			sizeof(t->device_nonce)) ||
		!read_hex(
			a->operands[PROOF], claim->proof, sizeof(claim->proof)))
		return error_set(e, ERROR_BAD, "nothing that a device says");
	claim->client = options_value(a, "client");
	return 0;
}

static int
say(struct command_context *c, const struct proofs *p, struct error *e)
{
	char proof[2 * PROOF_SIZE + 1], session[2 * PROOF_SESSION_SIZE + 1];
	int rc;

	text_hex(p->center, sizeof(p->center), proof);
	text_hex(p->session, sizeof(p->session), session);
	rc = output_json(c->out, e, "{s:b,s:s,s:s}", "proved", 1, "proof",
		proof, "session", session);
	wipe(proof, sizeof(proof));
	wipe(session, sizeof(session));
	return rc;
}

/* 1: yes, 0: no; said. */
static int
check(struct command_context *c, const struct arguments *a, struct error *e)
{
	struct prove_claim claim = { .connection = c->connection };
	struct proofs proofs;
	int rc = -1, proved;

	if (read_claim(a, &claim, e) == -1)
		return -1;
	proved = prove_check(c->gate, &claim, &proofs, e);
	if (proved == 1)
		rc = say(c, &proofs, e);
	else if (proved == 0)
		rc = output_json(c->out, e, "{s:b}", "proved", 0);
	wipe(&proofs, sizeof(proofs));
	return rc == -1 ? -1 : proved;
}

enum exit_code
command_prove_check(struct command_context *c, const struct arguments *a)
{
	struct error e;
	int rc;

	if (!is_line(c))
		return not_allowed(c);
	rc = check(c, a, &e);
	if (rc == -1)
		return command_failed(c, &e);
	return rc == 1 ? EXIT_DONE : EXIT_NO;
}
