/*
 * Looks for damage: each file's structure, then each row and what it refers
 * to. Writers wait meanwhile, so that what is seen is one state; a million
 * devices take some seconds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "store/agent_rows.h"
#include "store/alias.h"
#include "store/certificate_index.h"
#include "store/certificate_rows.h"
#include "store/forwarder.h"
#include "store/inside.h"
#include "store/key.h"
#include "store/pending.h"
#include "store/reading_rows.h"
#include "store/meta.h"
#include "store/rows.h"
#include "store/secret.h"
#include "store/sender.h"

enum { FAULTS_SHOWN = 1000 };

struct tally {
	char id[CENTER_ID_SIZE];
	uint64_t devices;
};

struct check {
	struct store *store;
	FILE *out; /* NULL: only count */
	uint64_t faults;
	struct db_txn *t;
	struct error *e;
	uint64_t rows; /* of the table in hand */
	struct tally *centers;
	size_t center_count;
	uint64_t revoked; /* certificates */
	uint64_t next;    /* sequence number expected in the outbox */
};

static int
fault(struct check *c, enum table table, const struct octets *key,
	const char *what)
{
	const unsigned char *at = key->data;

	if (c->faults++ >= FAULTS_SHOWN || c->out == NULL)
		return 0;
	fprintf(c->out, "%s: row ", db_table_name(table));
	for (size_t i = 0; i < key->length && i < 80; i++)
		if (at[i] > ' ' && at[i] < 0x7f && at[i] != '\\')
			fputc(at[i], c->out);
		else
			fprintf(c->out, "\\x%02x", at[i]);
	fprintf(c->out, ": %s\n", what);
	return 0;
}

/* Copies a key that is a text. */
static bool
key_text(const struct octets *key, char *out, size_t size)
{
	if (key->length == 0 || key->length >= size ||
		memchr(key->data, '\0', key->length) != NULL)
		return false;
	memcpy(out, key->data, key->length);
	out[key->length] = '\0';
	return true;
}

static int
exists(struct check *c, enum table table, const struct octets *key)
{
	char row[ROW_SIZE];
	size_t length;

	return db_get(c->t, table, key, row, sizeof(row), &length, c->e);
}

static int
is_key(const struct octets *key, const struct octets *value, void *arg)
{
	const struct octets *wanted = arg;

	(void)value;
	return key->length == wanted->length &&
			memcmp(key->data, wanted->data, key->length) == 0
		? 1
		: 2;
}

/* It may be longer than any row. */
static int
long_exists(struct check *c, enum table table, const struct octets *key)
{
	struct octets wanted = *key;
	int rc = db_scan(c->t, table, key, is_key, &wanted, c->e);

	return rc < 0 ? -1 : rc == 1;
}

static struct tally *
find_center(struct check *c, const char *id)
{
	for (size_t i = 0; i < c->center_count; i++)
		if (strcmp(c->centers[i].id, id) == 0)
			return &c->centers[i];
	return NULL;
}

static int
check_center(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct center_row row;
	struct tally *grown, *last;
	char id[CENTER_ID_SIZE];

	c->rows++;
	if (!key_text(key, id, sizeof(id)) || !rows_unpack_center(*value, &row))
		return fault(c, TABLE_CENTERS, key, "damaged");
	grown = reallocarray(
		c->centers, c->center_count + 1, sizeof(*c->centers));
	if (grown == NULL)
		return error_memory(c->e);
	c->centers = grown;
	last = &grown[c->center_count++];
	memcpy(last->id, id, sizeof(id));
	last->devices = row.devices;
	return 0;
}

static int
check_address(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	char id[CENTER_ID_SIZE];

	if (!key_text(value, id, sizeof(id)))
		return fault(c, TABLE_ADDRESSES, key, "damaged");
	if (find_center(c, id) == NULL)
		return fault(c, TABLE_ADDRESSES, key, "of an unknown center");
	return 0;
}

