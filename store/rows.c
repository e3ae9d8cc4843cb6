/*
 * Row formats. A change of one gets a new version octet, so that a program can
 * read what its predecessor wrote.
 */
#include "store/rows.h"

#include <string.h>

enum {
	ROW_VERSION = 1,
	DEVICE_VERSION = 4,   /* 1 had neither channel nor model, 2 nothing of
				 makers' texts, 3 no telephone numbers */
	ACTIVITY_VERSION = 4, /* 1 counted nothing, 2 confirmed nothing, 3 had
				 no calls */
	SEEN_VERSION = 2      /* 1 had no domain */
};

static struct packer
begin(void)
{
	struct packer p = { .length = 0 };

	pack_number(&p, ROW_VERSION, 1);
	return p;
}

static struct unpacker
open_row(struct octets row)
{
	struct unpacker u = unpack_row(row.data, row.length);

	if (unpack_number(&u, 1) != ROW_VERSION)
		u.failed = true;
	return u;
}

static bool
unpack_flag(struct unpacker *u)
{
	uint64_t value = unpack_number(u, 1);

	if (value > 1)
		u->failed = true;
	return value == 1;
}

static void
unpack_digest(struct unpacker *u, unsigned char digest[SHA256_SIZE])
{
	if (unpack_octets(u, digest, SHA256_SIZE) != SHA256_SIZE)
		u->failed = true;
}

struct packer
rows_pack_center(const struct center_row *c)
{
	struct packer p = begin();

	pack_number(&p, (uint64_t)c->created, 8);
	pack_number(&p, c->devices, 8);
	return p;
}

bool
rows_unpack_center(struct octets row, struct center_row *c)
{
	struct unpacker u = open_row(row);

	c->created = unpack_time(&u);
	c->devices = unpack_number(&u, 8);
	return unpack_done(&u);
}

struct packer
rows_pack_device(const struct device *d)
{
	struct packer p = { .length = 0 };

	pack_number(&p, DEVICE_VERSION, 1);
	pack_text(&p, d->center);
	pack_number(&p, d->protection == PROTECTION_OPTIONAL, 1);
	pack_number(&p, d->enabled, 1);
	pack_text(&p, d->from);
	pack_text(&p, d->network);
	pack_text(&p, d->address);
	pack_number(&p, (uint64_t)d->created, 8);
	pack_number(&p, d->channel, 1);
	pack_text(&p, d->model);
	pack_text(&p, d->alias);
	pack_number(&p, d->date_order, 1);
	pack_number(&p, d->forwarded, 1);
	pack_number(&p, d->counts, 1);
	pack_text(&p, d->fax);
	pack_text(&p, d->caller);
	return p;
}

static void
unpack_channel(struct unpacker *u, struct device *d)
{
	uint64_t channel = unpack_number(u, 1);

	if (channel >= DEVICE_CHANNELS)
		u->failed = true;
	else
		d->channel = (enum device_channel)channel;
	unpack_text(u, d->model, sizeof(d->model));
}

static void
unpack_texts(struct unpacker *u, struct device *d)
{
	uint64_t order, counts;

	unpack_text(u, d->alias, sizeof(d->alias));
	order = unpack_number(u, 1);
	d->forwarded = unpack_flag(u);
	counts = unpack_number(u, 1);
	if (order > ORDER_YMD || counts > COUNTS_PLAIN)
		u->failed = true;
	d->date_order = (enum date_order)order;
	d->counts = (enum device_counts)counts;
}

static void
unpack_numbers(struct unpacker *u, struct device *d)
{
	unpack_text(u, d->fax, sizeof(d->fax));
	unpack_text(u, d->caller, sizeof(d->caller));
}

bool
rows_unpack_device(struct octets row, struct device *d)
{
	struct unpacker u = unpack_row(row.data, row.length);
	uint64_t version = unpack_number(&u, 1);

	unpack_text(&u, d->center, sizeof(d->center));
	d->protection =
		unpack_flag(&u) ? PROTECTION_OPTIONAL : PROTECTION_REQUIRED;
	d->enabled = unpack_flag(&u);
	unpack_text(&u, d->from, sizeof(d->from));
	unpack_text(&u, d->network, sizeof(d->network));
	unpack_text(&u, d->address, sizeof(d->address));
	d->created = unpack_time(&u);
	d->channel = BY_MAIL;
	d->model[0] = '\0';
	d->alias[0] = '\0';
	d->date_order = ORDER_UNKNOWN;
	d->forwarded = false;
	d->counts = COUNTS_BOTH;
	d->fax[0] = '\0';
	d->caller[0] = '\0';
	if (version > 1)
		unpack_channel(&u, d);
	if (version > 2)
		unpack_texts(&u, d);
	if (version > 3)
		unpack_numbers(&u, d);
	if (version < 1 || version > DEVICE_VERSION)
		u.failed = true;
	return unpack_done(&u);
}

