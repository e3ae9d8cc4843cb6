/*
 * A request from nothing: minted, recorded, sealed and put into a mail that
 * any MTA takes as it is, or into a message that waits for another channel.
 */
#include "outgoing/outgoing.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "base/wipe.h"
#include "gate/issue.h"
#include "gate/owner.h"
#include "parser/compose.h"
#include "parser/seal.h"

/* A request on its way. */
struct making {
	struct store *store;
	struct request_text *request;
	struct device device;
	bool sealed;
	struct key key;
	struct request row;
	struct buffer content; /* to be sealed, or the plain JSON */
	struct outgoing_message *made;
};

/* The envelope: to the device from the first address of its center. */
static int
look_up_addresses(struct store *store, const struct device *d,
	struct outgoing_message *made, struct error *e)
{
	if (d->address[0] == '\0')
		return error_set(e, ERROR_NOT_FOUND,
			"device %s has no address to send to", d->serial);
	if (owner_first(store, d->center, made->from, e) == -1)
		return -1;
	if (made->from[0] == '\0')
		return error_set(e, ERROR_NOT_FOUND,
			"center %s has no address to send from", d->center);
	memcpy(made->to, d->address, sizeof(made->to));
	return 0;
}

/* To whom, from whom, with which key. */
static int
look_up(struct making *m, struct error *e)
{
	int sealed;

	if (registry_device_get(
		    m->store, m->request->claims.serial, &m->device, e) == -1)
		return -1;
	m->made->channel = m->device.channel;
	if (m->device.channel == BY_MAIL &&
		look_up_addresses(m->store, &m->device, m->made, e) == -1)
		return -1;
	sealed = issue_key(m->store, &m->device, m->device.channel, &m->key, e);
	m->sealed = sealed == 1;
	return sealed == -1 ? -1 : 0;
}

/* The names and times that the row, the claims and the request share. */
static int
name(struct making *m, int64_t lifetime, struct error *e)
{
	struct request_text *r = m->request;
	struct request *row = &m->row;

	if (!request_text_command(r->command) ||
		!text_copy(row->command, sizeof(row->command), r->command))
		return error_set(e, ERROR_BAD, "no name of a command: %.40s",
			r->command);
	if (store_clock(m->store, &row->issued, e) == -1 ||
		issue_mint(row->id, e) == -1)
		return -1;
	memcpy(row->center, m->device.center, sizeof(row->center));
	memcpy(row->serial, m->device.serial, sizeof(row->serial));
	row->expires = row->issued + lifetime;
	issue_claims(row, &r->claims);
	r->date = row->issued;
	r->expires = row->expires;
	return 0;
}

static int
write_content(struct making *m, struct error *e)
{
	if (m->sealed)
		return request_text_entity(m->request, &m->content, e);
	if (request_text_write(m->request, &m->content, e) == -1)
		return -1;
	return buffer_text(&m->content, "\r\n") == BUFFER_OK ? 0
							     : error_memory(e);
}

/* What makes a mail of a message. */
static int
write_envelope(
	struct outgoing_message *made, const char *email_id, struct error *e)
{
	struct buffer *mail = &made->octets;
	char id[EMAIL_ID_SIZE + ADDRESS_SIZE];

	(void)text_format(
		id, sizeof(id), "<%s%s>", email_id, strrchr(made->from, '@'));
	if (compose_field(mail, "From", made->from, e) == -1 ||
		compose_field(mail, "To", made->to, e) == -1 ||
		compose_field(mail, "Subject", "CSRC request", e) == -1 ||
		compose_field(mail, "Message-ID", id, e) == -1)
		return -1;
	return compose_field(mail, "Auto-Submitted", "auto-generated", e);
}

