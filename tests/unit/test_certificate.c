/*
 * Certificates: one licence buys one key's, however many ask at once and
 * whenever the daemon dies; who has it gets it again, and nobody else does.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "control/command.h"
#include "store/certificate_index.h"
#include "store/certificate_rows.h"
#include "store/inside.h"
#include "store/meta.h"
#include "tests/unit/killed.h"
#include "tests/unit/store_fixture.h"

enum { THREADS = 4, RACES = 10, YEAR = 365 * DAY };

/* A certificate as the authority would make it. */
struct made {
	unsigned char der[CERTIFICATE_MAX];
	size_t length;
	char number[CERTIFICATE_NUMBER_SIZE];
};

static void
add_name(X509 *x, const char *field, const char *value)
{
	assert_int_equal(
		X509_NAME_add_entry_by_txt(X509_get_subject_name(x), field,
			MBSTRING_ASC, (const unsigned char *)value, -1, -1, 0),
		1);
}

static X509 *
begin(EVP_PKEY *key, int64_t from, int64_t until)
{
	X509 *x = X509_new();

	assert_non_null(x);
	ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)until);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	return x;
}

static void
set_number(X509 *x, const char *hex)
{
	BIGNUM *n = NULL;

	assert_int_not_equal(BN_hex2bn(&n, hex), 0);
	BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
}

/* Signs and frees it. */
static void
end(X509 *x, EVP_PKEY *key, struct made *m)
{
	unsigned char *at = m->der;
	int length;

	assert_int_not_equal(X509_sign(x, key, EVP_sha256()), 0);
	length = i2d_X509(x, NULL);
	assert_in_range(length, 1, (int)sizeof(m->der));
	m->length = (size_t)i2d_X509(x, &at);
	X509_free(x);
}