struct packer
rows_pack_activity(const struct activity *a)
{
	struct packer p = { .length = 0 };

	pack_number(&p, ACTIVITY_VERSION, 1);
	pack_number(&p, (uint64_t)a->reported, 8);
	pack_number(&p, a->sequence, 8);
	pack_octets(&p, a->key_id, a->key_id_length);
	pack_number(&p, (uint64_t)a->hour, 8);
	pack_number(&p, a->hour_reports, 8);
	pack_number(&p, (uint64_t)a->day, 8);
	pack_number(&p, a->day_octets, 8);
	pack_number(&p, (uint64_t)a->confirmed, 8);
	pack_number(&p, (uint64_t)a->called, 8);
	pack_number(&p, a->calls.count, 8);
	pack_number(&p, a->calls.seconds, 8);
	pack_number(&p, a->calls.sent, 8);
	pack_number(&p, a->calls.received, 8);
	return p;
}

bool
rows_unpack_activity(struct octets row, struct activity *a)
{
	struct unpacker u = unpack_row(row.data, row.length);
	uint64_t version = unpack_number(&u, 1);

	memset(a, 0, sizeof(*a));
	a->reported = unpack_time(&u);
	a->sequence = unpack_number(&u, 8);
	a->key_id_length = unpack_octets(&u, a->key_id, sizeof(a->key_id));
	if (version > 1) {
		a->hour = unpack_time(&u);
		a->hour_reports = unpack_number(&u, 8);
		a->day = unpack_time(&u);
		a->day_octets = unpack_number(&u, 8);
	}
	if (version > 2)
		a->confirmed = unpack_time(&u);
	if (version > 3) {
		a->called = unpack_time(&u);
		a->calls.count = unpack_number(&u, 8);
		a->calls.seconds = unpack_number(&u, 8);
		a->calls.sent = unpack_number(&u, 8);
		a->calls.received = unpack_number(&u, 8);
	}
	if (version < 1 || version > ACTIVITY_VERSION)
		u.failed = true;
	return unpack_done(&u);
}

struct packer
rows_pack_key(const struct key_row *k)
{
	struct packer p = begin();

	pack_text(&p, k->principal);
	pack_number(&p, k->live, 1);
	pack_number(&p, (uint64_t)k->created, 8);
	pack_number(&p, (uint64_t)k->used, 8);
	pack_octets(&p, k->wrapped, k->wrapped_length);
	return p;
}

bool
rows_unpack_key(struct octets row, struct key_row *k)
{
	struct unpacker u = open_row(row);

	unpack_text(&u, k->principal, sizeof(k->principal));
	k->live = unpack_flag(&u);
	k->created = unpack_time(&u);
	k->used = unpack_time(&u);
	k->wrapped_length = unpack_octets(&u, k->wrapped, sizeof(k->wrapped));
	return unpack_done(&u);
}

struct packer
rows_pack_request(const struct request *r)
{
	struct packer p = begin();

	pack_text(&p, r->center);
	pack_text(&p, r->serial);
	pack_number(&p, (uint64_t)r->issued, 8);
	pack_number(&p, (uint64_t)r->expires, 8);
	pack_number(&p, (uint64_t)r->answered, 8);
	pack_number(&p, (uint64_t)r->cancelled, 8);
	pack_text(&p, r->command);
	pack_octets(&p, r->digest, sizeof(r->digest));
	pack_number(&p, r->sequence, 8);
	return p;
}

bool
rows_unpack_request(struct octets row, struct request *r)
{
	struct unpacker u = open_row(row);

	unpack_text(&u, r->center, sizeof(r->center));
	unpack_text(&u, r->serial, sizeof(r->serial));
	r->issued = unpack_time(&u);
	r->expires = unpack_time(&u);
	r->answered = unpack_time(&u);
	r->cancelled = unpack_time(&u);
	unpack_text(&u, r->command, sizeof(r->command));
	unpack_octets(&u, r->digest, sizeof(r->digest));
	r->sequence = unpack_number(&u, 8);
	return unpack_done(&u);
}