static int
write_plain(const struct making *m, struct buffer *mail, struct error *e)
{
	if (compose_field(mail, "MIME-Version", "1.0", e) == -1 ||
		compose_field(mail, "Content-Type", REQUEST_TYPE, e) == -1 ||
		compose_field(mail, "Content-Transfer-Encoding", "8bit", e) ==
			-1)
		return -1;
	if (buffer_text(mail, "\r\n") != BUFFER_OK ||
		buffer_append(mail, m->content.data, m->content.length) !=
			BUFFER_OK)
		return error_memory(e);
	return 0;
}

static int
write_body(const struct making *m, struct buffer *octets, struct error *e)
{
	struct buffer der = { 0 };
	int rc;

	if (!m->sealed)
		return write_plain(m, octets, e);
	rc = seal_make(m->content.data, m->content.length, m->key.secret,
		m->key.length, m->key.id, m->key.id_length, &der, e);
	if (rc == 0)
		rc = compose_sealed(octets, der.data, der.length, e);
	buffer_clear(&der);
	return rc;
}

/* The message (csrc-message(5)), which any channel may carry. */
static int
write_message(const struct making *m, struct buffer *octets, struct error *e)
{
	if (compose_date(octets, m->request->date, e) == -1 ||
		compose_claims(octets, &m->request->claims, e) == -1)
		return -1;
	return write_body(m, octets, e);
}

/* Recorded before it is sealed. */
static int
record(struct making *m, struct error *e)
{
	struct outgoing_message *made = m->made;

	if (issue_record(m->store, &m->row, &m->content, e) == -1)
		return -1;
	if (made->channel == BY_MAIL &&
		write_envelope(made, m->row.id, e) == -1)
		return -1;
	return write_message(m, &made->octets, e);
}

/* Recorded with what is sealed: none of it leaves before that. */
static int
record_waiting(struct making *m, struct error *e)
{
	struct buffer octets = { 0 };
	int rc = write_message(m, &octets, e);

	if (rc == 0)
		rc = issue_waiting(m->store, &m->row, &m->content,
			&(struct pending_message){
				octets.data, octets.length, m->sealed },
			e);
	buffer_clear(&octets);
	m->made->waits = rc == 0;
	return rc;
}

int
outgoing_request(struct gate *gate, struct request_text *r, int64_t lifetime,
	bool wait, struct outgoing_message *made_r, struct error *e)
{
	struct making m = {
		.store = gate_store(gate), .request = r, .made = made_r
	};
	struct rules *rules = gate_rules(gate);
	int rc = -1;

	memset(made_r, 0, sizeof(*made_r));
	if (lifetime == 0)
		lifetime = rules->settings->email_id_lifetime;
	if (look_up(&m, e) == -1 || name(&m, lifetime, e) == -1 ||
		write_content(&m, e) == -1)
		goto out;
	rc = wait && made_r->channel != BY_MAIL ? record_waiting(&m, e)
						: record(&m, e);
out:
	if (rc != 0)
		buffer_clear(&made_r->octets);
	wipe(&m.key, sizeof(m.key));
	buffer_clear(&m.content);
	rules_drop(&rules);
	return rc;
}

int
outgoing_waiting(struct gate *gate, const char *email_id,
	struct outgoing_message *made_r, struct error *e)
{
	struct store *store = gate_store(gate);
	const enum device_channel mail = BY_MAIL;
	struct buffer message = { 0 };
	struct pending w;
	struct device d;
	int rc = -1;

	memset(made_r, 0, sizeof(*made_r));
	if (pending_fetch(store, email_id, &mail, "", &w, &message, e) == 0 &&
		registry_device_get(store, w.serial, &d, e) == 0 &&
		look_up_addresses(store, &d, made_r, e) == 0 &&
		write_envelope(made_r, w.email_id, e) == 0)
		rc = buffer_append(&made_r->octets, message.data,
			     message.length) == BUFFER_OK
			? 0
			: error_memory(e);
	if (rc != 0)
		buffer_clear(&made_r->octets);
	buffer_clear(&message);
	return rc;
}
