/*
 * A row has all that is known of a licence, so whatever is decided about one is
 * decided by its row, in one transaction.
 */
#include "store/licence.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/wipe.h"
#include "store/certificate_index.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/purge.h"
#include "store/rows.h"
#include "store/secret.h"

enum licence_state
licence_state(const struct licence *l, int64_t now)
{
	if (l->revoked != 0)
		return LICENCE_REVOKED;
	if (l->confirmed != 0)
		return LICENCE_CONFIRMED;
	if (l->used != 0)
		return LICENCE_USED;
	return now < l->expires ? LICENCE_UNUSED : LICENCE_EXPIRED;
}

const char *
licence_state_name(enum licence_state state)
{
	static const char *const names[] = {
		[LICENCE_UNUSED] = "unused",
		[LICENCE_USED] = "used",
		[LICENCE_CONFIRMED] = "confirmed",
		[LICENCE_EXPIRED] = "expired",
		[LICENCE_REVOKED] = "revoked",
	};

	return names[state];
}

bool
licence_unconfirmed(const struct licence *l, int64_t now)
{
	return licence_state(l, now) == LICENCE_USED &&
		now - l->used >= LICENCE_UNCONFIRMED;
}

/* What one call is about; its row, read in its transaction. */
struct call {
	struct store *store;
	char id[LICENCE_ID_SIZE];
	const char *transaction;
	const unsigned char *key;
	int64_t now, expires;
	struct licence_row row;
	bool again;
};

static int
take_id(struct call *c, const char *id, struct error *e)
{
	return licence_id_read(id, strlen(id), c->id, e);
}

static int
take_transaction(struct call *c, const char *transaction, struct error *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	const size_t length = strlen(transaction);

	c->transaction = transaction;
	if (length > 0 && length < LICENCE_TRANSACTION_SIZE &&
		strspn(transaction, good) == length)
		return 0;
	return error_set(e, ERROR_BAD,
		"a transaction's id is 1 to %d of a-z 0-9",
		LICENCE_TRANSACTION_SIZE - 1);
}