struct packer
rows_pack_seen(const struct seen_row *seen)
{
	struct packer p = { .length = 0 };

	pack_number(&p, SEEN_VERSION, 1);
	pack_number(&p, seen->domain, 1);
	pack_number(&p, (uint64_t)seen->expires, 8);
	pack_number(&p, (uint64_t)seen->latest, 8);
	pack_number(&p, seen->sequence, 8);
	return p;
}

bool
rows_unpack_seen(struct octets row, struct seen_row *seen)
{
	struct unpacker u = unpack_row(row.data, row.length);
	uint64_t version = unpack_number(&u, 1);

	seen->domain = DOMAIN_NONE;
	if (version == SEEN_VERSION)
		seen->domain = (enum domain)unpack_number(&u, 1);
	if (version < 1 || version > SEEN_VERSION ||
		seen->domain > DOMAIN_READING)
		return false;
	seen->expires = unpack_time(&u);
	seen->latest = unpack_time(&u);
	seen->sequence = unpack_number(&u, 8);
	return unpack_done(&u);
}

struct packer
rows_pack_pending_key(const char *serial, const char *email_id)
{
	struct packer p = { .length = 0 };

	pack_raw(&p, serial, strlen(serial) + 1);
	pack_raw(&p, email_id, strlen(email_id));
	return p;
}

bool
rows_unpack_pending_key(struct octets key, struct pending *w)
{
	const char *at = key.data, *nul = memchr(at, '\0', key.length);
	size_t serial = nul != NULL ? (size_t)(nul - at) : 0;
	size_t id = key.length - serial - 1;

	if (nul == NULL || serial == 0 || serial >= sizeof(w->serial) ||
		id == 0 || id >= sizeof(w->email_id) ||
		memchr(nul + 1, '\0', id) != NULL)
		return false;
	memcpy(w->serial, at, serial + 1);
	memcpy(w->email_id, nul + 1, id);
	w->email_id[id] = '\0';
	return true;
}

struct packer
rows_pack_pending(const struct pending *w)
{
	struct packer p = begin();

	pack_text(&p, w->center);
	pack_number(&p, (uint64_t)w->issued, 8);
	pack_number(&p, (uint64_t)w->expires, 8);
	pack_number(&p, w->octets, 8);
	pack_number(&p, w->sealed, 1);
	return p;
}

bool
rows_unpack_pending(struct octets row, struct pending *w)
{
	struct unpacker u = open_row(row);

	unpack_text(&u, w->center, sizeof(w->center));
	w->issued = unpack_time(&u);
	w->expires = unpack_time(&u);
	w->octets = unpack_number(&u, 8);
	w->sealed = unpack_flag(&u);
	return unpack_done(&u);
}

struct packer
rows_pack_agent(const struct agent *a)
{
	struct packer p = begin();

	pack_text(&p, a->center);
	pack_number(&p, a->enabled, 1);
	pack_text(&p, a->note);
	pack_number(&p, (uint64_t)a->created, 8);
	pack_number(&p, a->devices, 8);
	pack_number(&p, a->unassigned, 8);
	pack_number(&p, (uint64_t)a->heard, 8);
	pack_text(&p, a->address);
	pack_number(&p, (uint64_t)a->reported, 8);
	pack_number(&p, (uint64_t)a->doubled, 8);
	pack_text(&p, a->elsewhere);
	return p;
}

bool
rows_unpack_agent(struct octets row, struct agent *a)
{
	struct unpacker u = open_row(row);

	unpack_text(&u, a->center, sizeof(a->center));
	a->enabled = unpack_flag(&u);
	unpack_text(&u, a->note, sizeof(a->note));
	a->created = unpack_time(&u);
	a->devices = unpack_number(&u, 8);
	a->unassigned = unpack_number(&u, 8);
	a->heard = unpack_time(&u);
	unpack_text(&u, a->address, sizeof(a->address));
	a->reported = unpack_time(&u);
	a->doubled = unpack_time(&u);
	unpack_text(&u, a->elsewhere, sizeof(a->elsewhere));
	return unpack_done(&u);
}

