/*
 * Centers, addresses, devices and keys: what is refused, and that what belongs
 * together comes and goes together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "store/inside.h"
#include "tests/unit/store_fixture.h"

static void
addresses_have_one_form(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "CSRC@Center.Example", "csrc@center.example" },
		{ " <csrc@center.example> ", "csrc@center.example" },
		{ "<@a.example,@b.example:csrc@c.example>", "csrc@c.example" },
		{ "\"csrc\"@c.example", "csrc@c.example" },
		{ "\"c\\s.rc\"@c.example", "cs.rc@c.example" },
		{ "\"c src\"@c.example", "\"c src\"@c.example" },
		{ "\"a@b\"@c.example", "\"a@b\"@c.example" },
		{ "\"a\\\"b\"@c.example", "\"a\\\"b\"@c.example" },
		{ "csrc@c.example.", "csrc@c.example" },
		{ "csrc@[192.0.2.1]", "csrc@[192.0.2.1]" },
		{ "csrc@[IPv6:2001:DB8::1]", "csrc@[ipv6:2001:db8::1]" },
		{ "a+b@c.example", "a+b@c.example" },
		{ "", NULL },
		{ "<>", NULL },
		{ "csrc", NULL },
		{ "@c.example", NULL },
		{ "csrc@", NULL },
		{ "csrc@.", NULL },
		{ "a..b@c.example", NULL },
		{ ".a@c.example", NULL },
		{ "a@b@c.example", NULL },
		{ "a b@c.example", NULL },
		{ "a@c..example", NULL },
		{ "a@c example", NULL },
		{ "\"a", NULL },
		{ "\"a\\", NULL },
		{ "\"\"@c.example", NULL },
		{ "a@[192.0.2.1", NULL },
		{ "a@[]", NULL },
		/* a domain in two alphabets is one domain */
		{ "csrc@M\xc3\x9cNCHEN.example",
			"csrc@xn--mnchen-3ya.example" },
		{ "csrc@m\xc3\xbcnchen.example.",
			"csrc@xn--mnchen-3ya.example" },
		{ "csrc@mu\xcc\x88nchen.example",
			"csrc@xn--mnchen-3ya.example" },
		{ "csrc@XN--MNCHEN-3YA.example",
			"csrc@xn--mnchen-3ya.example" },
		{ "csrc@\xe4\xbe\x8b\xe3\x80\x82\xe4\xbe\x8b",
			"csrc@xn--fsq.xn--fsq" },
		/* a local part is its mailbox's affair */
		{ "Z\xc3\x84hler@c.example", "z\xc3\x84hler@c.example" },
		{ "\"\xc3\xa9\"@c.example", "\xc3\xa9@c.example" },
		{ "\xf0\x9f\x96\xa8@c.example", "\xf0\x9f\x96\xa8@c.example" },
		{ "\xc3@c.example", NULL },
		{ "\xc0\xa1@c.example", NULL },
		{ "\xed\xa0\x80@c.example", NULL },
		{ "\xf4\x90\x80\x80@c.example", NULL },
		{ "a@\xff.example", NULL },
		{ "a@\xe2\x80\xae.example", NULL },
		{ "a\n@c.example", NULL },
	};
	char out[ADDRESS_SIZE], big[700];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (registry_address(cases[i].in, out) !=
			(cases[i].out != NULL))
			fail_msg("\"%s\"", cases[i].in);
		assert_string_equal(
			out, cases[i].out != NULL ? cases[i].out : "");
	}
	/* 64 octets before the @ and 255 after it, not one more */
	memset(big, 'a', sizeof(big));
	big[64] = '@';
	big[64 + 1 + 255] = '\0';
	assert_true(registry_address(big, out));
	big[64 + 1 + 255] = 'a';
	big[64 + 1 + 256] = '\0';
	assert_false(registry_address(big, out));
	memset(big, 'a', sizeof(big));
	memcpy(big + 65, "@c.example", 11);
	assert_false(registry_address(big, out));
}