/* Counts down what the center's row claims; zero must be left. */
static int
check_device(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct device d;
	struct tally *center;
	int found;

	c->rows++;
	if (!key_text(key, d.serial, sizeof(d.serial)) ||
		!rows_unpack_device(*value, &d))
		return fault(c, TABLE_DEVICES, key, "damaged");
	center = find_center(c, d.center);
	if (center == NULL)
		return fault(c, TABLE_DEVICES, key, "of an unknown center");
	center->devices--;
	found = alias_has(c->t, &d, c->e);
	if (found < 0)
		return -1;
	if (found == 0)
		fault(c, TABLE_DEVICES, key, "missing in the index of aliases");
	found = sender_has(c->t, &d, c->e);
	if (found == 0)
		return fault(c, TABLE_DEVICES, key,
			"missing in the index of senders");
	return found < 0 ? -1 : 0;
}

static int
check_sender(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	char serial[SERIAL_SIZE];
	struct device d;
	int found;

	(void)value;
	if (!sender_serial(key, serial))
		return fault(c, TABLE_SENDERS, key, "damaged");
	found = rows_device(c->t, serial, &d, c->e);
	if (found < 0)
		return -1;
	if (found == 0 || !sender_is(key, &d))
		return fault(c, TABLE_SENDERS, key,
			"is not how its device is registered");
	return 0;
}

static int
check_device_address(
	const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	char serial[SERIAL_SIZE];
	struct device d;
	int found;

	if (!key_text(value, serial, sizeof(serial)))
		return fault(c, TABLE_DEVICE_ADDRESSES, key, "damaged");
	found = rows_device(c->t, serial, &d, c->e);
	if (found < 0)
		return -1;
	if (found == 0 || strlen(d.address) != key->length ||
		memcmp(d.address, key->data, key->length) != 0)
		return fault(c, TABLE_DEVICE_ADDRESSES, key,
			"is not its device's address");
	return 0;
}

static int
check_activity(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct activity activity;
	int found;

	if (!rows_unpack_activity(*value, &activity))
		return fault(c, TABLE_ACTIVITY, key, "damaged");
	found = exists(c, TABLE_DEVICES, key);
	if (found == 0)
		return fault(c, TABLE_ACTIVITY, key, "of an unknown device");
	return found < 0 ? -1 : 0;
}

/* Does the secret open? */
static bool
opens(struct check *c, const struct octets *id, struct key_row *row)
{
	unsigned char secret[KEY_SIZE_MAX];
	struct error ignored;
	size_t length;
	int rc;

	if (!c->store->keyed)
		return true;
	rc = secret_unwrap(c->store, id, row, secret, &length, &ignored);
	wipe(secret, sizeof(secret));
	return rc == 0;
}

/* Is there the device, or the agent? */
static int
has_owner(struct check *c, const char *principal)
{
	const char *serial = principal_name(principal, PRINCIPAL_DEVICE);
	const char *id = principal_name(principal, PRINCIPAL_AGENT);
	const struct octets name = text_octets_of(serial != NULL ? serial
			: id != NULL                             ? id
								 : "");

	return exists(c, serial != NULL ? TABLE_DEVICES : TABLE_AGENTS, &name);
}

static int
check_key(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct key_row row;
	struct packer index;
	struct octets name;
	int found;

	c->rows++;
	if (key->length > KEY_ID_MAX || !rows_unpack_key(*value, &row) ||
		!opens(c, key, &row))
		return fault(c, TABLE_KEYS, key, "damaged");
	index = key_index(row.principal, key);
	name = pack_row(&index);
	if ((found = exists(c, TABLE_PRINCIPAL_KEYS, &name)) < 0)
		return -1;
	if (found == 0)
		fault(c, TABLE_KEYS, key, "missing in its principal's index");
	if ((found = has_owner(c, row.principal)) < 0)
		return -1;
	return found == 1
		? 0
		: fault(c, TABLE_KEYS, key,
			  principal_name(row.principal, PRINCIPAL_AGENT) != NULL
				  ? "of an unknown agent"
				  : "of an unknown device");
}

