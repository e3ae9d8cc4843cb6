/*
 * The requests that the center sent, by their Email-IDs: issued once, read,
 * listed, cancelled. That one is answered is for the ledger to decide.
 */
#include "store/request.h"

#include <string.h>

#include "store/inside.h"
#include "store/pending_rows.h"
#include "store/purge.h"
#include "store/rows.h"

int
request_put(struct db_txn *t, const struct request *r, struct error *e)
{
	struct packer p = rows_pack_request(r);

	return rows_put(t, TABLE_REQUESTS, r->id, &p, e);
}

struct issue_call {
	struct request row;
	const struct pending_message *message; /* NULL: none is kept */
};

static int
issue(struct db_txn *t, void *arg, struct error *e)
{
	const struct issue_call *c = arg;
	const struct request *r = &c->row;
	struct request old;
	int found = rows_request(t, r->id, &old, e);

	if (found < 0)
		return -1;
	if (found == 1)
		return error_set(
			e, ERROR_EXISTS, "this Email-ID was issued before");
	if (request_put(t, r, e) == -1 ||
		(c->message != NULL && pending_put(t, r, c->message, e) == -1))
		return -1;
	return purge_later(t, r->expires + RETENTION, EXPIRY_REQUEST, r->id,
		strlen(r->id), e);
}

int
pending_issue(struct store *s, const struct request *r,
	const struct pending_message *m, struct error *e)
{
	struct issue_call c = { *r, m };
	struct request *row = &c.row;

	if (!claims_email_id(r->id, strlen(r->id), row->id) ||
		!claims_center(r->center, strlen(r->center), row->center) ||
		!claims_serial(r->serial, strlen(r->serial), row->serial) ||
		r->issued < 0 || r->expires < r->issued ||
		r->expires > INT64_MAX - RETENTION)
		return error_set(e, ERROR_BAD, "this is no Email-ID to issue");
	/* Nobody is asked for what could not be admitted. */
	if (store_healthy_but_clock(s, e) == -1)
		return -1;
	row->answered = row->cancelled = 0;
	row->sequence = 0;
	return store_write(s, DURABLE, issue, &c, e);
}

int
ledger_issue(struct store *s, const struct request *r, struct error *e)
{
	return pending_issue(s, r, NULL, e);
}

struct get_call {
	char id[EMAIL_ID_SIZE];
	int64_t now; /* of a cancel */
	struct request row;
};

static int
get_request(struct db_txn *t, void *arg, struct error *e)
{
	struct get_call *c = arg;
	int found = rows_request(t, c->id, &c->row, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no such Email-ID");
	return found == 1 ? 0 : -1;
}

int
ledger_request(struct store *s, const char *id, struct request *request_r,
	struct error *e)
{
	struct get_call c;

	if (!claims_email_id(id, strlen(id), c.id))
		return error_set(e, ERROR_NOT_FOUND, "that is no Email-ID");
	if (store_read(s, get_request, &c, e) == -1)
		return -1;
	*request_r = c.row;
	return 0;
}

struct cancel_call {
	char id[EMAIL_ID_SIZE];
	int64_t now;
};

static int
cancel(struct db_txn *t, void *arg, struct error *e)
{
	struct cancel_call *c = arg;
	struct request row;
	int found = rows_request(t, c->id, &row, e);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no such Email-ID");
	if (row.answered != 0)
		return error_set(
			e, ERROR_EXISTS, "that request was answered already");
	if (row.cancelled == 0)
		row.cancelled = c->now;
	if (pending_drop(t, row.serial, row.id, e) == -1)
		return -1;
	return request_put(t, &row, e);
}

int
ledger_cancel(struct store *s, const char *id, int64_t now, struct error *e)
{
	struct get_call c = { .now = now };

	if (!claims_email_id(id, strlen(id), c.id))
		return error_set(e, ERROR_NOT_FOUND, "that is no Email-ID");
	return store_write(s, DURABLE, cancel, &c, e);
}

struct request_walk {
	int (*each)(const struct request *r, void *arg);
	void *arg;
	struct error *e;
};

static int
give_request(const struct octets *key, const struct octets *value, void *arg)
{
	struct request_walk *w = arg;
	struct request r;

	if (key->length >= sizeof(r.id))
		return rows_damaged(TABLE_REQUESTS, w->e);
	memcpy(r.id, key->data, key->length);
	r.id[key->length] = '\0';
	if (!rows_unpack_request(*value, &r))
		return rows_damaged(TABLE_REQUESTS, w->e);
	return w->each(&r, w->arg);
}

int
ledger_requests(struct store *s,
	int (*each)(const struct request *r, void *arg), void *arg,
	struct error *e)
{
	struct request_walk w = { each, arg, e };
	const struct octets all = { "", 0 };

	return store_walk(s, TABLE_REQUESTS, &all, give_request, &w, e);
}
