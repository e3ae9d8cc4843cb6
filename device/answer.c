/*
 * csrc-device answer. The request counts as answered before the answer is
 * printed: if we are stopped between the two no answer gets out, and the
 * center asks again under a new Email-ID. The other order could give two
 * answers to one request.
 */
#include <stdlib.h>

#include "device/answering.h"
#include "device/commands.h"
#include "device/mail.h"
#include "device/received.h"
#include "device/state.h"

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
command_answer(
	const struct arguments *a, const struct keyring *ring, struct error *e)
{
	struct received *r = calloc(1, sizeof(*r));
	struct buffer mail = { 0 };
	int rc = -1;

	if (r == NULL)
		return error_memory(e);
	if (received_read(a, &ring->keys[0], r, e) == 0 &&
		received_fresh(r, a->now, e) == 0 &&
		answering_make(a, r, &mail, e) == 0)
		rc = give(a, r, &mail, e);
	buffer_clear(&mail);
	received_clear(r);
	free(r);
	return rc;
}