static int
check_index(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	const unsigned char *at = key->data, *nul;
	struct octets id;
	struct key_row row;
	int found;

	(void)value;
	nul = memchr(at, '\0', key->length);
	if (nul == NULL)
		return fault(c, TABLE_PRINCIPAL_KEYS, key, "damaged");
	id = (struct octets){ nul + 1, key->length - (size_t)(nul + 1 - at) };
	found = rows_key(c->t, &id, &row, c->e);
	if (found < 0)
		return -1;
	if (found == 0 || strcmp(row.principal, (const char *)at) != 0)
		return fault(
			c, TABLE_PRINCIPAL_KEYS, key, "refers to no key of it");
	return 0;
}

static int
check_expires(struct check *c, enum table table, const struct octets *key,
	enum expiry_kind kind, int64_t when)
{
	struct expiry x = { .when = when, .kind = kind, .length = key->length };
	struct packer p;
	struct octets index;
	int found;

	if (key->length > sizeof(x.key))
		return fault(c, table, key, "damaged");
	memcpy(x.key, key->data, key->length);
	p = rows_pack_expiry(&x);
	index = pack_row(&p);
	found = exists(c, TABLE_EXPIRY, &index);
	if (found == 0)
		return fault(c, table, key, "would never expire");
	return found < 0 ? -1 : 0;
}

static int
check_request(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct request r;

	if (!rows_unpack_request(*value, &r))
		return fault(c, TABLE_REQUESTS, key, "damaged");
	return check_expires(
		c, TABLE_REQUESTS, key, EXPIRY_REQUEST, r.expires + RETENTION);
}

static int
check_seen(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct seen_row seen;

	if (!rows_unpack_seen(*value, &seen))
		return fault(c, TABLE_SEEN, key, "damaged");
	return check_expires(c, TABLE_SEEN, key, EXPIRY_SEEN, seen.expires);
}

static int
check_pending(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct pending w;
	struct request r;
	struct octets id;
	int found;

	if (!rows_unpack_pending_key(*key, &w) ||
		!rows_unpack_pending(*value, &w))
		return fault(c, TABLE_PENDING, key, "damaged");
	if ((found = rows_request(c->t, w.email_id, &r, c->e)) < 0)
		return -1;
	if (found == 0 || strcmp(r.serial, w.serial) != 0 ||
		r.expires != w.expires)
		return fault(c, TABLE_PENDING, key, "of an unknown request");
	if (r.answered != 0 || r.cancelled != 0)
		fault(c, TABLE_PENDING, key, "waits, but its request does not");
	id = text_octets_of(w.serial);
	if ((found = exists(c, TABLE_DEVICES, &id)) < 0)
		return -1;
	if (found == 0)
		fault(c, TABLE_PENDING, key, "of an unknown device");
	id = text_octets_of(w.email_id);
	if ((found = long_exists(c, TABLE_MESSAGES, &id)) < 0)
		return -1;
	if (found == 0)
		fault(c, TABLE_PENDING, key, "without its message");
	return check_expires(c, TABLE_PENDING, &id, EXPIRY_PENDING, w.expires);
}

/* Its request says for whom it waits. */
static int
check_message(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	char id[EMAIL_ID_SIZE];
	struct request r;
	struct pending w;
	int found;

	if (!key_text(key, id, sizeof(id)))
		return fault(c, TABLE_MESSAGES, key, "damaged");
	found = rows_request(c->t, id, &r, c->e);
	if (found == 1)
		found = rows_pending(c->t, r.serial, id, &w, c->e);
	if (found < 0)
		return -1;
	if (found == 0 || w.octets != value->length)
		return fault(c, TABLE_MESSAGES, key, "is not one that waits");
	return 0;
}

static int
check_server(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	char name[SERVER_NAME_SIZE];
	struct server server;

	if (!key_text(key, name, sizeof(name)) ||
		!rows_unpack_server(*value, &server) ||
		!registry_url(server.url))
		return fault(c, TABLE_SERVERS, key, "damaged");
	return 0;
}

struct counted {
	const char *id;
	uint64_t rows;
};

static int
count_row(const struct octets *key, const struct octets *value, void *arg)
{
	struct counted *n = arg;
	char id[AGENT_ID_SIZE], serial[SERIAL_SIZE];

	(void)value;
	if (!rows_unpack_agent_key(*key, id, serial) || strcmp(id, n->id) != 0)
		return 1;
	n->rows++;
	return 0;
}

