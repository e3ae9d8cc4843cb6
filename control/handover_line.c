/*
 * The verbs of a line: what is asked, and what is read out of the answer.
 */
#include "control/handover_line.h"

#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "control/handover_call.h"

enum {
	LINE_MAX_OCTETS = 512,
	KEY_ID_OCTETS_MAX = 64,
	HEX_SIZE = 2 * KEY_ID_OCTETS_MAX + 1
};

static bool
take_hex(const json_t *o, const char *name, unsigned char *out, size_t size)
{
	char hex[HEX_SIZE];
	bool good = call_text(o, name, false, hex, sizeof(hex)) &&
		text_unhex(hex, out, size) == (int)size;

	wipe(hex, sizeof(hex));
	return good;
}

/* The one object that was answered; NULL: none, and e says so. */
static json_t *
read_object(struct call *c, struct error *e)
{
	struct buffer line = { 0 };
	json_t *o = NULL;

	if (call_whole(c->files.out, LINE_MAX_OCTETS, &line, e) == 0) {
		o = line.length > 0
			? call_load((const char *)line.data, line.length)
			: NULL;
		if (o == NULL)
			call_senseless(e);
	}
	buffer_clear(&line);
	return o;
}

static int
read_nonce(struct call *c, unsigned char nonce_r[PROVE_NONCE_SIZE],
	struct error *e)
{
	json_t *o;
	int rc;

	if (c->code != EXIT_DONE)
		return call_why(c, e);
	o = read_object(c, e);
	if (o == NULL)
		return -1;
	rc = take_hex(o, "nonce", nonce_r, PROVE_NONCE_SIZE)
		? 0
		: call_senseless(e);
	json_decref(o);
	return rc;
}

int
handover_prove_begin(struct client *client, const char *center,
	unsigned char nonce_r[PROVE_NONCE_SIZE], struct error *e)
{
	struct call c;
	int rc = -1;

	if (call_begin(&c, "prove", e) == -1)
		return -1;
	call_word(&c, "begin");
	call_word(&c, center);
	if (call_ask(client, &c, e) == 0)
		rc = read_nonce(&c, nonce_r, e);
	call_end(&c);
	return rc;
}

static bool
take_proved(const json_t *o, struct handover_proved *p)
{
	p->proved = json_is_true(json_object_get(o, "proved"));
	return !p->proved ||
		(take_hex(o, "proof", p->proof, sizeof(p->proof)) &&
			take_hex(o, "session", p->session, sizeof(p->session)));
}

/* That the nonce is gone is no word on the device. */
static int
read_proved(struct call *c, struct handover_proved *p, struct error *e)
{
	json_t *o;
	int rc;

	if (c->code != EXIT_DONE && c->code != EXIT_NO) {
		call_why(c, e);
		e->code = ERROR_TROUBLE;
		return -1;
	}
	o = read_object(c, e);
	if (o == NULL)
		return -1;
	rc = take_proved(o, p) && p->proved == (c->code == EXIT_DONE)
		? 0
		: call_senseless(e);
	json_decref(o);
	return rc;
}

int
handover_prove_check(struct client *client, const struct handover_claim *claim,
	struct handover_proved *proved_r, struct error *e)
{
	char nonce[HEX_SIZE], key_id[HEX_SIZE], device[HEX_SIZE];
	char proof[HEX_SIZE];
	struct call c;
	int rc = -1;

	memset(proved_r, 0, sizeof(*proved_r));
	text_hex(claim->nonce, PROVE_NONCE_SIZE, nonce);
	text_hex(claim->key_id, claim->key_id_length, key_id);
	text_hex(claim->device_nonce, PROVE_NONCE_SIZE, device);
	text_hex(claim->proof, PROVE_PROOF_SIZE, proof);
	if (call_begin(&c, "prove", e) == -1)
		return -1;
	call_word(&c, "check");
	call_option(&c, "--client", claim->client);
	call_word(&c, "--");
	call_word(&c, nonce);
	call_word(&c, claim->serial);
	call_word(&c, key_id);
	call_word(&c, device);
	call_word(&c, proof);
	if (call_ask(client, &c, e) == 0)
		rc = read_proved(&c, proved_r, e);
	call_end(&c);
	return rc;
}
