/*
 * csrc-device answer. The request counts as answered before the answer is
 * printed: if we are stopped between the two no answer gets out, and the
 * center asks again under a new Email-ID. The other order could give two
 * answers to one request.
 */
#include <stdlib.h>

#include "device/commands.h"
#include "device/enclosed.h"
#include "device/header.h"
#include "device/mail.h"
#include "device/received.h"
#include "device/state.h"

enum { ADDRESS_SIZE = 256, MESSAGE_ID_SIZE = 512 };

/* The answer's whole mail; the addresses are the request's, turned round. */
static int
make(const struct arguments *a, const struct device_key *key,
	const struct received *r, struct buffer *mail, struct error *e)
{
	struct buffer entity = { 0 };
	struct claims claims = r->request.claims;
	char from[ADDRESS_SIZE], to[ADDRESS_SIZE], id[MESSAGE_ID_SIZE];
	struct outer outer = { .from = a->from,
		.to = a->to,
		.subject = "CSRC answer",
		.claims = &claims,
		.date = a->now };
	int rc = -1;

	if (a->from == NULL &&
		header_address(&r->mail, "To", from, sizeof(from)))
		outer.from = from;
	if (a->to == NULL && header_address(&r->mail, "From", to, sizeof(to)))
		outer.to = to;
	if (header_value(&r->mail, "Message-ID", id, sizeof(id)))
		outer.reply_to_id = id;
	if (enclosed_make(a, &claims, &entity, e) == 0)
		rc = mail_make(&outer, &entity, key, mail, e);
	buffer_clear(&entity);
	return rc;
}

/* Only now is the request used up. */
static int
give(const struct arguments *a, const struct received *r,
	const struct buffer *mail, struct error *e)
{
	struct state *state;
	int rc;

	if (state_open(a->state, a->now, &state, e))
		return -1;
	rc = state_add(
		state, r->request.claims.email_id, r->request.expires, e);
	state_close(&state);
	return rc == 0 ? mail_print(mail, e) : -1;
}

int
command_answer(const struct arguments *a, const struct device_key *key,
	struct error *e)
{
	struct received *r = calloc(1, sizeof(*r));
	struct buffer mail = { 0 };
	int rc = -1;

	if (r == NULL)
		return error_memory(e);
	if (received_read(a, key, r, e) == 0 &&
		received_fresh(r, a->now, e) == 0 &&
		make(a, key, r, &mail, e) == 0)
		rc = give(a, r, &mail, e);
	buffer_clear(&mail);
	received_clear(r);
	free(r);
	return rc;
}
