/*
 * Mail that somebody submits to a device's address. From the center's own
 * people it is stamped, recorded and sealed; what csrcadm has finished passes,
 * known by the digest that was recorded; header fields of ours from anybody
 * else are refused. To a device that must have its mail sealed, nothing else
 * passes that is from a center's address or by a service of its. Where a mail
 * is for a center too, the center's copy is what matters: the device's goes.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wipe.h"
#include "gate/issue.h"
#include "gate/owner.h"
#include "outgoing/outgoing.h"
#include "parser/compose.h"
#include "parser/entity.h"
#include "parser/request_text.h"
#include "parser/seal.h"

/* What the Email-ID of a stamped mail is recorded to ask for. */
#define MAIL_COMMAND "mail"

struct sending {
	struct store *store;
	const struct settings *settings;
	const struct outgoing *mail;
	struct error error;
	char center[CENTER_ID_SIZE]; /* the sender's; "": it is none */
	struct device device;        /* the first among the recipients */
	struct key key;
	struct request row;
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
	struct seal_fields seal;
	struct buffer opened = { 0 };
	int rc = 0;

	if (seal_read(part->data, part->length, &seal, &s->error) == -1)
		goto out;
	if (registry_key_get(s->store, seal.key_id, seal.key_id_length, &s->key,
		    &s->error) == 0 &&
		seal_open(&seal, s->key.secret, s->key.length, &opened,
			&s->error) == 0)
		rc = is_recorded(s, opened.data, opened.length);
out:
	if (rc == 0 && s->error.code == ERROR_TROUBLE)
		rc = -1;
	buffer_clear(&opened);
	buffer_clear(&seal.content);
	return rc;
}

/* Is it still to be answered, by the device that this mail goes to? Until we
 * know what time it is, it is taken to be. */
static bool
is_open(const struct sending *s, const struct claims *claims)
{
	const struct request *row = &s->row;
	struct claims recorded;
	const char *what;

	issue_claims(row, &recorded);
	return row->answered == 0 && row->cancelled == 0 &&
		store_time(s->store) <= row->expires &&
		strcmp(row->serial, s->mail->serials[0]) == 0 &&
		s->mail->recipients == 1 &&
		claims_agree(&recorded, claims, &what);
}

/* Did outgoing_request make this mail? 1, 0 or -1 (trouble). */
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
	if (ledger_request(s->store, entity->claims.email_id, &s->row,
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

/* The sender's center, as it was given or completed; "" if it is none. */
static int
find_sender(struct sending *s)
{
	const char *const senders[] = { s->mail->sender,
		s->mail->sender_rewritten };
	int found = 0;

	for (size_t i = 0; i < 2 && found == 0; i++)
		if (senders[i][0] != '\0')
			found = owner_center(s->store, senders[i],
				s->settings->recipient_delimiter, s->center,
				&s->error);
	if (found != 1)
		s->center[0] = '\0';
	return found == -1 ? -1 : 0;
}

/*
 * Does the mail say that it is a center's, by whatever way an address is
 * written? 1, 0 or -1. Every center's addresses may have extensions here.
 */
static int
names_center(struct sending *s)
{
	const struct outgoing *m = s->mail;
	const char *const senders[] = { m->sender, m->sender_rewritten };
	int found = s->center[0] != '\0' || m->authors_cut;

	for (size_t i = 0; i < 2 && found == 0; i++)
		found = owner_named(s->store, senders[i], strlen(senders[i]),
			s->settings->recipient_delimiter, &s->error);
	if (found == 0)
		found = owner_named(s->store, m->authors, m->authors_length,
			s->settings->recipient_delimiter, &s->error);
	return found;
}

/* Must one of the devices have its mail sealed? 1, 0 or -1. */
static int
must_be_sealed(struct sending *s)
{
	struct device device;

	for (size_t i = 0; i < s->mail->serial_count; i++) {
		if (registry_device_get(s->store, s->mail->serials[i], &device,
			    &s->error) == -1)
			return -1;
		if (device.protection == PROTECTION_REQUIRED)
			return 1;
	}
	return 0;
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
		    s->store, s->mail->serials[0], &s->device, &s->error) == -1)
		return failed(s);
	if (s->center[0] != '\0' && strcmp(s->device.center, s->center) != 0)
		return refuse(s, "the device belongs to another center");
	return OUTGOING_PASS;
}

static int
write_content(struct sending *s, const struct claims *claims)
{
	const struct outgoing *m = s->mail;

	return issue_content(claims, s->row.issued, m->octets, m->length,
		&s->settings->limits, &s->content, &s->error);
}

