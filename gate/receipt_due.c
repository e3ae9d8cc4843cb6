/*
 * Who has a receipt forgets the message. So there is none while it is to come
 * again, and none for a refusal that is not of the message but of the way that
 * it took: anybody could send a copy that way, to make its owner forget what
 * never came. And none for an agent that is disabled: it keeps what it has,
 * which is a fleet's readings, and may be enabled again.
 */
#include "gate/receipt_due.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wipe.h"
#include "gate/verdict.h"

int
receipt_due_note(struct receipt_due *due, const struct key *key, int64_t now,
	struct error *e)
{
	struct receipt *r = &due->receipt;

	if (receipt_key(key->secret, key->length, due->key, e) == -1)
		return -1;
	memcpy(r->principal, key->principal, sizeof(r->principal));
	memcpy(r->key_id, key->id, key->id_length);
	r->key_id_length = key->id_length;
	r->date = now;
	due->opened = true;
	return 0;
}

/* Is the message done with, and how? */
static bool
find_state(const struct verdict *v, enum receipt_state *state_r)
{
	const bool kept = verdict_must_keep(v) && v->quarantined;

	*state_r = v->kind == VERDICT_GENUINE || v->kind == VERDICT_DUPLICATE ||
			kept
		? RECEIPT_TAKEN
		: RECEIPT_FINAL;
	return v->disposal != DISPOSAL_LATER &&
		v->reason != REASON_WRONG_ORIGIN &&
		v->reason != REASON_WRONG_CENTER && !v->halted;
}

static int
make(struct receipt_due *due, const struct arrival *m, struct buffer *text,
	struct error *e)
{
	const struct crypto_span all = { m->octets, m->length };

	return crypto_sha256(&all, 1, due->receipt.digest, e) == 0
		? receipt_write(&due->receipt, due->key, text, e)
		: -1;
}

void
receipt_due_give(
	struct receipt_due *due, const struct arrival *m, struct verdict *v)
{
	struct buffer text = { .limit = sizeof(v->receipt) - 1 };
	struct error e;

	if (due->opened && find_state(v, &due->receipt.state)) {
		if (make(due, m, &text, &e) == 0)
			(void)text_copy(v->receipt, sizeof(v->receipt),
				(const char *)text.data);
		else
			log_warn("%s: no receipt: %s", m->trace, e.text);
	}
	buffer_clear(&text);
	wipe(due, sizeof(*due));
}
