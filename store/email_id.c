/*
 * The requests that the center sent, by their Email-IDs: issued once, read,
 * listed, cancelled. That one is answered is for the ledger to decide.
 */
#include "store/email_id.h"

#include <string.h>

#include "store/inside.h"
#include "store/purge.h"
#include "store/rows.h"

int
email_id_put(struct db_txn *t, const struct email_id *id, struct error *e)
{
	struct packer p = rows_pack_email_id(id);

	return rows_put(t, TABLE_EMAIL_IDS, id->id, &p, e);
}

static int
issue(struct db_txn *t, void *arg, struct error *e)
{
	const struct email_id *id = arg;
	struct email_id old;
	int found = rows_email_id(t, id->id, &old, e);

	if (found < 0)
		return -1;
	if (found == 1)
		return error_set(
			e, ERROR_EXISTS, "this Email-ID was issued before");
	if (email_id_put(t, id, e) != 0)
		return -1;
	return purge_later(t, id->expires + RETENTION, EXPIRY_EMAIL_ID, id->id,
		strlen(id->id), e);
}

int
ledger_issue(struct store *s, const struct email_id *id, struct error *e)
{
	struct email_id copy = *id;

	if (!claims_email_id(id->id, strlen(id->id), copy.id) ||
		!claims_center(id->center, strlen(id->center), copy.center) ||
		!claims_serial(id->serial, strlen(id->serial), copy.serial) ||
		id->issued < 0 || id->expires < id->issued ||
		id->expires > INT64_MAX - RETENTION)
		return error_set(e, ERROR_BAD, "this is no Email-ID to issue");
	/* Nobody is asked for what could not be admitted. */
	if (store_ready(s, e) != 0)
		return -1;
	copy.answered = copy.cancelled = 0;
	copy.sequence = 0;
	return store_write(s, DURABLE, issue, &copy, e);
}

struct get_call {
	char id[EMAIL_ID_SIZE];
	int64_t now; /* of a cancel */
	struct email_id row;
};

static int
get_email_id(struct db_txn *t, void *arg, struct error *e)
{
	struct get_call *c = arg;
	int found = rows_email_id(t, c->id, &c->row, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no such Email-ID");
	return found == 1 ? 0 : -1;
}

int
ledger_email_id(
	struct store *s, const char *id, struct email_id *id_r, struct error *e)
{
	struct get_call c;

	if (!claims_email_id(id, strlen(id), c.id))
		return error_set(e, ERROR_NOT_FOUND, "that is no Email-ID");
	if (store_read(s, get_email_id, &c, e) != 0)
		return -1;
	*id_r = c.row;
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
	struct email_id row;
	int found = rows_email_id(t, c->id, &row, e);

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
	return email_id_put(t, &row, e);
}

int
ledger_cancel(struct store *s, const char *id, int64_t now, struct error *e)
{
	struct get_call c = { .now = now };

	if (!claims_email_id(id, strlen(id), c.id))
		return error_set(e, ERROR_NOT_FOUND, "that is no Email-ID");
	return store_write(s, DURABLE, cancel, &c, e);
}

struct email_id_walk {
	int (*each)(const struct email_id *id, void *arg);
	void *arg;
	struct error *e;
};

static int
give_email_id(const struct octets *key, const struct octets *value, void *arg)
{
	struct email_id_walk *w = arg;
	struct email_id id;

	if (key->length >= sizeof(id.id))
		return rows_damaged(TABLE_EMAIL_IDS, w->e);
	memcpy(id.id, key->data, key->length);
	id.id[key->length] = '\0';
	if (!rows_unpack_email_id(*value, &id))
		return rows_damaged(TABLE_EMAIL_IDS, w->e);
	return w->each(&id, w->arg);
}

int
ledger_email_ids(struct store *s,
	int (*each)(const struct email_id *id, void *arg), void *arg,
	struct error *e)
{
	struct email_id_walk w = { each, arg, e };
	const struct octets all = { "", 0 };

	return store_walk(s, TABLE_EMAIL_IDS, &all, give_email_id, &w, e);
}