/* The URI that says it again. */
static void
add_uri(X509 *x, const char *kind, const char *name)
{
	char value[128];
	X509_EXTENSION *extension;

	assert_true(text_format(
		value, sizeof(value), "URI:urn:csrc:%s:%s", kind, name));
	extension =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* The subject as OU and CN; a number by chance. */
static struct made
make(EVP_PKEY *key, const char *kind, const char *name, int64_t from,
	int64_t until)
{
	unsigned char octets[16];
	struct made m;
	struct error e;
	X509 *x = begin(key, from, until);

	assert_int_equal(crypto_random(octets, sizeof(octets), &e), 0);
	octets[0] &= 0x7f;
	text_hex(octets, sizeof(octets), m.number);
	set_number(x, m.number);
	add_name(x, "OU", kind);
	add_name(x, "CN", name);
	add_uri(x, kind, name);
	end(x, key, &m);
	return m;
}

static struct made
for_device(EVP_PKEY *key)
{
	return make(key, "device", "D0", NOW - 3600, NOW + YEAR);
}

static struct licence_made
licence(struct fixture *f, const char *principal)
{
	struct licence_made m;

	OK(licence_new(f->store, principal, 1, NOW + DAY, NOW, &m, &f->e));
	return m;
}

static int
reserve(struct fixture *f, const char *id, const char *transaction)
{
	char code[LICENCE_CODE_SIZE];
	struct licence l;

	return licence_reserve(f->store, id, transaction, NOW, &l, code, &f->e);
}

/* 1: again; 0; -1. What was given is what is known by that number. */
static int
record_at(struct fixture *f, const char *id, const char *transaction,
	const struct made *m, int64_t now,
	char number_r[CERTIFICATE_NUMBER_SIZE])
{
	const struct octets der = { m->der, m->length };
	struct buffer given = { 0 };
	struct certificate c;
	struct certificate_facts facts;
	bool again = false;
	int rc = certificate_record(f->store, id, transaction, &der, now, &c,
		&given, &again, &f->e);

	if (rc == 0) {
		OK(certificate_read(given.data, given.length, &facts, &f->e));
		assert_string_equal(facts.number, c.number);
		memcpy(number_r, c.number, sizeof(c.number));
		rc = again;
	}
	buffer_clear(&given);
	return rc;
}

static int
record(struct fixture *f, const char *id, const char *transaction,
	const struct made *m)
{
	char number[CERTIFICATE_NUMBER_SIZE];

	return record_at(f, id, transaction, m, NOW, number);
}

static int
renew_at(struct fixture *f, const char *number, const struct made *m,
	int64_t now)
{
	const struct octets der = { m->der, m->length };
	struct buffer given = { 0 };
	struct certificate c;
	bool again = false;
	int rc = certificate_renew(
		f->store, number, &der, now, &c, &given, &again, &f->e);

	buffer_clear(&given);
	return rc == 0 ? again : -1;
}

static int
renew(struct fixture *f, const char *number, const struct made *m)
{
	return renew_at(f, number, m, NOW);
}

static const char *
state_of(struct fixture *f, const char *number, int64_t now)
{
	enum certificate_state state;
	struct certificate c;

	OK(certificate_get(f->store, number, now, &c, &state, NULL, &f->e));
	return certificate_state_name(state);
}

static void
is_state(struct fixture *f, const char *number, const char *expected)
{
	assert_string_equal(state_of(f, number, NOW), expected);
}

static int
count(const struct certificate *c, void *arg)
{
	(void)c;
	++*(unsigned int *)arg;
	return 0;
}

static unsigned int
known(struct fixture *f)
{
	unsigned int n = 0;

	OK(certificate_walk(f->store, count, &n, &f->e));
	return n;
}

/* A device with a certificate. */
static struct made
enrolled(struct fixture *f, EVP_PKEY *key, const char *id)
{
	struct made m = for_device(key);

	OK(reserve(f, id, "t1"));
	OK(record(f, id, "t1", &m));
	return m;
}

static void
first_key_has_it(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *a = EVP_EC_gen("P-256"), *b = EVP_EC_gen("P-256");
	char number[CERTIFICATE_NUMBER_SIZE];
	struct licence_made l;
	struct made first, second, other;

	fixture_devices(f, 2);
	l = licence(f, "device:D0");
	first = for_device(a);
	second = for_device(a);
	FAILS(record(f, l.id, "t1", &first), ERROR_DENIED);
	assert_int_equal(known(f), 0);
	OK(reserve(f, l.id, "t1"));
	other = make(a, "device", "D1", NOW - 1, NOW + YEAR);
	FAILS(record(f, l.id, "t1", &other), ERROR_BAD);
	other = make(a, "agent", "D0", NOW - 1, NOW + YEAR);
	FAILS(record(f, l.id, "t1", &other), ERROR_BAD);
	other = make(a, "device", "D0", NOW - YEAR, NOW);
	FAILS(record(f, l.id, "t1", &other), ERROR_BAD);
	assert_int_equal(known(f), 0);
	OK(record(f, l.id, "t1", &first));
	assert_int_equal(record_at(f, l.id, "t1", &second, NOW + 1, number), 1);
	assert_string_equal(number, first.number);
	OK(reserve(f, l.id, "t2"));
	assert_int_equal(record_at(f, l.id, "t2", &second, NOW, number), 1);
	assert_string_equal(number, first.number);
	other = for_device(b);
	OK(reserve(f, l.id, "t3"));
	FAILS(record(f, l.id, "t3", &other), ERROR_EXISTS);
	assert_int_equal(known(f), 1);
	OK(store_check(f->store, stderr, &f->e));
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
}

/* While its licence is good the same key may have another. */
static void
expired_is_made_anew(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char number[CERTIFICATE_NUMBER_SIZE];
	struct licence_made l;
	struct made brief, next;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	brief = make(key, "device", "D0", NOW - 1, NOW + 60);
	OK(reserve(f, l.id, "t1"));
	OK(record(f, l.id, "t1", &brief));
	next = for_device(key);
	assert_int_equal(record_at(f, l.id, "t1", &next, NOW + 60, number), 0);
	assert_string_equal(number, next.number);
	assert_string_equal(state_of(f, brief.number, NOW + 60), "expired");
	OK(certificate_revoke(
		f->store, next.number, REVOKED_KEY_COMPROMISE, NOW, &f->e));
	next = for_device(key);
	FAILS(record_at(f, l.id, "t1", &next, NOW + 60, number), ERROR_DENIED);
	OK(store_check(f->store, stderr, &f->e));
	EVP_PKEY_free(key);
}

static void
renewed_in_turn(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *a = EVP_EC_gen("P-256"), *b = EVP_EC_gen("P-256");
	EVP_PKEY *c = EVP_EC_gen("P-256");
	struct certificate_counts counts;
	struct licence_made l;
	struct made first, second, third;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	first = enrolled(f, a, l.id);
	OK(certificate_confirm(f->store, first.number, NOW, &f->e));
	second = for_device(a);
	FAILS(renew(f, first.number, &second), ERROR_DENIED);
	second = for_device(b);
	OK(renew(f, first.number, &second));
	assert_int_equal(renew(f, first.number, &second), 1);
	third = for_device(c);
	OK(renew(f, first.number, &third));
	is_state(f, second.number, "revoked");
	/* its key is spent */
	second = for_device(b);
	FAILS(renew(f, first.number, &second), ERROR_DENIED);
	OK(certificate_confirm(f->store, third.number, NOW, &f->e));
	OK(certificate_count(f->store, NOW + YEAR - DAY, &counts, &f->e));
	assert_int_equal(counts.valid, 2);
	assert_int_equal(counts.revoked, 1);
	assert_int_equal(counts.ending, 1);
	FAILS(renew_at(f, first.number, &third, NOW + YEAR), ERROR_DENIED);
	OK(licence_revoke(f->store, l.id, NOW, &f->e));
	is_state(f, first.number, "revoked");
	is_state(f, third.number, "revoked");
	OK(store_check(f->store, stderr, &f->e));
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
	EVP_PKEY_free(c);
}

/* Whoever renews over and over comes to an end. */
static void
renewals_are_bounded(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct made last, next;
	struct licence_made l;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	last = enrolled(f, key, l.id);
	for (int i = 1; i < CERTIFICATES_OF_LICENCE; i++) {
		EVP_PKEY_free(key);
		key = EVP_EC_gen("P-256");
		next = for_device(key);
		OK(renew(f, last.number, &next));
		OK(certificate_confirm(f->store, next.number, NOW, &f->e));
		last = next;
	}
	EVP_PKEY_free(key);
	key = EVP_EC_gen("P-256");
	next = for_device(key);
	FAILS(renew(f, last.number, &next), ERROR_LIMIT);
	EVP_PKEY_free(key);
}

/* The gate asks the registry, and so does the authority. */
static void
void_with_its_owner(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *a = EVP_EC_gen("P-256"), *b = EVP_EC_gen("P-256");
	struct device off = { .center = "K0001" };
	struct licence_made l;
	struct made m, next;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	m = enrolled(f, a, l.id);
	next = for_device(b);
	OK(registry_device_update(
		f->store, "D0", fixture_becomes, &off, &f->e));
	is_state(f, m.number, "void");
	FAILS(renew(f, m.number, &next), ERROR_DENIED);
	off.enabled = true;
	OK(registry_device_update(
		f->store, "D0", fixture_becomes, &off, &f->e));
	is_state(f, m.number, "valid");
	OK(registry_device_remove(f->store, "D0", &f->e));
	is_state(f, m.number, "revoked");
	OK(store_check(f->store, stderr, &f->e));
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
}

static void
first_shared_key(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	struct certificate_facts facts;
	struct licence_made l;
	struct key one, two;
	struct made m;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	m = enrolled(f, pair, l.id);
	OK(certificate_read(m.der, m.length, &facts, &f->e));
	OK(certificate_first_key(
		f->store, m.number, facts.digest, NOW, &one, &f->e));
	OK(certificate_first_key(
		f->store, m.number, facts.digest, NOW, &two, &f->e));
	assert_memory_equal(one.secret, two.secret, sizeof(one.secret));
	assert_string_equal(two.principal, "device:D0");
	assert_int_equal(two.length, 32);
	assert_int_equal(two.id_length, 17);
	FAILS(certificate_first_key(
		      f->store, m.number, facts.key, NOW, &two, &f->e),
		ERROR_DENIED);
	OK(registry_key_retire(
		f->store, "device:D0", one.id, one.id_length, &f->e));
	FAILS(certificate_first_key(
		      f->store, m.number, facts.digest, NOW, &two, &f->e),
		ERROR_DENIED);
	EVP_PKEY_free(pair);
}

/* An agent's certificate brings its first key, and ends with it. */
static void
an_agents(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	struct made m = make(pair, "agent", "S7", NOW - 1, NOW + YEAR);
	struct certificate_facts facts;
	struct licence_made l;
	struct key key;

	fixture_agent(f, "S7");
	l = licence(f, "agent:S7");
	OK(reserve(f, l.id, "t1"));
	OK(record(f, l.id, "t1", &m));
	OK(certificate_read(m.der, m.length, &facts, &f->e));
	OK(certificate_first_key(
		f->store, m.number, facts.digest, NOW, &key, &f->e));
	assert_string_equal(key.principal, "agent:S7");
	OK(registry_agent_enable(f->store, "S7", false, &f->e));
	is_state(f, m.number, "void");
	OK(registry_agent_enable(f->store, "S7", true, &f->e));
	is_state(f, m.number, "valid");
	OK(registry_agent_remove(f->store, "S7", &f->e));
	is_state(f, m.number, "revoked");
	FAILS(registry_key_get(f->store, key.id, key.id_length, &key, &f->e),
		ERROR_NOT_FOUND);
	OK(store_check(f->store, stderr, &f->e));
	EVP_PKEY_free(pair);
}

/* Two live keys are all that a device may have. */
static void
no_third_key(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	struct key key = {
		.principal = "device:D0", .id_length = 1, .length = 32
	};
	struct certificate_facts facts;
	struct licence_made l;
	struct made m;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	m = enrolled(f, pair, l.id);
	for (unsigned char i = 1; i <= KEYS_LIVE_MAX; i++) {
		key.id[0] = i;
		OK(registry_key_add(f->store, &key, &f->e));
	}
	OK(certificate_read(m.der, m.length, &facts, &f->e));
	FAILS(certificate_first_key(
		      f->store, m.number, facts.digest, NOW, &key, &f->e),
		ERROR_DENIED);
	EVP_PKEY_free(pair);
}

static void
is_forgotten(struct fixture *f, const char *number)
{
	enum certificate_state state;
	struct certificate c;

	FAILS(certificate_get(f->store, number, NOW, &c, &state, NULL, &f->e),
		ERROR_NOT_FOUND);
}

static void
forgotten_in_time(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct licence_made used, unused, reset;
	struct certificate_counts counts;
	struct licence l;
	struct made m;

	fixture_devices(f, 1);
	used = licence(f, "device:D0");
	unused = licence(f, "device:D0");
	reset = licence(f, "device:D0");
	OK(licence_reset(f->store, reset.id, NOW + 2 * YEAR, NOW, &f->e));
	m = enrolled(f, key, used.id);
	OK(signing_put(f->store, unused.id, &(struct octets){ m.der, m.length },
		NOW, &f->e));
	OK(store_tend(f->store, NOW + DAY + RETENTION, NULL, &f->e));
	OK(licence_get(f->store, unused.id, &l, &f->e));
	OK(store_tend(f->store, NOW + DAY + RETENTION + 1, NULL, &f->e));
	FAILS(licence_get(f->store, unused.id, &l, &f->e), ERROR_NOT_FOUND);
	FAILS(signing_refuse(f->store, unused.id, "late", &f->e),
		ERROR_NOT_FOUND);
	OK(licence_get(f->store, reset.id, &l, &f->e));
	OK(licence_get(f->store, used.id, &l, &f->e));
	is_state(f, m.number, "valid");
	OK(store_check(f->store, stderr, &f->e));
	OK(certificate_revoke(
		f->store, m.number, REVOKED_SUPERSEDED, NOW, &f->e));
	OK(store_tend(f->store, NOW + YEAR + RETENTION, NULL, &f->e));
	is_state(f, m.number, "revoked");
	OK(store_tend(f->store, NOW + YEAR + RETENTION + 1, NULL, &f->e));
	is_forgotten(f, m.number);
	OK(certificate_count(f->store, NOW, &counts, &f->e));
	assert_int_equal(counts.valid + counts.revoked, 0);
	OK(store_check(f->store, stderr, &f->e));
	EVP_PKEY_free(key);
}

/* The licence goes before what it once bought. */
static void
licence_forgotten_first(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct licence_made l;
	struct licence row;
	struct made m;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	m = enrolled(f, key, l.id);
	OK(licence_reset(f->store, l.id, NOW + DAY, NOW, &f->e));
	OK(store_tend(f->store, NOW + DAY + RETENTION + 1, NULL, &f->e));
	FAILS(licence_get(f->store, l.id, &row, &f->e), ERROR_NOT_FOUND);
	is_state(f, m.number, "revoked");
	OK(store_check(f->store, stderr, &f->e));
	EVP_PKEY_free(key);
}

/* What a key was good for before a reset it is good for no more, whoever asks
 * in its name. */
static void
reset_wants_a_new_key(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	struct licence_made l;
	struct made m;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	enrolled(f, key, l.id);
	OK(licence_reset(f->store, l.id, NOW + DAY, NOW, &f->e));
	OK(reserve(f, l.id, "recorded"));
	m = for_device(key);
	FAILS(record(f, l.id, "recorded", &m), ERROR_DENIED);
	OK(licence_release(f->store, l.id, "recorded", &f->e));
	OK(reserve(f, l.id, "anew"));
	m = for_device(other);
	OK(record(f, l.id, "anew", &m));
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

/* A renewal that was itself renewed is somebody's, confirmed or not. */
static void
renewed_once(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *keys[4];
	struct licence_made l;
	struct made first, next, last, again;

	for (size_t i = 0; i < 4; i++)
		keys[i] = EVP_EC_gen("P-256");
	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	first = enrolled(f, keys[0], l.id);
	next = for_device(keys[1]);
	last = for_device(keys[2]);
	again = for_device(keys[3]);
	OK(renew(f, first.number, &next));
	OK(renew(f, next.number, &last));
	FAILS(renew(f, first.number, &again), ERROR_DENIED);
	for (size_t i = 0; i < 4; i++)
		EVP_PKEY_free(keys[i]);
}

static void
unconfirmed_is_counted(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct certificate_counts counts;
	struct licence_made l;
	struct made m;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	m = enrolled(f, key, l.id);
	OK(certificate_count(
		f->store, NOW + LICENCE_UNCONFIRMED - 1, &counts, &f->e));
	assert_int_equal(counts.unconfirmed, 0);
	OK(certificate_count(
		f->store, NOW + LICENCE_UNCONFIRMED, &counts, &f->e));
	assert_int_equal(counts.unconfirmed, 1);
	OK(certificate_confirm(f->store, m.number, NOW, &f->e));
	OK(certificate_count(
		f->store, NOW + LICENCE_UNCONFIRMED, &counts, &f->e));
	assert_int_equal(counts.unconfirmed, 0);
	EVP_PKEY_free(key);
}

struct lost {
	enum table table;
	struct packer key;
};

static int
lose(struct db_txn *t, void *arg, struct error *e)
{
	const struct lost *l = arg;
	const struct octets key = pack_row(&l->key);

	return db_delete(t, l->table, &key, e) == 1 ? 0 : -1;
}

static struct packer
named(const char *name)
{
	struct packer p = { .length = 0 };

	pack_raw(&p, name, strlen(name));
	return p;
}

static void
losses_are_found(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct licence_made l;
	struct made m;

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	m = enrolled(f, key, l.id);
	const struct lost rows[] = {
		{ TABLE_CERTIFICATES, named(m.number) },
		{ TABLE_DOCUMENTS, named(m.number) },
		{ TABLE_LICENCES, named(l.id) },
		{ TABLE_META, named(META_CERTIFICATES) },
		{ TABLE_CERTIFICATE_INDEX, index_owner("device:D0", m.number) },
		{ TABLE_CERTIFICATE_INDEX,
			index_end(INDEX_END, NOW + YEAR, m.number) },
	};

	store_close(&f->store);
	fixture_copy(f, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lost lost = rows[i];

		OK(store_open(&f->options, &f->store, &f->e));
		OK(store_check(f->store, stderr, &f->e));
		OK(store_write(f->store, DURABLE, lose, &lost, &f->e));
		FAILS(store_check(f->store, NULL, &f->e), ERROR_BAD);
		store_close(&f->store);
		fixture_copy(f, true);
	}
	fixture_forget_copy(f);
	OK(store_open(&f->options, &f->store, &f->e));
	EVP_PKEY_free(key);
}

struct racer {
	struct fixture *f;
	const char *id; /* a licence; or, to renew, a certificate */
	unsigned int number;
	bool renews;
	struct made made;
	pthread_barrier_t *start;
	unsigned int won, lost, failed;
};

static int
race_once(struct racer *r, const char *transaction, struct error *e)
{
	const struct octets der = { r->made.der, r->made.length };
	struct buffer given = { 0 };
	char code[LICENCE_CODE_SIZE];
	struct certificate c;
	struct licence l;
	bool again;
	int rc;

	if (r->renews)
		rc = certificate_renew(
			r->f->store, r->id, &der, NOW, &c, &given, &again, e);
	else if ((rc = licence_reserve(r->f->store, r->id, transaction, NOW, &l,
			  code, e)) == 0)
		rc = certificate_record(r->f->store, r->id, transaction, &der,
			NOW, &c, &given, &again, e);
	buffer_clear(&given);
	return rc;
}

/* One that is not let in, or loses, tries no more. */
static void *
race(void *arg)
{
	struct racer *r = arg;
	char transaction[16];
	struct error e;

	text_format(transaction, sizeof(transaction), "t%u", r->number);
	pthread_barrier_wait(r->start);
	if (race_once(r, transaction, &e) == 0)
		r->won++;
	else if (e.code == ERROR_EXISTS || e.code == ERROR_DENIED)
		r->lost++;
	else
		r->failed++;
	return NULL;
}

static struct racer
run_race(struct fixture *f, const char *id, bool renews)
{
	struct racer racers[THREADS], sum = { .won = 0 };
	pthread_t threads[THREADS];
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, THREADS);
	for (unsigned int i = 0; i < THREADS; i++) {
		EVP_PKEY *key = EVP_EC_gen("P-256");

		racers[i] = (struct racer){ .f = f,
			.id = id,
			.number = i,
			.renews = renews,
			.made = for_device(key),
			.start = &start };
		EVP_PKEY_free(key);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum.won += racers[i].won;
		sum.lost += racers[i].lost;
		sum.failed += racers[i].failed;
	}
	pthread_barrier_destroy(&start);
	return sum;
}

static int
count_valid(const struct certificate *c, void *arg)
{
	if (certificate_state(c, NOW) == CERTIFICATE_VALID)
		++*(unsigned int *)arg;
	return 0;
}

static int
take_number(const struct certificate *c, void *arg)
{
	memcpy(arg, c->number, sizeof(c->number));
	return 1;
}

/* One key of all has it; and one renewal of all is left. */
static void
threads_get_one(void **state)
{
	struct fixture *f = *state;
	char first[CERTIFICATE_NUMBER_SIZE];
	unsigned int before = 0, valid;
	struct racer sum;

	fixture_devices(f, 1);
	for (int i = 0; i < RACES; i++) {
		const struct licence_made l = licence(f, "device:D0");

		sum = run_race(f, l.id, false);
		assert_int_equal(sum.won, 1);
		assert_int_equal(sum.lost, THREADS - 1);
		assert_int_equal(known(f), ++before);
	}
	assert_int_equal(
		certificate_walk(f->store, take_number, first, &f->e), 1);
	sum = run_race(f, first, true);
	assert_int_equal(sum.won, THREADS);
	valid = 0;
	OK(certificate_walk(f->store, count_valid, &valid, &f->e));
	assert_int_equal(valid, before + 1);
	OK(store_check(f->store, stderr, &f->e));
}

struct killing {
	struct fixture *f;
	const char *id;
	const struct made *made;
	bool renews;
};

static int
open_and_issue(void *arg)
{
	const struct killing *k = arg;
	struct fixture *f = k->f;

	if (store_open(&f->options, &f->store, &f->e) == -1)
		return -1;
	return (k->renews ? renew(f, k->id, k->made)
			  : record(f, k->id, "t1", k->made)) == 0
		? 0
		: -1;
}

/* Was it issued? Whatever it was, its key gets one certificate, and no other
 * key does. */
static bool
look_after(const struct killing *k, const struct made *anew,
	const struct made *other)
{
	struct fixture *f = k->f;
	const unsigned int before = known(f);
	int again;

	OK(store_check(f->store, stderr, &f->e));
	if (k->renews)
		again = renew(f, k->id, anew);
	else {
		OK(reserve(f, k->id, "t1"));
		again = record(f, k->id, "t1", anew);
		FAILS(record(f, k->id, "t1", other), ERROR_EXISTS);
	}
	assert_int_equal(again, before == (k->renews ? 2 : 1));
	assert_int_equal(known(f), k->renews ? 2 : 1);
	OK(store_check(f->store, stderr, &f->e));
	return again == 1;
}

static void
kill_each(struct killing *k, const struct made *anew, const struct made *other)
{
	struct fixture *f = k->f;
	unsigned int n, calls, issued = 0, not_issued = 0;
	bool killed = true;

	store_close(&f->store);
	fixture_copy(f, false);
	assert_false(killed_at(0, open_and_issue, k, &calls));
	for (n = 1; killed; n = killed_next(n, calls, 24)) {
		fixture_copy(f, true);
		killed = killed_at(n, open_and_issue, k, NULL);
		OK(store_open(&f->options, &f->store, &f->e));
		if (look_after(k, anew, other))
			issued++;
		else
			not_issued++;
		store_close(&f->store);
	}
	fixture_copy(f, true);
	fixture_forget_copy(f);
	OK(store_open(&f->options, &f->store, &f->e));
	print_message("# %s: %u moments, in %u it was issued\n",
		k->renews ? "renew" : "record", issued + not_issued, issued);
	assert_int_not_equal(issued, 0);
	assert_int_not_equal(not_issued, 0);
}

static void
killed_at_each_step(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *a = EVP_EC_gen("P-256"), *b = EVP_EC_gen("P-256");
	EVP_PKEY *c = EVP_EC_gen("P-256");
	struct licence_made l;
	const struct made made = for_device(a), anew = for_device(a);
	const struct made other = for_device(b);
	const struct made next = for_device(c), next_anew = for_device(c);
	struct killing k = { .f = f, .made = &made };

	fixture_devices(f, 1);
	l = licence(f, "device:D0");
	OK(reserve(f, l.id, "t1"));
	k.id = l.id;
	kill_each(&k, &anew, &other);
	OK(record(f, l.id, "t1", &made));
	k.id = made.number;
	k.made = &next;
	k.renews = true;
	kill_each(&k, &next_anew, &other);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
	EVP_PKEY_free(c);
}

static void
is_bad(struct fixture *f, const struct made *m, size_t length)
{
	struct certificate_facts facts;

	FAILS(certificate_read(m->der, length, &facts, &f->e), ERROR_BAD);
}

static void
hostile_certificates(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct certificate_facts facts;
	struct made m = for_device(key);
	static const char *const numbers[] = { "-1",
		"80000000000000000000000000000000",
		"100000000000000000000000000000000" };
	X509 *x;

	OK(certificate_read(m.der, m.length, &facts, &f->e));
	assert_string_equal(facts.principal, "device:D0");
	assert_int_equal(facts.not_after, NOW + YEAR);
	for (size_t length = 0; length < m.length; length++)
		is_bad(f, &m, length);
	m.der[m.length] = 0;
	is_bad(f, &m, m.length + 1);
	FAILS(certificate_read(m.der, CERTIFICATE_MAX + 1, &facts, &f->e),
		ERROR_LIMIT);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		x = begin(key, NOW, NOW + DAY);
		set_number(x, numbers[i]);
		end(x, key, &m);
		is_bad(f, &m, m.length);
	}
	x = begin(key, NOW, NOW + DAY);
	set_number(x, "1");
	add_name(x, "OU", "device");
	add_name(x, "CN", "D0");
	add_name(x, "CN", "D1");
	end(x, key, &m);
	OK(certificate_read(m.der, m.length, &facts, &f->e));
	assert_string_equal(facts.principal, "");
	assert_string_equal(facts.number, "00000000000000000000000000000001");
	m = make(key, "device", "d0", NOW, NOW + DAY);
	OK(certificate_read(m.der, m.length, &facts, &f->e));
	assert_string_equal(facts.principal, "");
	m = make(key, "Device", "D0", NOW, NOW + DAY);
	OK(certificate_read(m.der, m.length, &facts, &f->e));
	assert_string_equal(facts.principal, "");
	m = make(key, "device:A", "B", NOW, NOW + DAY);
	OK(certificate_read(m.der, m.length, &facts, &f->e));
	assert_string_equal(facts.principal, "");
	m = make(key, "device", "A=2FB", NOW, NOW + DAY);
	OK(certificate_read(m.der, m.length, &facts, &f->e));
	assert_string_equal(facts.principal, "device:A/B");
	EVP_PKEY_free(key);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(first_key_has_it),
		TEST(expired_is_made_anew),
		TEST(renewed_in_turn),
		TEST(renewals_are_bounded),
		TEST(void_with_its_owner),
		TEST(first_shared_key),
		TEST(an_agents),
		TEST(no_third_key),
		TEST(forgotten_in_time),
		TEST(licence_forgotten_first),
		TEST(reset_wants_a_new_key),
		TEST(renewed_once),
		TEST(unconfirmed_is_counted),
		TEST(losses_are_found),
		TEST(threads_get_one),
		TEST(killed_at_each_step),
		TEST(hostile_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
