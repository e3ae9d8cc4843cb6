/*
 * The end of a mail, once all of it is there: first what it is to devices, then
 * what it is to centers. The libmilter calls that change a mail are here; those
 * that make a conversation are session.c's.
 */
#include "milter/finish.h"

#include <libmilter/mfapi.h>
#include <limits.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "outgoing/stamping.h"

/* compose_field takes no longer line; a space, and NUL. */
enum { FIELD_SIZE = 998 + 2 };

const char *
session_macro(struct smfi_str *ctx, const char *name)
{
	const char *value = smfi_getsymval(ctx, (char *)name);

	return value != NULL ? value : "";
}

static enum disposal
judge(struct smfi_str *ctx, const struct session *s)
{
	const char *queue_id = session_macro(ctx, "i");
	struct verdict verdict = { .disposal = DISPOSAL_LATER };
	struct error e;
	struct arrival arrival;

	if (transaction_arrival(s->transaction, &arrival, &e) == -1) {
		log_error("%s: verdict=trouble (%s)", queue_id, e.text);
		return DISPOSAL_LATER;
	}
	arrival.trace = queue_id;
	arrival.evidence.client = s->client;
	if (!load_begin(s->load))
		return DISPOSAL_LATER;
	gate_judge(s->gate, &arrival, &verdict);
	load_end(s->load);
	return verdict.disposal;
}

/*
 * Takes some recipients' copies from a mail that others get too. If one cannot
 * be deleted the whole mail is to come again: all or nothing.
 */
static enum disposal
take_away(struct smfi_str *ctx, char *const *address)
{
	char token[TEXT_TOKEN_SIZE];

	for (; *address != NULL; address++) {
		if (smfi_delrcpt(ctx, *address) != MI_SUCCESS) {
			text_token(*address, token, sizeof(token));
			log_error("%s: cannot delete recipient %s",
				session_macro(ctx, "i"), token);
			return DISPOSAL_LATER;
		}
	}
	return DISPOSAL_PASS;
}

/*
 * Discarding and rejecting speak for the whole mail, and the others' mail is
 * not ours to lose: for a mixed one both mean to take the center's copy away.
 */
static enum disposal
dispose(struct smfi_str *ctx, const struct transaction *t,
	enum disposal disposal)
{
	if (transaction_is_mixed(t) &&
		(disposal == DISPOSAL_TAKE || disposal == DISPOSAL_REFUSE))
		return take_away(ctx, transaction_addresses(t));
	return disposal;
}

/* What outgoing_apply changes mail by. */
static int
remove_field(void *ctx, const char *name, int index)
{
	return smfi_chgheader(ctx, (char *)name, index, NULL) == MI_SUCCESS
		? 0
		: -1;
}

static int
add_field(void *ctx, const char *name, const char *value)
{
	const struct session *s = smfi_getpriv(ctx);
	char spaced[FIELD_SIZE];

	if (!text_format(spaced, sizeof(spaced), "%s%s",
		    s->leading_space ? " " : "", value))
		return -1;
	return smfi_addheader(ctx, (char *)name, spaced) == MI_SUCCESS ? 0 : -1;
}

static int
replace_body(void *ctx, const unsigned char *octets, size_t length)
{
	if (length > INT_MAX)
		return -1;
	return smfi_replacebody(ctx, (unsigned char *)octets, (int)length) ==
			MI_SUCCESS
		? 0
		: -1;
}

/* Once a stamp is due the mail leaves with all of it or not at all. */
static enum disposal
apply(struct smfi_str *ctx, const struct outgoing *mail,
	const struct stamp *stamp)
{
	const struct editor editor = { .arg = ctx,
		.remove = remove_field,
		.add = add_field,
		.body = replace_body };
	struct error e;

	if (outgoing_apply(mail, stamp, &editor, &e) == 0)
		return DISPOSAL_PASS;
	log_error("%s: not sent to device %s: %s", mail->queue_id,
		mail->serials[0], e.text);
	return DISPOSAL_LATER;
}

/* A mail to a device; stamp->text is for the submitter. */
static enum disposal
send_out(struct smfi_str *ctx, const struct session *s, struct stamp *stamp)
{
	struct outgoing mail;
	struct error e;

	if (transaction_outgoing(s->transaction, &mail, &e) == -1) {
		log_error("%s: outgoing=trouble (%s)", session_macro(ctx, "i"),
			e.text);
		return DISPOSAL_LATER;
	}
	mail.queue_id = session_macro(ctx, "i");
	if (!load_begin(s->load))
		return DISPOSAL_LATER;
	outgoing_stamp(s->gate, &mail, stamp);
	load_end(s->load);
	switch (stamp->kind) {
	case OUTGOING_PASS:
		return DISPOSAL_PASS;
	case OUTGOING_DELETE:
		return take_away(
			ctx, transaction_device_addresses(s->transaction));
	case OUTGOING_STAMP:
		return apply(ctx, &mail, stamp);
	case OUTGOING_REFUSE:
		return DISPOSAL_REFUSE;
	case OUTGOING_TROUBLE:
		break;
	}
	return DISPOSAL_LATER;
}

enum disposal
finish(struct smfi_str *ctx, const struct session *s, char *text_r, size_t size)
{
	const struct transaction *t = s->transaction;
	struct stamp stamp = { .kind = OUTGOING_PASS };
	enum disposal disposal = DISPOSAL_PASS;

	text_r[0] = '\0';
	if (transaction_has_device(t))
		disposal = send_out(ctx, s, &stamp);
	if (disposal == DISPOSAL_REFUSE)
		(void)text_copy(text_r, size, stamp.text);
	if (disposal == DISPOSAL_PASS && transaction_has_center(t))
		disposal = dispose(ctx, t, judge(ctx, s));
	buffer_clear(&stamp.body);
	return disposal;
}
