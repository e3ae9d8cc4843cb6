/*
 * Proofs on a line as the daemon judges them: one nonce, one connection, one
 * try; and whatever is wrong costs what the right one does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "gate/prove.h"
#include "store/db.h"
#include "tests/unit/gate_fixture.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_remove)

static struct work {
	unsigned int unwrapped, looked_up, drawn, hashed, derived, compared;
} work;

int __real_crypto_unwrap(const unsigned char *master,
	const struct crypto_span *label, const struct crypto_span *wrapped,
	unsigned char *secret, size_t *length_r, struct error *e);
int __wrap_crypto_unwrap(const unsigned char *master,
	const struct crypto_span *label, const struct crypto_span *wrapped,
	unsigned char *secret, size_t *length_r, struct error *e);
int
__wrap_crypto_unwrap(const unsigned char *master,
	const struct crypto_span *label, const struct crypto_span *wrapped,
	unsigned char *secret, size_t *length_r, struct error *e)
{
	work.unwrapped++;
	return __real_crypto_unwrap(
		master, label, wrapped, secret, length_r, e);
}

int
__real_store_read(struct store *s, db_body *body, void *arg, struct error *e);
int
__wrap_store_read(struct store *s, db_body *body, void *arg, struct error *e);
int
__wrap_store_read(struct store *s, db_body *body, void *arg, struct error *e)
{
	work.looked_up++;
	return __real_store_read(s, body, arg, e);
}

int __real_crypto_random(void *out, size_t length, struct error *e);
int __wrap_crypto_random(void *out, size_t length, struct error *e);
int
__wrap_crypto_random(void *out, size_t length, struct error *e)
{
	work.drawn++;
	return __real_crypto_random(out, length, e);
}

int __real_crypto_hmac(const struct crypto_span *key,
	const struct crypto_span *spans, size_t count, unsigned char *mac,
	struct error *e);
int __wrap_crypto_hmac(const struct crypto_span *key,
	const struct crypto_span *spans, size_t count, unsigned char *mac,
	struct error *e);
int
__wrap_crypto_hmac(const struct crypto_span *key,
	const struct crypto_span *spans, size_t count, unsigned char *mac,
	struct error *e)
{
	work.hashed++;
	return __real_crypto_hmac(key, spans, count, mac, e);
}

int __real_crypto_hkdf(const struct crypto_span *key,
	const struct crypto_span *salt, const struct crypto_span *info,
	unsigned char *out, size_t length, struct error *e);
int __wrap_crypto_hkdf(const struct crypto_span *key,
	const struct crypto_span *salt, const struct crypto_span *info,
	unsigned char *out, size_t length, struct error *e);
int
__wrap_crypto_hkdf(const struct crypto_span *key,
	const struct crypto_span *salt, const struct crypto_span *info,
	unsigned char *out, size_t length, struct error *e)
{
	work.derived++;
	return __real_crypto_hkdf(key, salt, info, out, length, e);
}

bool __real_crypto_same(const void *a, const void *b, size_t length);
bool __wrap_crypto_same(const void *a, const void *b, size_t length);
bool
__wrap_crypto_same(const void *a, const void *b, size_t length)
{
	work.compared++;
	return __real_crypto_same(a, b, length);
}

/* A call as a device makes it. */
struct caller {
	const char *center, *serial, *id, *hex;
};

static const struct caller right = { "K0001", "DEVICEA", "a1", KEY_A };

static void
speak(const struct caller *who, struct prove_claim *claim,
	struct proofs *proofs_r)
{
	struct transcript *t = &claim->transcript;
	unsigned char key[KEY_SIZE_MAX];
	struct error e = { 0 };
	int length = text_unhex(who->hex, key, sizeof(key));

	text_copy(t->center, sizeof(t->center), who->center);
	text_copy(t->serial, sizeof(t->serial), who->serial);
	t->key_id_length =
		(size_t)text_unhex(who->id, t->key_id, sizeof(t->key_id));
	memset(t->device_nonce, 0x5a, sizeof(t->device_nonce));
	must(proofs_make(t, key, (size_t)length, proofs_r, &e), &e);
	memcpy(claim->proof, proofs_r->device, PROOF_SIZE);
}