struct packer
rows_pack_agent_key(const char *id, const char *serial)
{
	struct packer p = { .length = 0 };

	pack_raw(&p, id, strlen(id) + 1);
	pack_raw(&p, serial, strlen(serial));
	return p;
}

bool
rows_unpack_agent_key(
	struct octets key, char id[AGENT_ID_SIZE], char serial[SERIAL_SIZE])
{
	const char *at = key.data, *nul = memchr(at, '\0', key.length);
	size_t before = nul != NULL ? (size_t)(nul - at) : 0;
	size_t behind = key.length - before - 1;

	if (nul == NULL || before == 0 || before >= AGENT_ID_SIZE ||
		behind == 0 || behind >= SERIAL_SIZE ||
		memchr(nul + 1, '\0', behind) != NULL)
		return false;
	memcpy(id, at, before + 1);
	memcpy(serial, nul + 1, behind);
	serial[behind] = '\0';
	return true;
}

struct packer
rows_pack_unassigned(const struct unassigned *u)
{
	struct packer p = begin();

	pack_text(&p, u->model);
	pack_text(&p, u->address);
	pack_text(&p, u->counters);
	pack_number(&p, (uint64_t)u->first, 8);
	pack_number(&p, (uint64_t)u->last, 8);
	return p;
}

bool
rows_unpack_unassigned(struct octets row, struct unassigned *u_r)
{
	struct unpacker u = open_row(row);

	unpack_text(&u, u_r->model, sizeof(u_r->model));
	unpack_text(&u, u_r->address, sizeof(u_r->address));
	unpack_text(&u, u_r->counters, sizeof(u_r->counters));
	u_r->first = unpack_time(&u);
	u_r->last = unpack_time(&u);
	return unpack_done(&u);
}

struct packer
rows_pack_server(const struct server *v)
{
	struct packer p = begin();

	pack_text(&p, v->url);
	pack_text(&p, v->address);
	pack_number(&p, (uint64_t)v->created, 8);
	return p;
}

bool
rows_unpack_server(struct octets row, struct server *v)
{
	struct unpacker u = open_row(row);

	unpack_text(&u, v->url, sizeof(v->url));
	unpack_text(&u, v->address, sizeof(v->address));
	v->created = unpack_time(&u);
	return unpack_done(&u);
}

struct packer
rows_pack_licence(const struct licence_row *row)
{
	const struct licence *l = &row->licence;
	struct packer p = begin();

	pack_text(&p, l->principal);
	pack_number(&p, (uint64_t)l->created, 8);
	pack_number(&p, (uint64_t)l->expires, 8);
	pack_number(&p, (uint64_t)l->used, 8);
	pack_number(&p, (uint64_t)l->confirmed, 8);
	pack_number(&p, (uint64_t)l->revoked, 8);
	pack_octets(&p, l->key, sizeof(l->key));
	pack_text(&p, l->transaction);
	pack_text(&p, l->holder);
	pack_number(&p, (uint64_t)l->held, 8);
	pack_number(&p, l->resets, 8);
	pack_octets(&p, row->wrapped, row->wrapped_length);
	return p;
}

bool
rows_unpack_licence(struct octets row, struct licence_row *row_r)
{
	struct licence *l = &row_r->licence;
	struct unpacker u = open_row(row);

	unpack_text(&u, l->principal, sizeof(l->principal));
	l->created = unpack_time(&u);
	l->expires = unpack_time(&u);
	l->used = unpack_time(&u);
	l->confirmed = unpack_time(&u);
	l->revoked = unpack_time(&u);
	unpack_digest(&u, l->key);
	unpack_text(&u, l->transaction, sizeof(l->transaction));
	unpack_text(&u, l->holder, sizeof(l->holder));
	l->held = unpack_time(&u);
	l->resets = unpack_number(&u, 8);
	row_r->wrapped_length =
		unpack_octets(&u, row_r->wrapped, sizeof(row_r->wrapped));
	return unpack_done(&u);
}

