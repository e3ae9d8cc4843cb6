/*
 * A request from nothing: minted, recorded, sealed and put into a mail that
 * any MTA takes as it is.
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

/* A request on its way into a mail. */
struct making {
	struct store *store;
	struct request_text *request;
	struct device device;
	char from[ADDRESS_SIZE]; /* the center's first address */
	bool sealed;
	struct key key;
	struct request row;
	struct buffer content; /* to be sealed, or the plain JSON */
};

/* To whom, from whom, with which key. */
static int
look_up(struct making *m, struct error *e)
{
	int sealed;

	if (registry_device_get(
		    m->store, m->request->claims.serial, &m->device, e) == -1)
		return -1;
	if (m->device.address[0] == '\0')
		return error_set(e, ERROR_NOT_FOUND,
			"device %s has no address to send to",
			m->device.serial);
	if (owner_first(m->store, m->device.center, m->from, e) == -1)
		return -1;
	if (m->from[0] == '\0')
		return error_set(e, ERROR_NOT_FOUND,
			"center %s has no address to send from",
			m->device.center);
	sealed = issue_key(m->store, &m->device, &m->key, e);
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

static int
write_header(const struct making *m, struct buffer *mail, struct error *e)
{
	char id[EMAIL_ID_SIZE + ADDRESS_SIZE];

	(void)text_format(
		id, sizeof(id), "<%s%s>", m->row.id, strrchr(m->from, '@'));
	if (compose_field(mail, "From", m->from, e) == -1 ||
		compose_field(mail, "To", m->device.address, e) == -1 ||
		compose_field(mail, "Subject", "CSRC request", e) == -1 ||
		compose_date(mail, m->request->date, e) == -1 ||
		compose_field(mail, "Message-ID", id, e) == -1 ||
		compose_claims(mail, &m->request->claims, e) == -1)
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
write_body(const struct making *m, struct buffer *mail, struct error *e)
{
	struct buffer der = { 0 };
	int rc;

	if (!m->sealed)
		return write_plain(m, mail, e);
	rc = seal_make(m->content.data, m->content.length, m->key.secret,
		m->key.length, m->key.id, m->key.id_length, &der, e);
	if (rc == 0)
		rc = compose_sealed(mail, der.data, der.length, e);
	buffer_clear(&der);
	return rc;
}

int
outgoing_request(struct gate *gate, struct request_text *r, int64_t lifetime,
	struct buffer *mail, char to_r[ADDRESS_SIZE], struct error *e)
{
	struct making m = { .store = gate_store(gate), .request = r };
	struct rules *rules = gate_rules(gate);
	int rc = -1;

	if (lifetime == 0)
		lifetime = rules->settings->email_id_lifetime;
	if (look_up(&m, e) == -1 || name(&m, lifetime, e) == -1 ||
		write_content(&m, e) == -1 ||
		issue_record(m.store, &m.row, &m.content, e) == -1 ||
		write_header(&m, mail, e) == -1 ||
		write_body(&m, mail, e) == -1)
		goto out;
	memcpy(to_r, m.device.address, sizeof(m.device.address));
	rc = 0;
out:
	wipe(&m.key, sizeof(m.key));
	buffer_clear(&m.content);
	rules_drop(&rules);
	return rc;
}