static int
read_row(struct db_txn *t, struct call *c, struct error *e)
{
	int found = rows_licence(t, c->id, &c->row, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no licence %s", c->id);
	return found == 1 ? 0 : -1;
}

static int
write_row(struct db_txn *t, const struct licence_row *row, struct error *e)
{
	struct packer p = rows_pack_licence(row);

	if (index_licence(t, &row->licence, e) == -1)
		return -1;
	return rows_put(t, TABLE_LICENCES, row->licence.id, &p, e);
}

int64_t
licence_kept(const struct licence *l)
{
	return l->expires > INT64_MAX - RETENTION ? INT64_MAX
						  : l->expires + RETENTION;
}

static struct expiry
mark_of(const struct licence *l)
{
	return purge_mark(
		licence_kept(l), EXPIRY_LICENCE, l->id, strlen(l->id));
}

int
licence_forget_later(struct db_txn *t, const struct licence *l, struct error *e)
{
	return purge_later(
		t, licence_kept(l), EXPIRY_LICENCE, l->id, strlen(l->id), e);
}

int
licence_forget(struct db_txn *t, const char *id, int64_t now, struct error *e)
{
	const struct octets key = text_octets_of(id);
	struct licence_row row;
	int found = rows_licence(t, id, &row, e);

	if (found != 1 || row.licence.used != 0 ||
		licence_kept(&row.licence) >= now)
		return found < 0 ? -1 : 0;
	return db_delete(t, TABLE_LICENCES, &key, e) < 0 ? -1 : 0;
}

/* Whom a licence is for, as it is registered. */
struct owner {
	int64_t created;
	bool enabled;
};

/* 1, 0 (not registered) or -1. Of collectors nobody is asked to be. */
static int
find_owner(struct db_txn *t, const char *principal, struct owner *o,
	struct error *e)
{
	const char *serial = principal_name(principal, PRINCIPAL_DEVICE);
	const char *name = principal_name(principal, PRINCIPAL_SERVER);
	const char *id = principal_name(principal, PRINCIPAL_AGENT);
	struct device device;
	struct agent agent;
	struct server server;
	int found = 1;

	*o = (struct owner){ 0, true };
	if (serial != NULL) {
		found = rows_device(t, serial, &device, e);
		*o = (struct owner){ device.created, device.enabled };
	} else if (id != NULL) {
		found = rows_agent(t, id, &agent, e);
		*o = (struct owner){ agent.created, agent.enabled };
	} else if (name != NULL) {
		found = rows_server(t, name, &server, e);
		o->created = server.created;
	}
	return found;
}

/* One that was registered later is another with the same name. */
int
licence_owner(struct db_txn *t, const struct licence *l, struct error *e)
{
	struct owner o;
	int found = find_owner(t, l->principal, &o, e);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(
			e, ERROR_DENIED, "there is no %s", l->principal);
	if (o.created > l->created)
		return error_set(e, ERROR_DENIED,
			"%s was registered anew since the licence was made",
			l->principal);
	return o.enabled
		? 0
		: error_set(e, ERROR_DENIED, "%s is disabled", l->principal);
}

struct making {
	struct store *store;
	struct licence_row *rows;
	size_t count;
};

static int
put_new(struct db_txn *t, void *arg, struct error *e)
{
	const struct making *m = arg;
	const struct licence *first = &m->rows[0].licence;
	struct licence_row old;
	struct owner o;
	int found = find_owner(t, first->principal, &o, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no %s", first->principal);
	if (found < 0)
		return -1;
	for (size_t i = 0; i < m->count; i++) {
		found = rows_licence(t, m->rows[i].licence.id, &old, e);
		if (found == 1)
			return error_set(e, ERROR_TROUBLE,
				"by chance an id was drawn twice; try again");
		if (found < 0 || write_row(t, &m->rows[i], e) == -1 ||
			licence_forget_later(t, &m->rows[i].licence, e) == -1)
			return -1;
	}
	return 0;
}

static int
draw(const struct making *m, struct licence_made *made_r, struct error *e)
{
	for (size_t i = 0; i < m->count; i++) {
		struct licence_row *row = &m->rows[i];

		row->licence = m->rows[0].licence;
		if (licence_id_make(made_r[i].id, e) == -1 ||
			licence_code_make(made_r[i].code, e) == -1)
			return -1;
		memcpy(row->licence.id, made_r[i].id, LICENCE_ID_SIZE);
		if (secret_wrap_code(m->store, made_r[i].code, row, e) == -1)
			return -1;
	}
	return 0;
}

static int
check_times(int64_t expires, int64_t now, struct error *e)
{
	return expires > now
		? 0
		: error_set(e, ERROR_BAD, "it would have expired already");
}

int
licence_new(struct store *s, const char *principal, size_t count,
	int64_t expires, int64_t now, struct licence_made *made_r,
	struct error *e)
{
	struct making m = { .store = s, .count = count };
	struct licence *l;
	int rc;

	if (count < 1 || count > LICENCES_AT_ONCE)
		return error_set(e, ERROR_LIMIT,
			"1 to %d licences are made at once", LICENCES_AT_ONCE);
	if (check_times(expires, now, e) == -1)
		return -1;
	m.rows = calloc(count, sizeof(*m.rows));
	if (m.rows == NULL)
		return error_memory(e);
	l = &m.rows[0].licence;
	l->created = now;
	l->expires = expires;
	if (!principal_parse(principal, strlen(principal), l->principal))
		rc = error_set(e, ERROR_BAD, "%s is nobody", principal);
	else if ((rc = draw(&m, made_r, e)) == 0)
		rc = store_write(s, DURABLE, put_new, &m, e);
	if (rc != 0)
		wipe(made_r, count * sizeof(*made_r));
	free(m.rows);
	return rc;
}

static int
get(struct db_txn *t, void *arg, struct error *e)
{
	return read_row(t, arg, e);
}

int
licence_get(struct store *s, const char *id, struct licence *licence_r,
	struct error *e)
{
	struct call c = { .store = s };

	if (take_id(&c, id, e) == -1 || store_read(s, get, &c, e) == -1)
		return -1;
	*licence_r = c.row.licence;
	return 0;
}

/* It is held for nobody any more. */
static void
let_go(struct licence *l)
{
	l->holder[0] = '\0';
	l->held = 0;
}

static int
revoke(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;
	struct licence *l = &c->row.licence;

	if (read_row(t, c, e) == -1)
		return -1;
	if (l->revoked != 0)
		return 0;
	l->revoked = c->now;
	let_go(l);
	if (certificate_revoke_all(t, l->principal, l->id,
		    REVOKED_PRIVILEGE_WITHDRAWN, c->now, e) == -1)
		return -1;
	return write_row(t, &c->row, e);
}

int
licence_revoke(struct store *s, const char *id, int64_t now, struct error *e)
{
	struct call c = { .store = s, .now = now };

	if (take_id(&c, id, e) == -1)
		return -1;
	return store_write(s, DURABLE, revoke, &c, e);
}

static int
reset(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;
	struct licence *l = &c->row.licence;
	struct expiry before;

	if (read_row(t, c, e) == -1)
		return -1;
	before = mark_of(l);
	if (purge_not(t, &before, e) == -1 ||
		certificate_revoke_all(t, l->principal, l->id,
			REVOKED_SUPERSEDED, c->now, e) == -1)
		return -1;
	l->used = l->confirmed = l->revoked = 0;
	memset(l->key, 0, sizeof(l->key));
	l->transaction[0] = '\0';
	let_go(l);
	l->expires = c->expires;
	l->resets++;
	return write_row(t, &c->row, e) == 0 ? licence_forget_later(t, l, e)
					     : -1;
}

int
licence_reset(struct store *s, const char *id, int64_t expires, int64_t now,
	struct error *e)
{
	struct call c = { .store = s, .now = now, .expires = expires };

	if (take_id(&c, id, e) == -1 || check_times(expires, now, e) == -1)
		return -1;
	return store_write(s, DURABLE, reset, &c, e);
}

/* Is it good for anything now? */
static int
check_good(struct db_txn *t, const struct call *c, struct error *e)
{
	const struct licence *l = &c->row.licence;

	if (l->revoked != 0)
		return error_set(
			e, ERROR_DENIED, "licence %s is revoked", l->id);
	if (c->now >= l->expires)
		return error_set(
			e, ERROR_DENIED, "licence %s is expired", l->id);
	return licence_owner(t, l, e);
}

int
licence_check(struct db_txn *t, const char *id, int64_t now, struct error *e)
{
	struct call c = { .now = now };

	if (take_id(&c, id, e) == -1 || read_row(t, &c, e) == -1)
		return -1;
	return check_good(t, &c, e);
}

static int
reserve(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;
	struct licence *l = &c->row.licence;

	if (read_row(t, c, e) == -1 || check_good(t, c, e) == -1)
		return -1;
	if (strcmp(l->holder, c->transaction) == 0 && c->now < l->held)
		return 0;
	if (l->holder[0] != '\0' && c->now < l->held)
		return error_set(e, ERROR_EXISTS,
			"licence %s is held for another transaction", l->id);
	(void)text_copy(l->holder, sizeof(l->holder), c->transaction);
	l->held = c->now + LICENCE_HELD;
	return write_row(t, &c->row, e);
}

/* Not waited for: after a crash no transaction goes on. */
int
licence_reserve(struct store *s, const char *id, const char *transaction,
	int64_t now, struct licence *licence_r, char code_r[LICENCE_CODE_SIZE],
	struct error *e)
{
	struct call c = { .store = s, .now = now };

	if (take_id(&c, id, e) == -1 ||
		take_transaction(&c, transaction, e) == -1 ||
		store_write(s, LATER, reserve, &c, e) == -1)
		return -1;
	*licence_r = c.row.licence;
	return secret_unwrap_code(s, &c.row, code_r, e);
}

static int
release(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;

	if (read_row(t, c, e) == -1)
		return -1;
	if (strcmp(c->row.licence.holder, c->transaction) != 0)
		return 0;
	let_go(&c->row.licence);
	return write_row(t, &c->row, e);
}

int
licence_release(struct store *s, const char *id, const char *transaction,
	struct error *e)
{
	struct call c = { .store = s };

	if (take_id(&c, id, e) == -1 ||
		take_transaction(&c, transaction, e) == -1)
		return -1;
	return store_write(s, LATER, release, &c, e);
}

/* One whose time is over holds it until another does; and who has used it may
 * not have heard that. */
static bool
may_use(const struct licence *l, const char *transaction)
{
	return strcmp(l->holder, transaction) == 0 ||
		strcmp(l->transaction, transaction) == 0;
}

static int
use(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;
	struct licence *l = &c->row.licence;

	if (read_row(t, c, e) == -1 || check_good(t, c, e) == -1)
		return -1;
	if (!may_use(l, c->transaction))
		return error_set(e, ERROR_DENIED,
			"licence %s is not held for this transaction", l->id);
	c->again = l->used != 0;
	if (c->again && memcmp(l->key, c->key, sizeof(l->key)) != 0)
		return error_set(e, ERROR_EXISTS,
			"licence %s is another public key's", l->id);
	if (!c->again)
		l->used = c->now;
	memcpy(l->key, c->key, sizeof(l->key));
	(void)text_copy(l->transaction, sizeof(l->transaction), c->transaction);
	if (strcmp(l->holder, c->transaction) == 0)
		let_go(l);
	return write_row(t, &c->row, e);
}

int
licence_take(struct db_txn *t, const char *id, const char *transaction,
	const unsigned char key[SHA256_SIZE], int64_t now,
	struct licence *licence_r, bool *again_r, struct error *e)
{
	struct call c = { .key = key, .now = now };

	if (take_id(&c, id, e) == -1 ||
		take_transaction(&c, transaction, e) == -1 ||
		use(t, &c, e) == -1)
		return -1;
	*licence_r = c.row.licence;
	*again_r = c.again;
	return 0;
}

int
licence_use(struct store *s, const char *id, const char *transaction,
	const unsigned char key[SHA256_SIZE], int64_t now, bool *again_r,
	struct error *e)
{
	struct call c = { .store = s, .key = key, .now = now };

	if (take_id(&c, id, e) == -1 ||
		take_transaction(&c, transaction, e) == -1 ||
		store_write(s, DURABLE, use, &c, e) == -1)
		return -1;
	*again_r = c.again;
	return 0;
}

static int
confirm(struct db_txn *t, void *arg, struct error *e)
{
	struct call *c = arg;
	struct licence *l = &c->row.licence;

	if (read_row(t, c, e) == -1)
		return -1;
	if (l->used == 0 || memcmp(l->key, c->key, sizeof(l->key)) != 0)
		return error_set(e, ERROR_DENIED,
			"licence %s is not that public key's", l->id);
	if (l->confirmed != 0)
		return 0;
	l->confirmed = c->now;
	return write_row(t, &c->row, e);
}

int
licence_note_confirmed(struct db_txn *t, const char *id,
	const unsigned char key[SHA256_SIZE], int64_t now, struct error *e)
{
	struct call c = { .key = key, .now = now };

	return take_id(&c, id, e) == 0 ? confirm(t, &c, e) : -1;
}

int
licence_confirm(struct store *s, const char *id,
	const unsigned char key[SHA256_SIZE], int64_t now, struct error *e)
{
	struct call c = { .store = s, .key = key, .now = now };

	if (take_id(&c, id, e) == -1)
		return -1;
	return store_write(s, DURABLE, confirm, &c, e);
}

struct walk {
	int (*each)(const struct licence *l, void *arg);
	void *arg;
	struct error *e;
};

static int
give(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *w = arg;
	struct licence_row row;

	memset(&row, 0, sizeof(row));
	if (key->length >= sizeof(row.licence.id) ||
		!rows_unpack_licence(*value, &row))
		return rows_damaged(TABLE_LICENCES, w->e);
	memcpy(row.licence.id, key->data, key->length);
	return w->each(&row.licence, w->arg);
}

int
licence_walk(struct store *s, int (*each)(const struct licence *l, void *arg),
	void *arg, struct error *e)
{
	struct walk w = { each, arg, e };
	const struct octets all = { "", 0 };

	return store_walk(s, TABLE_LICENCES, &all, give, &w, e);
}

/* --- all of them --- */

struct releasing {
	struct error *e;
	struct buffer held; /* struct holding */
};

struct holding {
	char id[LICENCE_ID_SIZE];
	char transaction[LICENCE_TRANSACTION_SIZE];
};

static int
add_holding(const struct licence *l, void *arg)
{
	struct releasing *r = arg;
	struct holding h;

	if (l->holder[0] == '\0')
		return 0;
	(void)text_copy(h.id, sizeof(h.id), l->id);
	(void)text_copy(h.transaction, sizeof(h.transaction), l->holder);
	return buffer_append(&r->held, &h, sizeof(h)) == BUFFER_OK
		? 0
		: error_memory(r->e);
}

/* One by one: who has begun meanwhile is another one's holder. */
int
licence_release_all(struct store *s, struct error *e)
{
	struct releasing r = { .e = e };
	struct holding h;
	int rc = licence_walk(s, add_holding, &r, e);

	for (size_t at = 0; rc == 0 && at < r.held.length; at += sizeof(h)) {
		memcpy(&h, r.held.data + at, sizeof(h));
		rc = licence_release(s, h.id, h.transaction, e);
	}
	buffer_clear(&r.held);
	return rc;
}