static int
issue(struct sending *s, struct claims *claims_r)
{
	struct request *row = &s->row;

	memset(row, 0, sizeof(*row));
	if (store_clock(s->store, &row->issued, &s->error) == -1 ||
		issue_mint(row->id, &s->error) == -1)
		return -1;
	memcpy(row->center, s->device.center, sizeof(row->center));
	memcpy(row->serial, s->device.serial, sizeof(row->serial));
	strcpy(row->command, MAIL_COMMAND);
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

/*
 * The sender's address, or the center's where it has none, for its domain: as
 * the sender writes it, if that is ASCII.
 */
static int
find_domain(struct sending *s, char address_r[ADDRESS_SIZE])
{
	const char *sender = s->mail->sender;

	if (registry_address(sender, address_r)) {
		if (text_ascii(sender))
			(void)text_copy(address_r, ADDRESS_SIZE, sender);
		return 0;
	}
	return owner_first(s->store, s->device.center, address_r, &s->error);
}

static enum outgoing_kind
stamp(struct sending *s, struct stamp *stamp_r)
{
	enum outgoing_kind kind = check(s);
	char address[ADDRESS_SIZE];
	const char *domain;
	int sealed;

	if (kind != OUTGOING_PASS)
		return kind;
	sealed = issue_key(s->store, &s->device, BY_MAIL, &s->key, &s->error);
	if (sealed == -1 || find_domain(s, address) == -1 ||
		issue(s, &stamp_r->claims) == -1 ||
		(sealed == 1 && seal(s, &stamp_r->body) == -1))
		return failed(s);
	domain = strrchr(address, '@');
	(void)text_format(stamp_r->message_id, sizeof(stamp_r->message_id),
		"<%s%s>", s->row.id, domain != NULL ? domain : "@invalid");
	return OUTGOING_STAMP;
}

/* What neither is finished nor can be: a center's own, or a stranger's? */
static enum outgoing_kind
judge_unsealed(struct sending *s, struct stamp *stamp_r)
{
	const bool trusted = s->mail->trusted;
	int ours = trusted ? 1 : names_center(s);
	int must = ours == 1 ? must_be_sealed(s) : 0;

	if (ours == -1 || must == -1)
		return failed(s);
	if (must == 1)
		return refuse(s,
			trusted ? "mail to this device must come from an "
				  "address of its center"
				: "a center's mail to this device must be "
				  "submitted to the center's own service");
	/* A sender that anybody can write is no reason to make a request. */
	return trusted ? stamp(s, stamp_r) : OUTGOING_PASS;
}

static enum outgoing_kind
judge(struct sending *s, struct stamp *stamp_r)
{
	const struct outgoing *m = s->mail;
	int finished;

	if (m->beside_center)
		return OUTGOING_DELETE;
	finished = is_finished(s);
	if (finished == -1 || find_sender(s) == -1)
		return OUTGOING_TROUBLE;
	if (finished == 1)
		return OUTGOING_PASS;
	if (m->trusted && s->center[0] != '\0')
		return stamp(s, stamp_r);
	if (m->unknown != NULL) {
		error_set(&s->error, ERROR_TROUBLE, "%s", m->unknown);
		return OUTGOING_TROUBLE;
	}
	if (m->claimed)
		return refuse(s, "CSRC header fields are not yours to set");
	return judge_unsealed(s, stamp_r);
}

static const struct {
	const char *name;
	void (*log)(const char *fmt, ...);
} kinds[] = {
	[OUTGOING_PASS] = { "passed", log_info },
	[OUTGOING_DELETE] = { "deleted", log_info },
	[OUTGOING_STAMP] = { "stamped", log_info },
	[OUTGOING_REFUSE] = { "refused", log_info },
	[OUTGOING_TROUBLE] = { "trouble", log_error },
};

static void
log_outgoing(const struct outgoing *m, const struct stamp *stamp)
{
	const char *email_id = stamp->claims.email_id;
	const bool quiet = stamp->text[0] == '\0';
	char sender[TEXT_TOKEN_SIZE];

	text_token(m->sender, sender, sizeof(sender));
	for (size_t i = 0; i < m->serial_count; i++)
		kinds[stamp->kind].log("%s: outgoing=%s serial=%s email_id=%s "
				       "sender=%s%s%s%s%s",
			m->queue_id[0] == '\0' ? "-" : m->queue_id,
			kinds[stamp->kind].name, m->serials[i],
			email_id[0] == '\0' ? "-" : email_id, sender,
			stamp->kind == OUTGOING_STAMP && stamp->body.length == 0
				? " plain"
				: "",
			quiet ? "" : " (", stamp->text, quiet ? "" : ")");
}

void
outgoing_stamp(
	struct gate *gate, const struct outgoing *mail, struct stamp *stamp_r)
{
	struct rules *rules = gate_rules(gate);
	struct sending s = { .store = gate_store(gate),
		.settings = rules->settings,
		.mail = mail };

	memset(stamp_r, 0, sizeof(*stamp_r));
	stamp_r->kind = judge(&s, stamp_r);
	if (stamp_r->kind == OUTGOING_REFUSE ||
		stamp_r->kind == OUTGOING_TROUBLE) {
		buffer_clear(&stamp_r->body);
		text_printable(s.error.text, strlen(s.error.text),
			stamp_r->text, sizeof(stamp_r->text));
	}
	log_outgoing(mail, stamp_r);
	wipe(&s.key, sizeof(s.key));
	buffer_clear(&s.content);
	rules_drop(&rules);
}