/* Of an agent's rows in a table as many as its own row says. */
static int
check_number(struct check *c, const struct octets *key, const char *id,
	enum table table, uint64_t number, const char *what)
{
	struct packer p = rows_pack_agent_key(id, "");
	const struct octets from = pack_row(&p);
	struct counted n = { .id = id };

	if (db_scan(c->t, table, &from, count_row, &n, c->e) < 0)
		return -1;
	return n.rows == number ? 0 : fault(c, TABLE_AGENTS, key, what);
}

static int
check_agent(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct agent a;

	c->rows++;
	if (!key_text(key, a.id, sizeof(a.id)) ||
		!rows_unpack_agent(*value, &a))
		return fault(c, TABLE_AGENTS, key, "damaged");
	if (find_center(c, a.center) == NULL)
		return fault(c, TABLE_AGENTS, key, "of an unknown center");
	return check_number(c, key, a.id, TABLE_AGENT_DEVICES, a.devices,
		       "not the number of its devices") == -1
		? -1
		: check_number(c, key, a.id, TABLE_UNASSIGNED, a.unassigned,
			  "not the number of what it has seen");
}

/* Of an agent and a device that there are, of one center; and it is found from
 * the agent, too. */
static int
check_assignment(
	const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	char id[AGENT_ID_SIZE], serial[SERIAL_SIZE];
	struct packer p;
	struct octets index;
	struct device d;
	struct agent a;
	int found;

	if (!key_text(key, serial, sizeof(serial)) ||
		!key_text(value, id, sizeof(id)))
		return fault(c, TABLE_ASSIGNMENTS, key, "damaged");
	found = rows_device(c->t, serial, &d, c->e);
	if (found == 1)
		found = rows_agent(c->t, id, &a, c->e);
	if (found < 0)
		return -1;
	if (found == 0 || strcmp(a.center, d.center) != 0)
		return fault(c, TABLE_ASSIGNMENTS, key,
			"not of an agent and a device of one center");
	p = rows_pack_agent_key(id, serial);
	index = pack_row(&p);
	if ((found = exists(c, TABLE_AGENT_DEVICES, &index)) < 0)
		return -1;
	return found == 1
		? 0
		: fault(c, TABLE_ASSIGNMENTS, key, "missing among its agent's");
}

static int
check_agent_device(
	const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	char id[AGENT_ID_SIZE], serial[SERIAL_SIZE], owner[AGENT_ID_SIZE];
	int found;

	(void)value;
	if (!rows_unpack_agent_key(*key, id, serial))
		return fault(c, TABLE_AGENT_DEVICES, key, "damaged");
	found = assignment_of(c->t, serial, owner, c->e);
	if (found < 0)
		return -1;
	return found == 1 && strcmp(owner, id) == 0
		? 0
		: fault(c, TABLE_AGENT_DEVICES, key, "is not assigned so");
}

static int
check_unassigned(
	const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct unassigned u;
	struct octets id;
	int found;

	if (!rows_unpack_agent_key(*key, u.agent, u.serial) ||
		!rows_unpack_unassigned(*value, &u))
		return fault(c, TABLE_UNASSIGNED, key, "damaged");
	id = text_octets_of(u.agent);
	if ((found = exists(c, TABLE_AGENTS, &id)) < 0)
		return -1;
	return found == 1
		? 0
		: fault(c, TABLE_UNASSIGNED, key, "of an unknown agent");
}

/* Does the code open, and is it one? */
static bool
code_opens(struct check *c, struct licence_row *row)
{
	char code[LICENCE_CODE_SIZE];
	struct error ignored;
	int rc;

	if (!c->store->keyed)
		return true;
	rc = secret_unwrap_code(c->store, row, code, &ignored);
	wipe(code, sizeof(code));
	return rc == 0;
}

/* Whom it is for may be gone: then nobody gets it. */
static int
check_licence(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct licence_row row;
	struct licence *l = &row.licence;
	char name[PRINCIPAL_SIZE];

	if (!key_text(key, l->id, sizeof(l->id)) ||
		!rows_unpack_licence(*value, &row) || !code_opens(c, &row))
		return fault(c, TABLE_LICENCES, key, "damaged");
	if (!principal_parse(l->principal, strlen(l->principal), name) ||
		strcmp(name, l->principal) != 0)
		return fault(c, TABLE_LICENCES, key, "for nobody");
	return l->used != 0 ? 0
			    : check_expires(c, TABLE_LICENCES, key,
				      EXPIRY_LICENCE, licence_kept(l));
}

