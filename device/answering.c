#include "device/answering.h"

#include "device/enclosed.h"
#include "device/header.h"
#include "device/mail.h"

enum { ADDRESS_SIZE = 256, MESSAGE_ID_SIZE = 512 };

/* The addresses are the request's, turned round. */
int
answering_make(const struct arguments *a, const struct received *r,
	struct buffer *mail, struct error *e)
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
		rc = mail_make(&outer, &entity, r->key, mail, e);
	buffer_clear(&entity);
	return rc;
}