struct packer
rows_pack_certificate(const struct certificate *c)
{
	struct packer p = begin();

	pack_text(&p, c->principal);
	pack_text(&p, c->licence);
	pack_number(&p, c->resets, 8);
	pack_octets(&p, c->key, sizeof(c->key));
	pack_octets(&p, c->digest, sizeof(c->digest));
	pack_number(&p, (uint64_t)c->not_before, 8);
	pack_number(&p, (uint64_t)c->not_after, 8);
	pack_number(&p, (uint64_t)c->issued, 8);
	pack_number(&p, (uint64_t)c->confirmed, 8);
	pack_number(&p, (uint64_t)c->revoked, 8);
	pack_number(&p, c->reason, 1);
	pack_number(&p, (uint64_t)c->mailed, 8);
	pack_number(&p, c->mail_due, 1);
	pack_text(&p, c->renews);
	pack_text(&p, c->renewed);
	pack_number(&p, c->replaced, 1);
	return p;
}

bool
rows_unpack_certificate(struct octets row, struct certificate *c)
{
	struct unpacker u = open_row(row);

	unpack_text(&u, c->principal, sizeof(c->principal));
	unpack_text(&u, c->licence, sizeof(c->licence));
	c->resets = unpack_number(&u, 8);
	unpack_digest(&u, c->key);
	unpack_digest(&u, c->digest);
	c->not_before = unpack_time(&u);
	c->not_after = unpack_time(&u);
	c->issued = unpack_time(&u);
	c->confirmed = unpack_time(&u);
	c->revoked = unpack_time(&u);
	c->reason = (enum revocation)unpack_number(&u, 1);
	c->mailed = unpack_time(&u);
	c->mail_due = unpack_flag(&u);
	unpack_text(&u, c->renews, sizeof(c->renews));
	unpack_text(&u, c->renewed, sizeof(c->renewed));
	c->replaced = unpack_flag(&u);
	return unpack_done(&u) && revocation_name(c->reason) != NULL;
}

struct packer
rows_pack_signing(const struct signing *g)
{
	struct packer p = begin();

	pack_text(&p, g->transaction);
	pack_number(&p, (uint64_t)g->created, 8);
	pack_text(&p, g->number);
	pack_text(&p, g->why);
	return p;
}

bool
rows_unpack_signing(struct octets row, struct signing *g)
{
	struct unpacker u = open_row(row);

	unpack_text(&u, g->transaction, sizeof(g->transaction));
	g->created = unpack_time(&u);
	unpack_text(&u, g->number, sizeof(g->number));
	unpack_text(&u, g->why, sizeof(g->why));
	return unpack_done(&u);
}

struct packer
rows_pack_expiry(const struct expiry *x)
{
	struct packer p = { .length = 0 };

	pack_number(&p, (uint64_t)x->when, 8);
	pack_number(&p, x->kind, 1);
	pack_raw(&p, x->key, x->length);
	return p;
}

bool
rows_unpack_expiry(struct octets key, struct expiry *x)
{
	struct unpacker u = unpack_row(key.data, key.length);

	x->when = unpack_time(&u);
	x->kind = (enum expiry_kind)unpack_number(&u, 1);
	x->length = u.left;
	if (u.failed || u.left > sizeof(x->key) || x->kind < EXPIRY_REQUEST ||
		x->kind >= EXPIRY_KINDS)
		return false;
	memcpy(x->key, u.at, u.left);
	return true;
}

struct packer
rows_pack_sequence(uint64_t sequence)
{
	struct packer p = { .length = 0 };

	pack_number(&p, sequence, 8);
	return p;
}

bool
rows_unpack_sequence(struct octets key, uint64_t *sequence_r)
{
	struct unpacker u = unpack_row(key.data, key.length);

	*sequence_r = unpack_number(&u, 8);
	return unpack_done(&u);
}

int
rows_damaged(enum table table, struct error *e)
{
	return error_set(e, ERROR_TROUBLE, "a row of %s is damaged",
		db_table_name(table));
}

int
rows_put(struct db_txn *t, enum table table, const char *key,
	const struct packer *row, struct error *e)
{
	struct octets k = text_octets_of(key), v = pack_row(row);

	if (row->failed)
		return error_set(e, ERROR_LIMIT, "a row of %s is too long",
			db_table_name(table));
	return db_put(t, table, &k, &v, e);
}

/* All fetches are alike but for the type that they unpack into. */
#define FETCH(table, key, unpack, into)                                        \
	unsigned char data[ROW_SIZE];                                          \
	struct octets row = { data, 0 };                                       \
	int found = db_get(t, table, key, data, sizeof(data), &row.length, e); \
	if (found == 1 && !unpack(row, into))                                  \
		return rows_damaged(table, e);                                 \
	return found

int
rows_center(
	struct db_txn *t, const char *id, struct center_row *c, struct error *e)
{
	struct octets key = text_octets_of(id);

