/*
 * The rows are small, and the messages beside them: a channel that looks what
 * there is reads no message that it does not fetch.
 */
#include "store/pending_rows.h"

#include <string.h>

#include "store/agent_rows.h"
#include "store/inside.h"
#include "store/purge.h"
#include "store/request.h"
#include "store/rows.h"

/* What waits for one device, read before anything is changed. */
struct waiting {
	const char *serial;
	struct pending rows[PENDING_MAX];
	size_t count;
	uint64_t octets;
	struct error *e;
};

static int
collect(const struct octets *key, const struct octets *value, void *arg)
{
	struct waiting *a = arg;
	struct pending w;

	if (!rows_unpack_pending_key(*key, &w) ||
		!rows_unpack_pending(*value, &w))
		return rows_damaged(TABLE_PENDING, a->e);
	if (strcmp(w.serial, a->serial) != 0)
		return 1;
	if (a->count == PENDING_MAX)
		return rows_damaged(TABLE_PENDING, a->e);
	a->rows[a->count++] = w;
	a->octets += w.octets;
	return 0;
}

static int
read_waiting(struct db_txn *t, const char *serial, struct waiting *a,
	struct error *e)
{
	struct packer p = rows_pack_pending_key(serial, "");
	struct octets from = pack_row(&p);

	memset(a, 0, sizeof(*a));
	a->serial = serial;
	a->e = e;
	return db_scan(t, TABLE_PENDING, &from, collect, a, e) < 0 ? -1 : 0;
}

static int
check_room(struct db_txn *t, const struct request *r, size_t length,
	struct error *e)
{
	struct waiting a;
	struct device d;
	int found = rows_device(t, r->serial, &d, e);

	if (found == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "there is no device %s", r->serial);
	if (found < 0 || read_waiting(t, r->serial, &a, e) == -1)
		return -1;
	if (a.count == PENDING_MAX)
		return error_set(e, ERROR_LIMIT,
			"%d requests wait for device %s already, and no more "
			"may",
			PENDING_MAX, r->serial);
	if (length > PENDING_OCTETS_MAX - a.octets)
		return error_set(e, ERROR_LIMIT,
			"the requests that wait for device %s have %llu octets "
			"already, and %d are all that may",
			r->serial, (unsigned long long)a.octets,
			PENDING_OCTETS_MAX);
	return 0;
}

int
pending_put(struct db_txn *t, const struct request *r,
	const struct pending_message *m, struct error *e)
{
	struct pending w = { .issued = r->issued,
		.expires = r->expires,
		.octets = m->length,
		.sealed = m->sealed };
	struct packer key = rows_pack_pending_key(r->serial, r->id), row;
	struct octets k = pack_row(&key), v;
	const struct octets id = text_octets_of(r->id);
	const struct octets message = { m->octets, m->length };

	if (check_room(t, r, m->length, e) == -1)
		return -1;
	memcpy(w.center, r->center, sizeof(w.center));
	row = rows_pack_pending(&w);
	v = pack_row(&row);
	if (db_put(t, TABLE_PENDING, &k, &v, e) == -1 ||
		db_put(t, TABLE_MESSAGES, &id, &message, e) == -1)
		return -1;
	return purge_later(t, r->expires, EXPIRY_PENDING, r->id, id.length, e);
}

static int
drop_expiry(struct db_txn *t, const struct pending *w, struct error *e)
{
	const struct expiry x = purge_mark(
		w->expires, EXPIRY_PENDING, w->email_id, strlen(w->email_id));

	return purge_not(t, &x, e);
}

static int
drop(struct db_txn *t, const struct pending *w, struct error *e)
{
	struct packer p = rows_pack_pending_key(w->serial, w->email_id);
	struct octets key = pack_row(&p);
	const struct octets id = text_octets_of(w->email_id);

	if (db_delete(t, TABLE_PENDING, &key, e) < 0 ||
		db_delete(t, TABLE_MESSAGES, &id, e) < 0)
		return -1;
	return drop_expiry(t, w, e);
}

int
pending_drop(struct db_txn *t, const char *serial, const char *email_id,
	struct error *e)
{
	struct pending w;
	int found = rows_pending(t, serial, email_id, &w, e);

	return found == 1 ? drop(t, &w, e) : found;
}

int
pending_drop_all(struct db_txn *t, const char *serial, struct error *e)
{
	struct waiting a;

	if (read_waiting(t, serial, &a, e) == -1)
		return -1;
	for (size_t i = 0; i < a.count; i++)
		if (drop(t, &a.rows[i], e) == -1)
			return -1;
	return 0;
}

static int
cancel(struct db_txn *t, const char *email_id, int64_t now, struct error *e)
{
	struct request r;
	int found = rows_request(t, email_id, &r, e);

	if (found != 1)
		return found;
	if (r.answered == 0 && r.cancelled == 0)
		r.cancelled = now;
	return request_put(t, &r, e);
}

int
pending_cancel_all(
	struct db_txn *t, const char *serial, int64_t now, struct error *e)
{
	struct waiting a;

	if (read_waiting(t, serial, &a, e) == -1)
		return -1;
	for (size_t i = 0; i < a.count; i++)
		if (drop(t, &a.rows[i], e) == -1 ||
			cancel(t, a.rows[i].email_id, now, e) == -1)
			return -1;
	return 0;
}

