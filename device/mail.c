/*
 * Outer header, seal, base64, CRLF: ready for sendmail(8) or any SMTP client.
 */
#include "device/mail.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "parser/compose.h"
#include "parser/seal.h"

enum { MESSAGE_ID_OCTETS = 16 };

static int
put_message_id(struct buffer *mail, const char *from, struct error *e)
{
	unsigned char octets[MESSAGE_ID_OCTETS];
	char hex[2 * MESSAGE_ID_OCTETS + 1], host[256], text[600];
	const char *at = from == NULL ? NULL : strrchr(from, '@');

	if (crypto_random(octets, sizeof(octets), e))
		return -1;
	text_hex(octets, sizeof(octets), hex);
	if (at == NULL && gethostname(host, sizeof(host)) == -1)
		strcpy(host, "localhost");
	host[sizeof(host) - 1] = '\0';
	text_format(
		text, sizeof(text), "<%s@%s>", hex, at == NULL ? host : at + 1);
	return compose_field(mail, "Message-ID", text, e);
}

static int
put_optional(struct buffer *mail, const char *name, const char *value,
	struct error *e)
{
	return value == NULL ? 0 : compose_field(mail, name, value, e);
}

/* The entity has its own claims and Date, and they stand outside then. */
static int
put_plain(struct buffer *mail, const struct buffer *entity, struct error *e)
{
	if (buffer_append(mail, entity->data, entity->length) != BUFFER_OK)
		return error_memory(e);
	return 0;
}

static int
put_sealed(struct buffer *mail, const struct outer *o,
	const struct buffer *entity, const struct device_key *key,
	struct error *e)
{
	struct buffer der = { 0 };
	int rc = -1;

	if (compose_date(mail, o->date, e) ||
		compose_claims(mail, o->claims, e))
		return -1;
	if (seal_make(entity->data, entity->length, key->key, key->length,
		    key->id, key->id_length, &der, e) == 0)
		rc = compose_sealed(mail, der.data, der.length, e);
	buffer_clear(&der);
	return rc;
}

int
mail_make(const struct outer *o, const struct buffer *entity,
	const struct device_key *key, struct buffer *mail, struct error *e)
{
	if (put_optional(mail, "From", o->from, e) ||
		put_optional(mail, "To", o->to, e) ||
		compose_field(mail, "Subject", o->subject, e) ||
		put_message_id(mail, o->from, e) ||
		put_optional(mail, "In-Reply-To", o->reply_to_id, e) ||
		compose_field(mail, "Auto-Submitted", "auto-generated", e))
		return -1;
	return key == NULL ? put_plain(mail, entity, e)
			   : put_sealed(mail, o, entity, key, e);
}

int
mail_print(const struct buffer *mail, struct error *e)
{
	if (fwrite(mail->data, 1, mail->length, stdout) != mail->length ||
		fflush(stdout) == EOF)
		return error_errno(e, "standard output");
	return 0;
}