/* What an MTA's recipient_delimiter makes of an address. */
static void
addresses_have_extensions(void **state)
{
	static const struct {
		const char *in, *delimiters, *out;
	} cases[] = {
		{ "csrc+tag@c.example", "+", "csrc@c.example" },
		{ "csrc-a+b@c.example", "+-", "csrc@c.example" },
		{ "csrc++@c.example", "+", "csrc@c.example" },
		{ "+csrc+x@c.example", "+", "+csrc@c.example" },
		{ "\"csrc+a b\"@c.example", "+", "csrc@c.example" },
		{ "\"a b+c\"@c.example", "+", "\"a b\"@c.example" },
		{ "csrc+tag@c.example", "", NULL },
		{ "csrc+tag@c.example", "-", NULL },
		{ "csrc@c-d.example", "-", NULL },
		{ "+@c.example", "+", NULL },
		{ "\"+ \"@c.example", "+", NULL },
		{ "a.+b@c.example", "+", NULL },
	};
	char out[ADDRESS_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (registry_address_base(cases[i].in, cases[i].delimiters,
			    out) != (cases[i].out != NULL))
			fail_msg("\"%s\"", cases[i].in);
		if (cases[i].out != NULL)
			assert_string_equal(out, cases[i].out);
	}
}

static void
centers_and_addresses(void **state)
{
	struct fixture *f = *state;
	const char *const two[] = { "A@x.example", "b@x.example" };
	const char *bad = "no address";
	struct center c;
	char id[CENTER_ID_SIZE];

	OK(registry_center_add(f->store, "k0001", two, 2, &f->e));
	FAILS(registry_center_add(f->store, "K0001", NULL, 0, &f->e),
		ERROR_EXISTS);
	FAILS(registry_center_add(f->store, "K_2", NULL, 0, &f->e), ERROR_BAD);
	/* all or nothing */
	FAILS(registry_center_add(f->store, "K0002", &bad, 1, &f->e),
		ERROR_BAD);
	FAILS(registry_center_add(f->store, "K0002", two, 1, &f->e),
		ERROR_EXISTS);
	FAILS(registry_center_get(f->store, "K0002", &c, &f->e),
		ERROR_NOT_FOUND);
	OK(registry_center_get(f->store, "k0001", &c, &f->e));
	assert_string_equal(c.id, "K0001");
	assert_true(c.created > 0);
	OK(registry_center_of(f->store, "<a@X.example>", id, &f->e));
	assert_string_equal(id, "K0001");
	FAILS(registry_center_of(f->store, "c@x.example", id, &f->e),
		ERROR_NOT_FOUND);
	FAILS(registry_center_of(f->store, "junk", id, &f->e), ERROR_NOT_FOUND);
	OK(registry_address_remove(f->store, "K0001", "a@x.example", &f->e));
	FAILS(registry_center_of(f->store, "a@x.example", id, &f->e),
		ERROR_NOT_FOUND);
	FAILS(registry_address_add(f->store, "K9", "a@x.example", &f->e),
		ERROR_NOT_FOUND);
	OK(registry_address_add(f->store, "K0001", "c@x.example", &f->e));
	OK(registry_center_remove(f->store, "K0001", &f->e));
	FAILS(registry_center_of(f->store, "c@x.example", id, &f->e),
		ERROR_NOT_FOUND);
	FAILS(registry_center_remove(f->store, "K0001", &f->e),
		ERROR_NOT_FOUND);
	OK(store_check(f->store, stderr, &f->e));
}

static void
devices_come_and_go(void **state)
{
	struct fixture *f = *state;
	struct device d,
		given = { .serial = "a4fm",
			.center = "k0001",
			.protection = PROTECTION_OPTIONAL,
			.enabled = true,
			.from = "Printer@X.example",
			.network = "192.0.2.0/24" };
	struct store_stats stats;

	fixture_devices(f, 0);
	OK(registry_device_add(f->store, &given, 1, NULL, &f->e));
	FAILS(registry_device_add(f->store, &given, 1, NULL, &f->e),
		ERROR_EXISTS);
	OK(registry_device_get(f->store, "A4fm", &d, &f->e));
	assert_string_equal(d.serial, "A4FM");
	assert_string_equal(d.center, "K0001");
	assert_string_equal(d.from, "printer@x.example");
	assert_string_equal(d.network, "192.0.2.0/24");
	assert_int_equal(d.protection, PROTECTION_OPTIONAL);
	assert_true(d.enabled);
	FAILS(registry_center_remove(f->store, "K0001", &f->e), ERROR_EXISTS);
	/* to another center, which must exist */
	text_copy(given.center, sizeof(given.center), "K0002");
	given.enabled = false;
	FAILS(registry_device_update(
		      f->store, given.serial, fixture_becomes, &given, &f->e),
		ERROR_NOT_FOUND);
	OK(registry_center_add(f->store, "K0002", NULL, 0, &f->e));
	given.created = 1;
	OK(registry_device_update(
		f->store, given.serial, fixture_becomes, &given, &f->e));
	given.created = d.created;
	OK(registry_device_get(f->store, "A4FM", &d, &f->e));
	assert_false(d.enabled);
	assert_int_equal(d.created, given.created);
	OK(registry_center_remove(f->store, "K0001", &f->e));
	OK(registry_device_remove(f->store, "a4fm", &f->e));
	FAILS(registry_device_get(f->store, "A4FM", &d, &f->e),
		ERROR_NOT_FOUND);
	FAILS(registry_device_remove(f->store, "A4FM", &f->e), ERROR_NOT_FOUND);
	OK(registry_center_remove(f->store, "K0002", &f->e));
	OK(store_stats(f->store, &stats, &f->e));
	assert_int_equal(stats.devices + stats.centers + stats.keys, 0);
}