struct walk {
	const char *serial; /* "": any */
	int (*each)(const struct pending *w, void *arg);
	void *arg;
	struct error *e;
};

static int
give(const struct octets *key, const struct octets *value, void *arg)
{
	struct walk *walk = arg;
	struct pending w;

	if (!rows_unpack_pending_key(*key, &w) ||
		!rows_unpack_pending(*value, &w))
		return rows_damaged(TABLE_PENDING, walk->e);
	return walk->each(&w, walk->arg);
}

int
pending_walk(struct store *s, const char *serial, const struct pending *after,
	int (*each)(const struct pending *w, void *arg), void *arg,
	struct error *e)
{
	struct walk walk = { serial, each, arg, e };
	struct packer prefix = { .length = 0 }, start;
	struct octets all, from;

	if (serial[0] != '\0')
		prefix = rows_pack_pending_key(serial, "");
	all = pack_row(&prefix);
	if (after == NULL)
		return store_walk(s, TABLE_PENDING, &all, give, &walk, e);
	/* the least key above it */
	start = rows_pack_pending_key(after->serial, after->email_id);
	pack_raw(&start, "", 1);
	from = pack_row(&start);
	return store_walk_from(s, TABLE_PENDING, &all, &from, give, &walk, e);
}

static int
count(const struct pending *w, void *arg)
{
	(void)w;
	(*(size_t *)arg)++;
	return 0;
}

int
pending_count(
	struct store *s, const char *serial, size_t *count_r, struct error *e)
{
	char canonical[SERIAL_SIZE];

	*count_r = 0;
	if (!claims_serial(serial, strlen(serial), canonical))
		return 0;
	return pending_walk(s, canonical, NULL, count, count_r, e);
}

struct one {
	char id[EMAIL_ID_SIZE];
	const enum device_channel *wanted;
	const char *principal; /* "": any */
	struct pending *pending;
	struct buffer *message;
	struct error *e;
};

/* Is it that device, or its agent? 1, 0 or -1. */
static int
is_for(struct db_txn *t, const char *principal, const char *serial,
	struct error *e)
{
	const char *device = principal_name(principal, PRINCIPAL_DEVICE);
	const char *agent = principal_name(principal, PRINCIPAL_AGENT);
	char owner[AGENT_ID_SIZE];
	int found;

	if (principal[0] == '\0')
		return 1;
	if (device != NULL)
		return strcmp(device, serial) == 0;
	found = agent != NULL ? assignment_of(t, serial, owner, e) : 0;
	return found == 1 ? strcmp(agent, owner) == 0 : found;
}

/* 1: it waits, for that channel and principal; 0; -1. */
static int
find(struct db_txn *t, const struct one *o, struct pending *w, struct error *e)
{
	struct request r;
	struct device d;
	int found = rows_request(t, o->id, &r, e);

	if (found == 1)
		found = rows_device(t, r.serial, &d, e);
	if (found != 1 || (o->wanted != NULL && d.channel != *o->wanted))
		return found < 0 ? -1 : 0;
	found = is_for(t, o->principal, r.serial, e);
	return found == 1 ? rows_pending(t, r.serial, r.id, w, e) : found;
}

static int
take_message(const struct octets *key, const struct octets *value, void *arg)
{
	struct one *o = arg;

	if (key->length != strlen(o->id) ||
		memcmp(key->data, o->id, key->length) != 0 ||
		value->length != o->pending->octets)
		return rows_damaged(TABLE_MESSAGES, o->e);
	if (buffer_append(o->message, value->data, value->length) != BUFFER_OK)
		return error_memory(o->e);
	return 1;
}

static int
fetch(struct db_txn *t, void *arg, struct error *e)
{
	struct one *o = arg;
	const struct octets id = text_octets_of(o->id);
	int found = find(t, o, o->pending, e), rc;

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(e, ERROR_NOT_FOUND,
			"no request waits by that Email-ID");
	o->e = e;
	rc = db_scan(t, TABLE_MESSAGES, &id, take_message, o, e);
	if (rc == 0)
		return rows_damaged(TABLE_MESSAGES, e);
	return rc == 1 ? 0 : -1;
}

int
pending_fetch(struct store *s, const char *email_id,
	const enum device_channel *wanted, const char *principal,
	struct pending *pending_r, struct buffer *message, struct error *e)
{
	struct one o = { .wanted = wanted,
		.principal = principal,
		.pending = pending_r,
		.message = message };

	if (!claims_email_id(email_id, strlen(email_id), o.id))
		return error_set(e, ERROR_NOT_FOUND, "that is no Email-ID");
	return store_read(s, fetch, &o, e);
}

static int
deliver(struct db_txn *t, void *arg, struct error *e)
{
	const struct one *o = arg;
	struct pending w;
	int found = find(t, o, &w, e);

	return found == 1 ? drop(t, &w, e) : found;
}

/* Not waited for: what comes back after a crash is delivered once more. */
int
pending_delivered(struct store *s, const char *email_id,
	const enum device_channel *wanted, const char *principal,
	struct error *e)
{
	struct one o = { .wanted = wanted, .principal = principal };

	if (!claims_email_id(email_id, strlen(email_id), o.id))
		return error_set(e, ERROR_NOT_FOUND, "that is no Email-ID");
	return store_write(s, LATER, deliver, &o, e);
}