	FETCH(TABLE_CENTERS, &key, rows_unpack_center, c);
}

int
rows_device(
	struct db_txn *t, const char *serial, struct device *d, struct error *e)
{
	struct octets key = text_octets_of(serial);

	memset(d, 0, sizeof(*d));
	memcpy(d->serial, serial, key.length + 1);
	FETCH(TABLE_DEVICES, &key, rows_unpack_device, d);
}

int
rows_activity(struct db_txn *t, const char *serial, struct activity *a,
	struct error *e)
{
	struct octets key = text_octets_of(serial);

	FETCH(TABLE_ACTIVITY, &key, rows_unpack_activity, a);
}

int
rows_key(struct db_txn *t, const struct octets *id, struct key_row *k,
	struct error *e)
{
	FETCH(TABLE_KEYS, id, rows_unpack_key, k);
}

int
rows_request(struct db_txn *t, const char *id, struct request *row_r,
	struct error *e)
{
	struct octets key = text_octets_of(id);

	memset(row_r, 0, sizeof(*row_r));
	memcpy(row_r->id, id, key.length + 1);
	FETCH(TABLE_REQUESTS, &key, rows_unpack_request, row_r);
}

int
rows_pending(struct db_txn *t, const char *serial, const char *email_id,
	struct pending *row_r, struct error *e)
{
	struct packer p = rows_pack_pending_key(serial, email_id);
	struct octets key = pack_row(&p);

	memset(row_r, 0, sizeof(*row_r));
	memcpy(row_r->serial, serial, strlen(serial) + 1);
	memcpy(row_r->email_id, email_id, strlen(email_id) + 1);
	FETCH(TABLE_PENDING, &key, rows_unpack_pending, row_r);
}

int
rows_agent(
	struct db_txn *t, const char *id, struct agent *row_r, struct error *e)
{
	struct octets key = text_octets_of(id);

	memset(row_r, 0, sizeof(*row_r));
	memcpy(row_r->id, id, key.length + 1);
	FETCH(TABLE_AGENTS, &key, rows_unpack_agent, row_r);
}

int
rows_unassigned(struct db_txn *t, const char *id, const char *serial,
	struct unassigned *row_r, struct error *e)
{
	struct packer p = rows_pack_agent_key(id, serial);
	struct octets key = pack_row(&p);

	memset(row_r, 0, sizeof(*row_r));
	memcpy(row_r->agent, id, strlen(id) + 1);
	memcpy(row_r->serial, serial, strlen(serial) + 1);
	FETCH(TABLE_UNASSIGNED, &key, rows_unpack_unassigned, row_r);
}

int
rows_server(struct db_txn *t, const char *name, struct server *row_r,
	struct error *e)
{
	struct octets key = text_octets_of(name);

	memset(row_r, 0, sizeof(*row_r));
	memcpy(row_r->name, name, key.length + 1);
	FETCH(TABLE_SERVERS, &key, rows_unpack_server, row_r);
}

int
rows_licence(struct db_txn *t, const char *id, struct licence_row *row_r,
	struct error *e)
{
	struct octets key = text_octets_of(id);

	memset(row_r, 0, sizeof(*row_r));
	memcpy(row_r->licence.id, id, key.length + 1);
	FETCH(TABLE_LICENCES, &key, rows_unpack_licence, row_r);
}

int
rows_certificate(struct db_txn *t, const char *number,
	struct certificate *row_r, struct error *e)
{
	struct octets key = text_octets_of(number);

	memset(row_r, 0, sizeof(*row_r));
	memcpy(row_r->number, number, key.length + 1);
	FETCH(TABLE_CERTIFICATES, &key, rows_unpack_certificate, row_r);
}

int
rows_signing(struct db_txn *t, const char *licence, struct signing *row_r,
	struct error *e)
{
	struct octets key = text_octets_of(licence);

	memset(row_r, 0, sizeof(*row_r));
	memcpy(row_r->licence, licence, key.length + 1);
	FETCH(TABLE_SIGNINGS, &key, rows_unpack_signing, row_r);
}

int
rows_seen(struct db_txn *t, const unsigned char *digest, struct seen_row *seen,
	struct error *e)
{
	struct octets key = { digest, SHA256_SIZE };

	FETCH(TABLE_SEEN, &key, rows_unpack_seen, seen);
}