/* 1, 0 or -1, as prove_check; to the center that answers. */
static int
call(struct world *w, const char *center, const struct caller *who)
{
	struct prove_claim claim = { .connection = 7, .client = "tty" };
	struct proofs own, proofs;
	static const struct proofs none;
	struct error e = { 0 };
	int rc;

	must(prove_begin(w->gate, 7, center, claim.transcript.center_nonce, &e),
		&e);
	speak(who, &claim, &own);
	memset(&work, 0, sizeof(work));
	rc = prove_check(w->gate, &claim, &proofs, &e);
	if (rc == 1) {
		assert_memory_equal(proofs.center, own.center, PROOF_SIZE);
		assert_memory_equal(
			proofs.session, own.session, PROOF_SESSION_SIZE);
	} else {
		assert_memory_equal(&proofs, &none, sizeof(none));
	}
	/* never the one that stands for a device */
	assert_memory_equal(proofs.device, none.device, PROOF_SIZE);
	return rc;
}

static void
known_device(void **state)
{
	assert_int_equal(call(*state, "K0001", &right), 1);
}

static void
all_costs_the_same(void **state)
{
	static const struct {
		const char *center;
		struct caller who;
	} rows[] = {
		{ "K0001",
			{ "K0001", "DEVICEA", "a1", KEY_D } }, /* wrong key */
		{ "K0001", { "K0001", "DEVICEA", "a1", KEY_B } },
		{ "K0001", { "K0001", "DEVICEA", "ff01", KEY_A } },
		{ "K0001", { "K0001", "NOBODY", "a1", KEY_A } },
		{ "K0001", { "K0001", "NOBODY", "ff01", KEY_A } },
		{ "K0001", { "K0001", "DEVICED", "d1", KEY_D } }, /* disabled */
		{ "K0001",
			{ "K0001", "DEVICEB", "a1", KEY_A } }, /* another's */
		{ "K0001", { "K0001", "DEVICEA", "ee", KEY_A } }, /* retired */
		{ "K0002", { "K0001", "DEVICEA", "a1", KEY_A } },
		{ "K0002", { "K0002", "DEVICEA", "a1", KEY_A } },
	};
	const unsigned char retired[] = { 0xee };
	struct world *w = *state;
	struct work all;
	struct error e = { 0 };

	add_key(w, "DEVICEA", "ee", KEY_A);
	must(registry_key_retire(w->store, "device:DEVICEA", retired, 1, &e),
		&e);
	assert_int_equal(call(w, "K0001", &right), 1);
	all = work;
	assert_int_equal(all.looked_up, 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(call(w, rows[i].center, &rows[i].who), 0);
		assert_memory_equal(&work, &all, sizeof(all));
	}
}

/* One try, whatever came of it; for one connection; for a minute. */
static void
nonces_are_good_once(void **state)
{
	struct world *w = *state;
	struct prove_claim claim = { .connection = 7 }, other;
	struct proofs own, proofs;
	struct error e = { 0 };

	must(prove_begin(
		     w->gate, 7, "k0001", claim.transcript.center_nonce, &e),
		&e);
	speak(&right, &claim, &own);
	other = claim;
	other.connection = 8;
	assert_int_equal(prove_check(w->gate, &other, &proofs, &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	assert_int_equal(prove_check(w->gate, &claim, &proofs, &e), 1);
	assert_int_equal(prove_check(w->gate, &claim, &proofs, &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	/* another nonce has come in between */
	must(prove_begin(w->gate, 7, "K0001", own.center, &e), &e);
	assert_int_equal(prove_check(w->gate, &claim, &proofs, &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	/* who has hung up */
	must(prove_begin(
		     w->gate, 7, "K0001", claim.transcript.center_nonce, &e),
		&e);
	speak(&right, &claim, &own);
	prove_left(w->gate, 7);
	assert_int_equal(prove_check(w->gate, &claim, &proofs, &e), -1);
	assert_int_equal(
		prove_begin(w->gate, 7, "NOWHERE", own.center, &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
}

static void
nonces_are_bounded(void **state)
{
	struct world *w = *state;
	unsigned char nonce[PROOF_NONCE_SIZE];
	struct error e = { 0 };

	for (uint64_t i = 1; i <= PROVE_OPEN_MAX; i++)
		must(prove_begin(w->gate, i, "K0001", nonce, &e), &e);
	must(prove_begin(w->gate, 1, "K0001", nonce, &e), &e);
	assert_int_equal(
		prove_begin(w->gate, PROVE_OPEN_MAX + 1, "K0001", nonce, &e),
		-1);
	assert_int_equal(e.code, ERROR_LIMIT);
	prove_left(w->gate, 3);
	must(prove_begin(w->gate, PROVE_OPEN_MAX + 1, "K0001", nonce, &e), &e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(known_device),
		TEST(all_costs_the_same),
		TEST(nonces_are_good_once),
		TEST(nonces_are_bounded),
	};

	return cmocka_run_group_tests(tests, world_begin, NULL);
}