static int
check_octets(struct check *c, const struct octets *key,
	const struct certificate *row)
{
	struct buffer octets = { 0 };
	struct certificate_facts facts;
	struct error ignored;
	bool good;

	if (document_get(c->t, row->number, &octets, c->e) < 0)
		return -1;
	good = certificate_read(octets.data, octets.length, &facts, &ignored) ==
			0 &&
		memcmp(facts.digest, row->digest, SHA256_SIZE) == 0 &&
		strcmp(facts.number, row->number) == 0;
	buffer_clear(&octets);
	return good ? 0
		    : fault(c, TABLE_CERTIFICATES, key,
			      "its octets are not there, or another's");
}

static int
check_certificate(
	const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct certificate row;
	struct octets licence;
	int found;

	c->rows++;
	if (!key_text(key, row.number, sizeof(row.number)) ||
		!rows_unpack_certificate(*value, &row))
		return fault(c, TABLE_CERTIFICATES, key, "damaged");
	if (row.revoked != 0)
		c->revoked++;
	licence = text_octets_of(row.licence);
	if ((found = exists(c, TABLE_LICENCES, &licence)) < 0)
		return -1;
	/* one that was reset and not used again is forgotten before */
	if (found == 0 && row.revoked == 0)
		fault(c, TABLE_CERTIFICATES, key, "by an unknown licence");
	if ((found = index_complete(c->t, &row, c->e)) < 0)
		return -1;
	if (found == 0)
		fault(c, TABLE_CERTIFICATES, key, "is not indexed as it is");
	return check_octets(c, key, &row) < 0
		? -1
		: check_expires(c, TABLE_CERTIFICATES, key, EXPIRY_CERTIFICATE,
			  certificate_kept(&row));
}

/* Each row of what it leads to has all of its own, and no other. */
static int
check_certificate_index(
	const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	int found = index_leads(c->t, key, c->e);

	(void)value;
	if (found == 0)
		return fault(c, TABLE_CERTIFICATE_INDEX, key,
			"leads to nothing that is so");
	return found < 0 ? -1 : 0;
}

static int
check_signing(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct signing g;
	int found;

	if (!key_text(key, g.licence, sizeof(g.licence)) ||
		!rows_unpack_signing(*value, &g))
		return fault(c, TABLE_SIGNINGS, key, "damaged");
	if ((found = document_there(c->t, g.licence, c->e)) < 0)
		return -1;
	if (found != signing_waits(&g))
		fault(c, TABLE_SIGNINGS, key,
			found ? "waits no more, but its octets are there"
			      : "waits without its octets");
	return check_expires(
		c, TABLE_SIGNINGS, key, EXPIRY_SIGNING, signing_kept(&g));
}

/* The authority's own has no row. */
static int
check_document(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	int found;

	(void)value;
	if (key->length == strlen(AUTHORITY_DOCUMENT) &&
		memcmp(key->data, AUTHORITY_DOCUMENT, key->length) == 0)
		return 0;
	found = exists(c, TABLE_CERTIFICATES, key);
	if (found == 0)
		found = exists(c, TABLE_SIGNINGS, key);
	if (found == 0)
		return fault(c, TABLE_DOCUMENTS, key, "of nothing");
	return found < 0 ? -1 : 0;
}

/* Whose it is may be gone: then it is nobody's until it expires. */
static int
check_reading(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct reading *r = malloc(sizeof(*r));
	int rc;

	if (r == NULL)
		return error_memory(c->e);
	rc = reading_read(key, value, r)
		? check_expires(
			  c, TABLE_READINGS, key, EXPIRY_READING, r->expires)
		: fault(c, TABLE_READINGS, key, "damaged");
	free(r);
	return rc;
}

