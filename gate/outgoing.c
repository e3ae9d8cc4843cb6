/*
 * Mail that somebody submits to a device's address. From the center's own
 * people it is stamped, recorded and sealed; what csrcadm has finished passes,
 * known by the digest that was recorded; header fields of ours from anybody
 * else are refused. Whatever fails, nothing leaves in clear that should have
 * been sealed.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "gate/inside.h"
#include "gate/issue.h"
#include "gate/request.h"
#include "parser/compose.h"
#include "parser/entity.h"
#include "parser/request.h"
#include "parser/scan.h"
#include "parser/seal.h"

/* What the Email-ID of a stamped mail is recorded to ask for. */
#define MAIL_COMMAND "mail"

struct sending {
	struct store *store;
	const struct settings *settings;
	const struct outgoing *mail;
	struct error error;
	char center[CENTER_ID_SIZE]; /* the sender's; "": it is none */
	struct device device;
	struct key key;
	struct email_id row;
	struct buffer content; /* to be sealed */
};

/* Theirs is a refusal, ours is trouble. */
static enum outgoing_kind
failed(const struct sending *s)
{
	return s->error.code == ERROR_TROUBLE ? OUTGOING_TROUBLE
					      : OUTGOING_REFUSE;
}

static enum outgoing_kind
refuse(struct sending *s, const char *why)
{
	error_set(&s->error, ERROR_DENIED, "%s", why);
	return OUTGOING_REFUSE;
}

/* Is what the seal holds what was recorded for this Email-ID? 1, 0 or -1. */
static int
is_recorded(struct sending *s, const void *content, size_t length)
{
	unsigned char digest[SHA256_SIZE];

	if (issue_digest(content, length, digest, &s->error) == -1)
		return -1;
	return memcmp(digest, s->row.digest, sizeof(digest)) == 0;
}

static int
opens_recorded(struct sending *s, const struct part *part)
{
	struct seal *seal = NULL;
	struct buffer opened = { 0 };
	size_t length;
	const unsigned char *id;
	int rc = 0;

	if (seal_read(part->data, part->length, &seal, &s->error) == -1)
		goto out;
	id = seal_key_id(seal, &length);
	if (registry_key_get(s->store, id, length, &s->key, &s->error) == 0 &&
		seal_open(seal, s->key.secret, s->key.length, &opened,
			&s->error) == 0)
		rc = is_recorded(s, opened.data, opened.length);
out:
	if (rc == 0 && s->error.code == ERROR_TROUBLE)
		rc = -1;
	buffer_cleanse(&opened);
	seal_free(&seal);
	return rc;
}

/* Is it still to be answered, by the device that this mail goes to? */
static bool
is_open(const struct sending *s, const struct claims *claims)
{
	const struct email_id *row = &s->row;
	struct claims recorded;
	const char *what;

	issue_claims(row, &recorded);
	return row->answered == 0 && row->cancelled == 0 &&
		time(NULL) <= row->expires &&
		strcmp(row->serial, s->mail->serial) == 0 &&
		s->mail->recipients == 1 &&
		claims_agree(&recorded, claims, &what);
}

/* Did gate_request make this mail? 1, 0 or -1 (trouble). */
static int
is_finished(struct sending *s)
{
	const struct outgoing *m = s->mail;
	struct entity *entity = NULL;
	const struct part *part;
	int rc = 0;

	if (!m->claimed || m->too_large)
		return 0;
	if (entity_parse(m->octets, m->length, &s->settings->limits, &entity,
		    &s->error) == -1)
		return s->error.code == ERROR_TROUBLE ? -1 : 0;
	if (entity->claims.email_id_state != CLAIM_PRESENT ||
		entity->part_count != 1)
		goto out;
	if (ledger_email_id(s->store, entity->claims.email_id, &s->row,
		    &s->error) == -1) {
		rc = s->error.code == ERROR_TROUBLE ? -1 : 0;
		goto out;
	}
	part = &entity->parts[0];
	if (!is_open(s, &entity->claims))
		rc = 0;
	else if (part_is_sealed(part))
		rc = opens_recorded(s, part);
	else if (strcmp(part->type, REQUEST_TYPE) == 0)
		rc = is_recorded(s, part->data, part->length);
out:
	entity_free(&entity);
	return rc;
}

/* The sender's center; "" if it is none. */
static int
find_sender(struct sending *s)
{
	if (registry_center_of(
		    s->store, s->mail->sender, s->center, &s->error) == 0)
		return 0;
	s->center[0] = '\0';
	return s->error.code == ERROR_TROUBLE ? -1 : 0;
}

/* May this mail be stamped? PASS says so. */
static enum outgoing_kind
check(struct sending *s)
{
	if (s->mail->recipients != 1)
		return refuse(
			s, "a mail to a device must have no other recipient");
	if (s->mail->too_large)
		return refuse(s, "larger than max_message_size");
	if (registry_device_get(
		    s->store, s->mail->serial, &s->device, &s->error) == -1)
		return failed(s);
	if (strcmp(s->device.center, s->center) != 0)
		return refuse(s, "the device belongs to another center");
	return OUTGOING_PASS;
}