static void
imports_are_all_or_none(void **state)
{
	struct fixture *f = *state;
	struct device d[3] = { { .serial = "A", .center = "K0001" },
		{ .serial = "B", .center = "K0001" },
		{ .serial = "a", .center = "K0001" } };
	struct store_stats stats;
	size_t bad = 99;

	fixture_devices(f, 0);
	assert_int_equal(registry_device_add(f->store, d, 3, &bad, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_EXISTS);
	assert_int_equal(bad, 2);
	OK(store_stats(f->store, &stats, &f->e));
	assert_int_equal(stats.devices, 0);
	text_copy(d[1].center, sizeof(d[1].center), "K9");
	assert_int_equal(registry_device_add(f->store, d, 2, &bad, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_NOT_FOUND);
	assert_int_equal(bad, 1);
}

/* What would be said, of each by itself; and nothing is changed. */
static void
imports_are_checked(void **state)
{
	struct fixture *f = *state;
	struct device d[4] = {
		{ .serial = "D0", .center = "K0001" },
		{ .serial = "NEW", .center = "K9" },
		{ .serial = "N2", .center = "K0001", .address = "a@x.example" },
		{ .serial = "N3", .center = "K0001", .address = "b@x.example" }
	};
	struct device there = {
		.serial = "THERE", .center = "K0001", .address = "a@x.example"
	};
	struct error found[4];
	struct store_stats stats;

	fixture_devices(f, 1);
	OK(registry_device_add(f->store, &there, 1, NULL, &f->e));
	OK(registry_device_check(f->store, d, 4, false, found, &f->e));
	assert_int_equal(found[0].code, ERROR_EXISTS);
	assert_int_equal(found[1].code, ERROR_NOT_FOUND);
	assert_int_equal(found[2].code, ERROR_EXISTS);
	assert_int_equal(found[3].code, ERROR_NONE);
	OK(registry_device_check(f->store, d, 4, true, found, &f->e));
	assert_int_equal(found[0].code, ERROR_NONE);
	assert_int_equal(found[2].code, ERROR_EXISTS);
	OK(store_stats(f->store, &stats, &f->e));
	assert_int_equal(stats.devices, 2);
}

static struct key
make_key(const char *principal, const char *id)
{
	struct key k = { .id_length = strlen(id), .length = 32 };

	text_copy(k.principal, sizeof(k.principal), principal);
	memcpy(k.id, id, k.id_length);
	memset(k.secret, id[0], sizeof(k.secret));
	return k;
}

static void
keys_are_all_or_none(void **state)
{
	struct fixture *f = *state;
	struct key k[3] = { make_key("device:D0", "one"),
		make_key("device:D1", "two"),
		make_key("device:NONE", "three") };
	struct store_stats stats;
	size_t bad = 99;

	fixture_devices(f, 2);
	assert_int_equal(registry_keys_add(f->store, k, 3, &bad, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_NOT_FOUND);
	assert_int_equal(bad, 2);
	k[1].length = 5;
	assert_int_equal(registry_keys_add(f->store, k, 2, &bad, &f->e), -1);
	assert_int_equal(f->e.code, ERROR_BAD);
	assert_int_equal(bad, 1);
	OK(store_stats(f->store, &stats, &f->e));
	assert_int_equal(stats.keys, 0);
	k[1].length = 16;
	OK(registry_keys_add(f->store, k, 2, NULL, &f->e));
	OK(store_stats(f->store, &stats, &f->e));
	assert_int_equal(stats.keys, 2);
}

static int
count_keys(const struct key *k, void *arg)
{
	unsigned int *counts = arg;
	static const unsigned char none[KEY_SIZE_MAX];

	assert_memory_equal(k->secret, none, sizeof(none));
	counts[k->live]++;
	return 0;
}

static void
keys_belong_to_principals(void **state)
{
	struct fixture *f = *state;
	struct key a = make_key("device:d0", "a"),
		   b = make_key("device:D0", "b");
	struct key c = make_key("device:D0", "c"), got;
	unsigned int all[2] = { 0, 0 }, one[2] = { 0, 0 };

	fixture_devices(f, 2);
	OK(registry_key_add(f->store, &a, &f->e));
	FAILS(registry_key_add(f->store, &a, &f->e), ERROR_EXISTS);
	OK(registry_key_add(f->store, &b, &f->e));
	FAILS(registry_key_add(f->store, &c, &f->e), ERROR_LIMIT);
	FAILS(registry_key_retire(f->store, "device:D1", a.id, 1, &f->e),
		ERROR_NOT_FOUND);
	OK(registry_key_retire(f->store, "device:D0", a.id, 1, &f->e));
	OK(registry_key_add(f->store, &c, &f->e));
	OK(registry_key_get(f->store, a.id, 1, &got, &f->e));
	assert_false(got.live);
	assert_string_equal(got.principal, "device:D0");
	assert_int_equal(got.length, 32);
	assert_memory_equal(got.secret, a.secret, 32);
	b = make_key("device:D1", "d");
	b.length = 16;
	OK(registry_key_add(f->store, &b, &f->e));
	OK(registry_key_get(f->store, b.id, 1, &got, &f->e));
	assert_int_equal(got.length, 16);
	OK(registry_keys(f->store, NULL, count_keys, all, &f->e));
	assert_int_equal(all[0], 1);
	assert_int_equal(all[1], 3);
	OK(registry_keys(f->store, "device:d1", count_keys, one, &f->e));
	assert_int_equal(one[1], 1);
	/* a device takes its keys with it */
	OK(registry_device_remove(f->store, "D0", &f->e));
	FAILS(registry_key_get(f->store, a.id, 1, &got, &f->e),
		ERROR_NOT_FOUND);
	OK(registry_key_get(f->store, b.id, 1, &got, &f->e));
	OK(store_check(f->store, stderr, &f->e));
}

static void
odd_keys_are_refused(void **state)
{
	struct fixture *f = *state;
	struct key k = make_key("device:D9", "a"), got;

	fixture_devices(f, 1);
	FAILS(registry_key_add(f->store, &k, &f->e), ERROR_NOT_FOUND);
	k = make_key("agent:A", "a");
	FAILS(registry_key_add(f->store, &k, &f->e), ERROR_NOT_FOUND);
	k = make_key("collector:A", "a");
	FAILS(registry_key_add(f->store, &k, &f->e), ERROR_BAD);
	k = make_key("device:D0", "a");
	k.length = 24;
	FAILS(registry_key_add(f->store, &k, &f->e), ERROR_BAD);
	k.length = 16;
	k.id_length = 0;
	FAILS(registry_key_add(f->store, &k, &f->e), ERROR_BAD);
	FAILS(registry_key_get(f->store, k.id, 0, &got, &f->e),
		ERROR_NOT_FOUND);
	k.id_length = KEY_ID_MAX;
	OK(registry_key_add(f->store, &k, &f->e));
	OK(registry_key_get(f->store, k.id, KEY_ID_MAX, &got, &f->e));
	FAILS(registry_key_get(f->store, k.id, KEY_ID_MAX + 1, &got, &f->e),
		ERROR_NOT_FOUND);
}

struct moved {
	const char *from, *to;
};

static int
move_key(struct db_txn *t, void *arg, struct error *e)
{
	const struct moved *m = arg;
	struct octets from = text_octets_of(m->from), row;
	struct octets to = text_octets_of(m->to);
	char data[ROW_SIZE];

	row.data = data;
	if (db_get(t, TABLE_KEYS, &from, data, sizeof(data), &row.length, e) !=
		1)
		return -1;
	return db_put(t, TABLE_KEYS, &to, &row, e);
}

/* Somebody who can write to the files cannot make a device's key another's. */
static void
moved_keys_do_not_open(void **state)
{
	struct fixture *f = *state;
	struct key a = make_key("device:D0", "a"), got;
	struct moved m = { "a", "z" };

	fixture_devices(f, 1);
	OK(registry_key_add(f->store, &a, &f->e));
	OK(store_write(f->store, DURABLE, move_key, &m, &f->e));
	FAILS(registry_key_get(
		      f->store, (const unsigned char *)"z", 1, &got, &f->e),
		ERROR_TROUBLE);
	FAILS(store_check(f->store, NULL, &f->e), ERROR_BAD);
}

struct walked {
	struct fixture *f;
	unsigned int count;
	char last[SERIAL_SIZE];
};

/* A callback may use the store, and take away what it is shown. */
static int
remove_shown(const struct device *d, void *arg)
{
	struct walked *w = arg;
	struct fixture *f = w->f;

	assert_true(strcmp(w->last, d->serial) < 0);
	text_copy(w->last, sizeof(w->last), d->serial);
	OK(registry_device_remove(f->store, d->serial, &f->e));
	return ++w->count == 400 ? 9 : 0;
}

static void
walks_may_write(void **state)
{
	struct fixture *f = *state;
	struct walked w = { .f = f };

	fixture_devices(f, 500);
	assert_int_equal(
		registry_devices(f->store, remove_shown, &w, &f->e), 9);
	assert_int_equal(
		registry_devices(f->store, remove_shown, &w, &f->e), 0);
	assert_int_equal(w.count, 500);
	OK(store_check(f->store, stderr, &f->e));
}

/* Where a device gets its requests: one device an address, kept in step. */
static void
devices_have_addresses(void **state)
{
	struct fixture *f = *state;
	struct device d;

	fixture_devices(f, 2);
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	text_copy(d.address, sizeof(d.address), "<Printer@Site.Example>");
	OK(registry_device_update(
		f->store, d.serial, fixture_becomes, &d, &f->e));
	OK(registry_device_at(f->store, "printer@site.example", &d, &f->e));
	assert_string_equal(d.serial, "D0");
	assert_string_equal(d.address, "printer@site.example");
	OK(registry_device_get(f->store, "D1", &d, &f->e));
	text_copy(d.address, sizeof(d.address), "printer@site.example");
	FAILS(registry_device_update(
		      f->store, d.serial, fixture_becomes, &d, &f->e),
		ERROR_EXISTS);
	OK(store_check(f->store, stderr, &f->e));
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	text_copy(d.address, sizeof(d.address), "other@site.example");
	OK(registry_device_update(
		f->store, d.serial, fixture_becomes, &d, &f->e));
	FAILS(registry_device_at(f->store, "printer@site.example", &d, &f->e),
		ERROR_NOT_FOUND);
	/* a center's address is no device's, nor the other way round */
	FAILS(registry_address_add(
		      f->store, "K0001", "Other@site.example", &f->e),
		ERROR_EXISTS);
	OK(registry_address_add(f->store, "K0001", "desk@c.example", &f->e));
	text_copy(d.address, sizeof(d.address), "desk@c.example");
	FAILS(registry_device_update(
		      f->store, d.serial, fixture_becomes, &d, &f->e),
		ERROR_EXISTS);
	OK(registry_device_remove(f->store, "D0", &f->e));
	FAILS(registry_device_at(f->store, "other@site.example", &d, &f->e),
		ERROR_NOT_FOUND);
	OK(store_check(f->store, stderr, &f->e));
}

static void
give_key(struct fixture *f, unsigned char id, int64_t created)
{
	struct key key = { .principal = "device:D0",
		.id = { id },
		.id_length = 1,
		.created = created,
		.length = 16 };

	OK(registry_key_add(f->store, &key, &f->e));
}

static void
prove_key(struct fixture *f, unsigned char id, unsigned int number)
{
	struct admission a = fixture_admission(number);
	struct admitted got;

	a.key_id = &id;
	a.key_id_length = 1;
	OK(ledger_admit(f->store, &a, &got, &f->e));
	assert_int_equal(got.result, LEDGER_ADMITTED);
}

static unsigned char
key_for(struct fixture *f)
{
	struct key key;

	OK(registry_key_for(f->store, "device:D0", &key, &f->e));
	assert_int_equal(key.length, 16);
	return key.id[0];
}

/* A new key is used for requests only once the device has shown it. */
static void
requests_use_the_proved_key(void **state)
{
	struct fixture *f = *state;
	struct key key;

	fixture_devices(f, 1);
	FAILS(registry_key_for(f->store, "device:D0", &key, &f->e),
		ERROR_NOT_FOUND);
	give_key(f, 1, NOW - 10);
	assert_int_equal(key_for(f), 1);
	give_key(f, 2, NOW - 5);
	assert_int_equal(key_for(f), 1);
	prove_key(f, 1, 1);
	assert_int_equal(key_for(f), 1);
	prove_key(f, 2, 2);
	assert_int_equal(key_for(f), 2);
	prove_key(f, 1, 3);
	assert_int_equal(key_for(f), 2);
	OK(registry_key_get(
		f->store, (const unsigned char *)"\2", 1, &key, &f->e));
	assert_int_equal(key.used, NOW);
	OK(registry_key_retire(
		f->store, "device:D0", (const unsigned char *)"\2", 1, &f->e));
	assert_int_equal(key_for(f), 1);
}

static void
urls_are_judged(void **state)
{
	static const struct {
		const char *url;
		bool good;
	} rows[] = {
		{ "https://dav.example", true },
		{ "http://192.0.2.1:8080/csrc/", true },
		{ "https://[2001:db8::1]/a%20b", true },
		{ "", false },
		{ "https://", false },
		{ "https:///csrc", false },
		{ "http://:80/", false },
		{ "HTTPS://dav.example", false },
		{ "ftp://dav.example", false },
		{ "https://user@dav.example", false },
		{ "https://dav.example/?query", false },
		{ "https://dav.example/#part", false },
		{ "https://dav.example/ ", false },
		{ "https://dav.example/\x7f", false },
		{ "https://dav.example/\xc3\xa4", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (registry_url(rows[i].url) != rows[i].good)
			fail_msg("%s", rows[i].url);
}

static int
count_server(const struct server *server, void *arg)
{
	(void)server;
	++*(unsigned int *)arg;
	return 0;
}

static void
servers_have_names(void **state)
{
	struct fixture *f = *state;
	struct server server = { .name = "south-1",
		.url = "https://dav.example/",
		.address = "Admin@DAV.Example" };
	unsigned int count = 0;

	OK(registry_server_add(f->store, &server, &f->e));
	FAILS(registry_server_add(f->store, &server, &f->e), ERROR_EXISTS);
	fixture_reopen(f);
	OK(store_check(f->store, stderr, &f->e));
	OK(registry_server_get(f->store, "South-1", &server, &f->e));
	assert_string_equal(server.name, "SOUTH-1");
	assert_string_equal(server.address, "admin@dav.example");
	assert_int_not_equal(server.created, 0);
	strcpy(server.name, "SOUTH_1");
	FAILS(registry_server_add(f->store, &server, &f->e), ERROR_BAD);
	strcpy(server.name, "SOUTH-2");
	strcpy(server.address, "nobody");
	FAILS(registry_server_add(f->store, &server, &f->e), ERROR_BAD);
	OK(registry_servers(f->store, count_server, &count, &f->e));
	assert_int_equal(count, 1);
	OK(registry_server_remove(f->store, "south-1", &f->e));
	FAILS(registry_server_remove(f->store, "south-1", &f->e),
		ERROR_NOT_FOUND);
	FAILS(registry_server_get(f->store, "south-1", &server, &f->e),
		ERROR_NOT_FOUND);
}

/* What older rows do not have, newer ones keep. */
static void
devices_have_channel_and_model(void **state)
{
	struct fixture *f = *state;
	struct device d;

	fixture_devices(f, 1);
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	assert_int_equal(d.channel, BY_MAIL);
	assert_string_equal(d.model, "");
	d.channel = BY_LINE;
	memset(d.model, 'x', MODEL_SIZE - 1);
	d.model[MODEL_SIZE - 1] = '\0';
	OK(registry_device_update(f->store, "D0", fixture_becomes, &d, &f->e));
	fixture_reopen(f);
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	assert_int_equal(d.channel, BY_LINE);
	assert_int_equal(strlen(d.model), MODEL_SIZE - 1);
}

/* Device D0 of K0001 as it stands, but for its alias. */
static int
set_alias(struct fixture *f, const char *serial, const char *alias)
{
	struct device d;

	OK(registry_device_get(f->store, serial, &d, &f->e));
	text_copy(d.alias, sizeof(d.alias), alias);
	return registry_device_update(
		f->store, serial, fixture_becomes, &d, &f->e);
}

static void
is_named(struct fixture *f, const char *name, const char *center,
	const char *serial)
{
	char centers[1][CENTER_ID_SIZE];
	struct device d = { .serial = "" };
	int found;

	text_copy(centers[0], sizeof(centers[0]), center);
	found = registry_device_named(f->store, name,
		(const char(*)[CENTER_ID_SIZE])centers, 1, &d, &f->e);
	assert_int_equal(found, serial != NULL);
	assert_string_equal(d.serial, serial != NULL ? serial : "");
}

static void
devices_have_aliases(void **state)
{
	struct fixture *f = *state;
	struct device d = { .serial = "E0", .center = "K0002" };

	fixture_devices(f, 2);
	OK(registry_center_add(f->store, "K0002", NULL, 0, &f->e));
	OK(registry_device_add(f->store, &d, 1, NULL, &f->e));
	OK(set_alias(f, "D0", "x100"));
	OK(set_alias(f, "D0", "X100"));
	is_named(f, "x100", "K0001", "D0");
	is_named(f, "d0", "K0001", "D0");
	is_named(f, "X100", "K0002", NULL);
	is_named(f, "D0", "K0002", NULL);
	is_named(f, "not a serial", "K0001", NULL);
	/* unique in its center, and no device's serial in any */
	FAILS(set_alias(f, "D1", "X100"), ERROR_EXISTS);
	OK(set_alias(f, "E0", "X100"));
	is_named(f, "X100", "K0002", "E0");
	FAILS(set_alias(f, "D1", "E0"), ERROR_EXISTS);
	FAILS(set_alias(f, "D1", "D1"), ERROR_BAD);
	FAILS(set_alias(f, "D1", "a b"), ERROR_BAD);
	text_copy(d.serial, sizeof(d.serial), "X100");
	FAILS(registry_device_add(f->store, &d, 1, NULL, &f->e), ERROR_EXISTS);
	/* a move takes it along, if it is free there */
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	text_copy(d.center, sizeof(d.center), "K0002");
	FAILS(registry_device_update(
		      f->store, "D0", fixture_becomes, &d, &f->e),
		ERROR_EXISTS);
	OK(set_alias(f, "E0", ""));
	OK(registry_device_update(f->store, "D0", fixture_becomes, &d, &f->e));
	is_named(f, "X100", "K0001", NULL);
	is_named(f, "X100", "K0002", "D0");
	fixture_reopen(f);
	OK(store_check(f->store, stderr, &f->e));
	OK(registry_device_remove(f->store, "D0", &f->e));
	is_named(f, "X100", "K0002", NULL);
	OK(store_check(f->store, stderr, &f->e));
}

static void
devices_have_texts(void **state)
{
	struct fixture *f = *state;
	struct device d;

	fixture_devices(f, 1);
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	assert_int_equal(d.date_order, ORDER_UNKNOWN);
	assert_false(d.forwarded);
	assert_int_equal(d.counts, COUNTS_BOTH);
	d.date_order = ORDER_MDY;
	d.forwarded = true;
	d.counts = COUNTS_PLAIN;
	OK(registry_device_update(f->store, "D0", fixture_becomes, &d, &f->e));
	fixture_reopen(f);
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	assert_int_equal(d.date_order, ORDER_MDY);
	assert_true(d.forwarded);
	assert_int_equal(d.counts, COUNTS_PLAIN);
}

static void
add_forwarder(struct fixture *f, const char *address,
	enum forwarder_proof proof, const char *value)
{
	struct forwarder it = { .center = "k0001", .proof = proof };

	text_copy(it.address, sizeof(it.address), address);
	text_copy(it.value, sizeof(it.value), value);
	OK(registry_forwarder_add(f->store, &it, &f->e));
}

static bool
forwards(struct fixture *f, const char *sender, const char *client,
	const char *login, const char *dkim)
{
	struct sockaddr_storage at = { .ss_family = AF_INET };
	struct sockaddr_in *in = (struct sockaddr_in *)&at;
	struct forwarder_evidence v = { client != NULL ? &at : NULL, login,
		dkim };
	struct forwarder found;
	int rc;

	if (client != NULL)
		assert_int_equal(inet_pton(AF_INET, client, &in->sin_addr), 1);
	rc = registry_forwarder_find(
		f->store, "K0001", sender, &v, &found, &f->e);
	assert_int_not_equal(rc, -1);
	if (rc == 1)
		assert_string_equal(found.center, "K0001");
	return rc == 1;
}

static int
count_forwarder(const struct forwarder *it, void *arg)
{
	(void)it;
	++*(unsigned int *)arg;
	return 0;
}

static void
forwarders_are_proved(void **state)
{
	struct fixture *f = *state;
	struct forwarder bad = { .center = "K0001", .address = "a@c.example" };
	unsigned int count = 0;

	fixture_devices(f, 1);
	FAILS(registry_forwarder_add(f->store, &bad, &f->e), ERROR_BAD);
	add_forwarder(f, "Desk@c.example", BY_NETWORK, "192.0.2.77/24");
	add_forwarder(f, "desk@c.example", BY_NETWORK, "192.0.2.0/24");
	add_forwarder(f, "desk@c.example", BY_LOGIN, "desk");
	add_forwarder(f, "far@c.example", BY_DKIM, "C.Example");
	OK(registry_forwarders(
		f->store, "K0001", count_forwarder, &count, &f->e));
	assert_int_equal(count, 3);
	assert_true(forwards(f, "DESK@c.example", "192.0.2.9", NULL, NULL));
	assert_true(
		forwards(f, "desk@c.example", "198.51.100.1", "desk", NULL));
	assert_true(forwards(f, "far@c.example", NULL, NULL, "c.example"));
	/* an address alone is nothing, nor is another's proof */
	assert_false(forwards(f, "desk@c.example", NULL, NULL, NULL));
	assert_false(forwards(
		f, "desk@c.example", "198.51.100.1", "Desk", "c.example"));
	assert_false(forwards(f, "far@c.example", "192.0.2.9", "desk", NULL));
	assert_false(forwards(f, "far@c.example", NULL, NULL, "x.c.example"));
	assert_false(forwards(f, "", "192.0.2.9", "desk", "c.example"));
	OK(registry_forwarder_remove(
		f->store, "K0001", "desk@c.example", &f->e));
	FAILS(registry_forwarder_remove(
		      f->store, "K0001", "desk@c.example", &f->e),
		ERROR_NOT_FOUND);
	assert_false(forwards(f, "desk@c.example", "192.0.2.9", "desk", NULL));
	OK(registry_device_remove(f->store, "D0", &f->e));
	OK(registry_center_remove(f->store, "K0001", &f->e));
	count = 0;
	OK(registry_forwarders(f->store, NULL, count_forwarder, &count, &f->e));
	assert_int_equal(count, 0);
	OK(store_check(f->store, stderr, &f->e));
}

/* One after another, apart from what it reported, and gone with it. */
static void
calls_are_counted(void **state)
{
	struct fixture *f = *state;
	const struct call_costs costs = {
		.count = 1, .seconds = 60, .sent = 100, .received = 2000
	};
	const struct call_costs absurd = { .count = 1, .sent = UINT64_MAX };
	struct store_stats stats;
	struct activity a;

	fixture_devices(f, 2);
	OK(registry_activity_get(f->store, "D1", &a, &f->e));
	assert_int_equal(a.called, 0);
	OK(registry_called(f->store, "d1", &costs, &f->e));
	OK(registry_called(f->store, "D1", &costs, &f->e));
	FAILS(registry_called(f->store, "D1", &absurd, &f->e), ERROR_BAD);
	FAILS(registry_called(f->store, "D9", &costs, &f->e), ERROR_NOT_FOUND);
	OK(registry_activity_get(f->store, "D1", &a, &f->e));
	assert_int_not_equal(a.called, 0);
	assert_int_equal(a.reported, 0);
	assert_int_equal(a.calls.count, 2);
	assert_int_equal(a.calls.seconds, 120);
	assert_int_equal(a.calls.sent, 200);
	assert_int_equal(a.calls.received, 4000);
	OK(registry_device_remove(f->store, "D1", &f->e));
	OK(registry_called(f->store, "D0", &costs, &f->e));
	OK(store_stats(f->store, &stats, &f->e));
	assert_int_equal(stats.calls, 3);
	assert_int_equal(stats.call_octets, 6300);
	OK(store_check(f->store, stderr, &f->e));
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_one_form),
		cmocka_unit_test(addresses_have_extensions),
		cmocka_unit_test(urls_are_judged),
		TEST(servers_have_names),
		TEST(devices_have_channel_and_model),
		TEST(devices_have_aliases),
		TEST(devices_have_texts),
		TEST(forwarders_are_proved),
		TEST(calls_are_counted),
		TEST(centers_and_addresses),
		TEST(devices_come_and_go),
		TEST(imports_are_all_or_none),
		TEST(imports_are_checked),
		TEST(keys_are_all_or_none),
		TEST(keys_belong_to_principals),
		TEST(odd_keys_are_refused),
		TEST(moved_keys_do_not_open),
		TEST(devices_have_addresses),
		TEST(requests_use_the_proved_key),
		TEST(walks_may_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