static int
check_alias(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	char serial[SERIAL_SIZE];
	struct device d;
	int found;

	if (!key_text(value, serial, sizeof(serial)))
		return fault(c, TABLE_ALIASES, key, "damaged");
	found = rows_device(c->t, serial, &d, c->e);
	if (found < 0)
		return -1;
	return found == 1 && alias_is(key, &d)
		? 0
		: fault(c, TABLE_ALIASES, key, "is not its device's alias");
}

static int
check_forwarder(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	struct forwarder f;

	(void)value;
	if (!forwarder_read(key, &f))
		return fault(c, TABLE_FORWARDERS, key, "damaged");
	return find_center(c, f.center) != NULL
		? 0
		: fault(c, TABLE_FORWARDERS, key, "of an unknown center");
}

static int
check_expiry(const struct octets *key, const struct octets *value, void *arg)
{
	static const enum table tables[EXPIRY_KINDS] = {
		[EXPIRY_REQUEST] = TABLE_REQUESTS,
		[EXPIRY_SEEN] = TABLE_SEEN,
		[EXPIRY_PENDING] = TABLE_MESSAGES,
		[EXPIRY_LICENCE] = TABLE_LICENCES,
		[EXPIRY_CERTIFICATE] = TABLE_CERTIFICATES,
		[EXPIRY_SIGNING] = TABLE_SIGNINGS,
		[EXPIRY_READING] = TABLE_READINGS,
	};
	struct check *c = arg;
	struct expiry x;
	struct octets target;
	int found;

	(void)value;
	if (!rows_unpack_expiry(*key, &x))
		return fault(c, TABLE_EXPIRY, key, "damaged");
	target = (struct octets){ x.key, x.length };
	/* two may be longer than any other row */
	found = x.kind == EXPIRY_PENDING || x.kind == EXPIRY_READING
		? long_exists(c, tables[x.kind], &target)
		: exists(c, tables[x.kind], &target);
	if (found == 0)
		return fault(c, TABLE_EXPIRY, key, "refers to nothing");
	return found < 0 ? -1 : 0;
}

static int
check_outbox(const struct octets *key, const struct octets *value, void *arg)
{
	struct check *c = arg;
	uint64_t sequence;

	(void)value;
	if (!rows_unpack_sequence(*key, &sequence))
		return fault(c, TABLE_OUTBOX, key, "damaged");
	if (sequence != c->next)
		fault(c, TABLE_OUTBOX, key, "not the next in sequence");
	c->next = sequence + 1;
	return 0;
}

/* In this order: devices look at the centers found before them. */
static const struct {
	enum table table;
	db_each *each;
	const char *count; /* the row of meta that counts this table's */
} checks[] = {
	{ TABLE_CENTERS, check_center, META_CENTERS },
	{ TABLE_ADDRESSES, check_address, NULL },
	{ TABLE_DEVICES, check_device, META_DEVICES },
	{ TABLE_DEVICE_ADDRESSES, check_device_address, NULL },
	{ TABLE_SENDERS, check_sender, NULL },
	{ TABLE_ALIASES, check_alias, NULL },
	{ TABLE_FORWARDERS, check_forwarder, NULL },
	{ TABLE_ACTIVITY, check_activity, NULL },
	{ TABLE_AGENTS, check_agent, META_AGENTS },
	{ TABLE_ASSIGNMENTS, check_assignment, NULL },
	{ TABLE_AGENT_DEVICES, check_agent_device, NULL },
	{ TABLE_UNASSIGNED, check_unassigned, NULL },
	{ TABLE_KEYS, check_key, META_KEYS },
	{ TABLE_PRINCIPAL_KEYS, check_index, NULL },
	{ TABLE_REQUESTS, check_request, NULL },
	{ TABLE_PENDING, check_pending, NULL },
	{ TABLE_MESSAGES, check_message, NULL },
	{ TABLE_SERVERS, check_server, NULL },
	{ TABLE_LICENCES, check_licence, NULL },
	{ TABLE_CERTIFICATES, check_certificate, META_CERTIFICATES },
	{ TABLE_CERTIFICATE_INDEX, check_certificate_index, NULL },
	{ TABLE_SIGNINGS, check_signing, NULL },
	{ TABLE_DOCUMENTS, check_document, NULL },
	{ TABLE_SEEN, check_seen, NULL },
	{ TABLE_READINGS, check_reading, NULL },
	{ TABLE_EXPIRY, check_expiry, NULL },
	{ TABLE_OUTBOX, check_outbox, NULL },
};