/* Claims, Date, and the mail's own MIME fields and body, untouched. */
static int
write_content(struct sending *s, const struct claims *claims)
{
	struct scan scan;
	int rc = -1;

	if (scan_read(s->mail->octets, s->mail->length, &s->settings->limits,
		    &scan, &s->error) == -1)
		goto out;
	if (compose_claims(&s->content, claims, &s->error) == -1 ||
		compose_date(&s->content, s->row.issued, &s->error) == -1)
		goto out;
	rc = buffer_append(&s->content, scan.mime.data, scan.mime.length) ==
			BUFFER_OK
		? 0
		: error_memory(&s->error);
out:
	scan_clear(&scan);
	return rc;
}

static int
issue(struct sending *s, struct claims *claims_r)
{
	struct email_id *row = &s->row;

	memset(row, 0, sizeof(*row));
	if (issue_mint(row->id, &s->error) == -1)
		return -1;
	memcpy(row->center, s->device.center, sizeof(row->center));
	memcpy(row->serial, s->device.serial, sizeof(row->serial));
	strcpy(row->command, MAIL_COMMAND);
	row->issued = time(NULL);
	row->expires = row->issued + s->settings->email_id_lifetime;
	issue_claims(row, claims_r);
	if (write_content(s, claims_r) == -1)
		return -1;
	return issue_record(s->store, row, &s->content, &s->error);
}

static int
seal(struct sending *s, struct buffer *body)
{
	struct buffer der = { 0 };
	int rc;

	rc = seal_make(s->content.data, s->content.length, s->key.secret,
		s->key.length, s->key.id, s->key.id_length, &der, &s->error);
	if (rc == 0)
		rc = compose_base64(body, der.data, der.length, &s->error);
	buffer_clear(&der);
	return rc;
}

static enum outgoing_kind
stamp(struct sending *s, struct stamp *stamp_r)
{
	enum outgoing_kind kind = check(s);
	const char *domain = strrchr(s->mail->sender, '@');
	int sealed;

	if (kind != OUTGOING_PASS)
		return kind;
	sealed = issue_key(s->store, &s->device, &s->key, &s->error);
	if (sealed == -1 || issue(s, &stamp_r->claims) == -1 ||
		(sealed == 1 && seal(s, &stamp_r->body) == -1))
		return failed(s);
	(void)text_format(stamp_r->message_id, sizeof(stamp_r->message_id),
		"<%s%s>", s->row.id, domain);
	return OUTGOING_STAMP;
}

static enum outgoing_kind
judge(struct sending *s, struct stamp *stamp_r)
{
	const struct outgoing *m = s->mail;
	int finished = is_finished(s);

	if (finished == -1 || find_sender(s) == -1)
		return OUTGOING_TROUBLE;
	if (finished == 1)
		return OUTGOING_PASS;
	if (m->trusted && s->center[0] != '\0')
		return stamp(s, stamp_r);
	if (m->claimed)
		return refuse(s, "CSRC header fields are not yours to set");
	return OUTGOING_PASS;
}

static void
log_outgoing(const struct outgoing *m, const struct stamp *stamp)
{
	static const char *const kinds[] = { [OUTGOING_PASS] = "passed",
		[OUTGOING_STAMP] = "stamped",
		[OUTGOING_REFUSE] = "refused",
		[OUTGOING_TROUBLE] = "trouble" };
	const char *email_id = stamp->claims.email_id;
	const bool quiet = stamp->text[0] == '\0';

	(stamp->kind == OUTGOING_TROUBLE ? log_warn : log_info)(
		"%s: outgoing=%s serial=%s email_id=%s sender=%s%s%s%s%s",
		m->queue_id[0] == '\0' ? "-" : m->queue_id, kinds[stamp->kind],
		m->serial, email_id[0] == '\0' ? "-" : email_id, m->sender,
		stamp->kind == OUTGOING_STAMP && stamp->body.length == 0
			? " plain"
			: "",
		quiet ? "" : " (", stamp->text, quiet ? "" : ")");
}

void
gate_outgoing(
	struct gate *gate, const struct outgoing *mail, struct stamp *stamp_r)
{
	struct rules *rules = gate_rules(gate);
	struct sending s = {
		.store = gate->store, .settings = rules->settings, .mail = mail
	};

	memset(stamp_r, 0, sizeof(*stamp_r));
	stamp_r->kind = judge(&s, stamp_r);
	if (stamp_r->kind == OUTGOING_REFUSE ||
		stamp_r->kind == OUTGOING_TROUBLE) {
		buffer_clear(&stamp_r->body);
		text_printable(s.error.text, strlen(s.error.text),
			stamp_r->text, sizeof(stamp_r->text));
	}
	if (stamp_r->kind != OUTGOING_PASS)
		log_outgoing(mail, stamp_r);
	crypto_cleanse(&s.key, sizeof(s.key));
	buffer_cleanse(&s.content);
	rules_drop(&rules);
}

int
gate_device_of(struct gate *gate, const char *address,
	char serial_r[SERIAL_SIZE], struct error *e)
{
	struct device device;
	struct error local = { 0 };

	if (registry_device_at(gate->store, address, &device, &local) == 0) {
		memcpy(serial_r, device.serial, sizeof(device.serial));
		return 1;
	}
	if (local.code == ERROR_NOT_FOUND)
		return 0;
	return error_set(e, local.code, "%s", local.text);
}
