/*
 * A message is forgotten only when whoever has the device's key says that the
 * center has it: the receipt is under that key, names this device, and has the
 * digest of the octets that the queue holds.
 */
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "device/poll.h"
#include "parser/principal.h"
#include "parser/receipt.h"

/* The message of that ID, of which a receipt may speak; false: there is none.
 */
static bool
find_message(struct poll *p, const char *id, char name[NAMES_INBOX_SIZE],
	struct buffer *message, struct error *e)
{
	text_format(name, NAMES_INBOX_SIZE, "%s.%s.p7m", p->spelled, id);
	return queue_read(p->queue, name, message, e) == 0;
}

/* Under one of our keys? */
static int
check_seal(const struct poll *p, const struct buffer *text, struct receipt *r,
	struct error *e)
{
	for (size_t i = 0; i < p->ring->count; i++)
		if (receipt_check(text->data, text->length,
			    p->ring->keys[i].key, p->ring->keys[i].length, r,
			    e) == 0)
			return 0;
		else if (e->code == ERROR_TROUBLE)
			return -1;
	return p->ring->count > 0
		? -1
		: error_set(e, ERROR_DENIED, "there is no key to check it");
}

/* ERROR_TROUBLE: nobody knows. Everything else: it is no receipt for it. */
static int
check(const struct poll *p, const struct buffer *text,
	const struct buffer *message, struct receipt *r, struct error *e)
{
	const struct crypto_span span = { message->data, message->length };
	unsigned char digest[SHA256_SIZE];
	char own[PRINCIPAL_SIZE];

	if (check_seal(p, text, r, e) || crypto_sha256(&span, 1, digest, e))
		return -1;
	if (!principal_spell(PRINCIPAL_DEVICE, p->a->own.serial, own) ||
		!principal_same(r->principal, own))
		return error_set(e, ERROR_DENIED, "it is another's");
	if (memcmp(r->digest, digest, sizeof(digest)) != 0)
		return error_set(e, ERROR_DENIED, "it is for other octets");
	return 0;
}

static int
forget(struct poll *p, const char *name, enum receipt_state state,
	struct error *e)
{
	if (state == RECEIPT_TAKEN) {
		if (queue_forget(p->queue, name, e))
			return -1;
		poll_say("taken %s", name);
		return 0;
	}
	if (queue_refuse(p->queue, name, e))
		return -1;
	poll_warn("the center refused %s for good; it is kept in %s/refused",
		name, p->a->queue);
	p->refused++;
	return 0;
}

static int
take(struct poll *p, const char *name, const struct buffer *text,
	const struct buffer *message, bool *good_r, struct error *e)
{
	struct receipt r;

	*good_r = check(p, text, message, &r, e) == 0;
	if (*good_r)
		return forget(p, name, r.state, e);
	if (e->code == ERROR_TROUBLE)
		return -1;
	p->refused++;
	return 0;
}

int
poll_take_receipt(struct poll *p, const char *name, const struct buffer *text,
	bool *good_r, struct error *e)
{
	struct buffer message = { 0 };
	int rc = queue_read(p->queue, name, &message, e);

	*good_r = false;
	if (rc == 0)
		rc = take(p, name, text, &message, good_r, e);
	buffer_clear(&message);
	return rc;
}

/* 0: text is what the server has; 1: it is not to be had, or nothing. */
static int
get(struct poll *p, const struct poll_name *n, struct buffer *text)
{
	char path[POLL_PATH_SIZE];
	struct error e;

	poll_path(p, n->name, path);
	if (dav_get(p->dav, path, RECEIPT_MAX, text, NULL, &e) == 0)
		return 0;
	if (e.code == ERROR_NOT_FOUND)
		return 1;
	poll_warn("%s: %s", n->name, e.text);
	if (e.code == ERROR_LIMIT) {
		poll_delete(p, n->name);
		p->refused++;
	} else {
		p->left++;
	}
	return 1;
}

int
poll_receipt(struct poll *p, const struct poll_name *n, struct error *e)
{
	struct buffer message = { 0 }, text = { 0 };
	char name[NAMES_INBOX_SIZE];
	bool good;
	int rc = 0;

	if (!find_message(p, n->id, name, &message, e)) {
		rc = e->code == ERROR_NOT_FOUND ? 0 : -1;
		/* one that we had before, and could not delete then */
		if (rc == 0)
			poll_delete(p, n->name);
	} else if (get(p, n, &text) == 0) {
		rc = take(p, name, &text, &message, &good, e);
		if (rc == 0 && !good)
			poll_warn("%s is forged, and deleted: %s", n->name,
				e->text);
		if (rc == 0)
			poll_delete(p, n->name);
	}
	buffer_clear(&text);
	buffer_clear(&message);
	return rc;
}