static int
check_count(struct check *c, const char *name, struct error *e)
{
	struct octets key = text_octets_of(name);
	uint64_t count;

	if (meta_number(c->t, name, 0, &count, e) == -1)
		return -1;
	if (count != c->rows)
		fault(c, TABLE_META, &key, "not the number of rows");
	return 0;
}

static int
check_sequences(struct check *c, struct error *e)
{
	struct octets key = text_octets_of(META_REVOKED);
	uint64_t next, revoked;
	struct batch batch;

	if (meta_number(c->t, META_REVOKED, 0, &revoked, e) == -1 ||
		meta_number(c->t, META_NEXT_SEQUENCE, 0, &next, e) == -1 ||
		meta_batch(c->t, &batch, e) == -1)
		return -1;
	if (revoked != c->revoked)
		fault(c, TABLE_META, &key, "not the number of rows");
	key = text_octets_of(META_NEXT_SEQUENCE);
	if (next != c->next)
		fault(c, TABLE_META, &key, "does not follow the outbox");
	for (size_t i = 0; i < c->center_count; i++) {
		key = text_octets_of(c->centers[i].id);
		if (c->centers[i].devices != 0)
			fault(c, TABLE_CENTERS, &key,
				"not the number of its devices");
	}
	return 0;
}

static int
check_rows(struct db_txn *t, void *arg, struct error *e)
{
	struct check *c = arg;
	const struct octets start = { "", 0 };

	c->t = t;
	c->e = e;
	c->center_count = 0;
	c->revoked = 0;
	c->faults = 0;
	if (meta_number(t, META_NEXT_PUBLISHED, 0, &c->next, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		c->rows = 0;
		if (db_scan(t, checks[i].table, &start, checks[i].each, c, e) <
			0)
			return -1;
		if (checks[i].count != NULL &&
			check_count(c, checks[i].count, e) != 0)
			return -1;
	}
	return check_sequences(c, e);
}

static int
check_files(struct check *c, struct error *e)
{
	struct error fault;

	if (db_sync(c->store->db, e) == -1)
		return -1;
	for (enum table i = 0; i < TABLES; i++) {
		if (db_verify(c->store->environment, i, &fault) == 0)
			continue;
		if (fault.code != ERROR_BAD) {
			*e = fault;
			return -1;
		}
		c->faults++;
		if (c->out != NULL)
			fprintf(c->out, "%s\n", fault.text);
	}
	return 0;
}

/* The file is read before the rows, which may only go up meanwhile. */
static void
check_spool(struct check *c)
{
	struct error e;

	if (published_check(c->store, &e) == 0)
		return;
	c->faults++;
	if (c->out != NULL)
		fprintf(c->out, "%s\n", e.text);
}

static int
check_all(struct check *c, struct error *e)
{
	struct store *s = c->store;
	uint64_t faults;
	int rc = -1;

	check_spool(c);
	if (store_enter(s, e) == -1)
		return -1;
	pthread_rwlock_wrlock(&s->turn);
	if (check_files(c, e) == 0) {
		faults = c->faults;
		rc = db_read(s->db, check_rows, c, e);
		faults += c->faults;
		if (rc == 0 && faults > 0)
			rc = error_set(e, ERROR_BAD, "%llu faults",
				(unsigned long long)faults);
	}
	pthread_rwlock_unlock(&s->turn);
	store_leave(s);
	free(c->centers);
	return rc;
}

/* What it says is written when all is over: who reads it may be slow, and
 * everybody waits for the lock. */
int
store_check(struct store *s, FILE *out, struct error *e)
{
	struct check c = { .store = s };
	char *text = NULL;
	size_t size;
	int rc;

	if (out != NULL && (c.out = open_memstream(&text, &size)) == NULL)
		return error_memory(e);
	rc = check_all(&c, e);
	if (c.out != NULL && fclose(c.out) == 0)
		fwrite(text, 1, size, out);
	free(text);
	return rc;
}
