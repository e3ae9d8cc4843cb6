/*
 * The authority's CMP, message by message: OpenSSL's own client asks, what is
 * between them is broken in every way, and the daemon is away at each verb.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>

#include "base/log.h"
#include "tests/unit/authority_fixture.h"
#include "tests/unit/cmp_peer.h"
#include "tests/unit/registrar.h"

#define LICENCE ids[0]
#define CODE "7K3M-2XW9-QDAB-CDEF-GHJK-MNPQ-RSTU"
#define DEVICE "device:A1"

static char ids[5][LICENCE_ID_SIZE];
static struct ca_configuration *configuration;
static struct issuer *issuer;
static struct pseudo pseudo;
static struct cmp_begun begun = { .mutex = PTHREAD_MUTEX_INITIALIZER };
static struct cmp cmp;
static struct desk desk;

static int
setup(void **state)
{
	struct error e;
	char path[CA_PATH_SIZE];

	assert_int_equal(crypto_init(&e), 0);
	authority_setup(state);
	configuration = authority_configuration("");
	issuer = authority_issuer(configuration);
	assert_int_equal(
		ca_path(authority_directory, CA_PSEUDO_KEY, path, &e), 0);
	assert_int_equal(pseudo_load(path, &pseudo, &e), 0);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(licence_id_make(ids[i], &e), 0);
	return log_open("stderr", LEVEL_ERROR, &e);
}

static int
teardown(void **state)
{
	issuer_close(&issuer);
	ca_configuration_free(&configuration);
	return authority_teardown(state);
}

static void
begin(size_t most, int64_t seconds)
{
	registrar_reset();
	registrar_licence(LICENCE, CODE, DEVICE, LICENCE_IS_GOOD);
	cmp = (struct cmp){ issuer, &pseudo, transactions_new(most, seconds),
		&begun };
	begun.done = false;
	desk = (struct desk){ configuration, &cmp, registrar_client() };
}

static int
each_setup(void **state)
{
	(void)state;
	begin(TRANSACTIONS_MAX, 600);
	return 0;
}

static int
each_teardown(void **state)
{
	(void)state;
	transactions_free(&cmp.transactions);
	return 0;
}

static void
assert_calls(const char *wanted)
{
	char calls[4096];

	registrar_calls(calls, sizeof(calls));
	assert_string_equal(calls, wanted);
}

static void
assert_state(X509 *certificate, const char *wanted)
{
	char number[CERTIFICATE_NUMBER_SIZE], state[64];

	peer_number(certificate, number);
	registrar_state(number, state, sizeof(state));
	assert_string_equal(state, wanted);
}

static void
with_licence(struct peer *p)
{
	peer_new(p, &desk, issuer_certificate(issuer));
	p->reference = LICENCE;
	p->secret = CODE;
}

/* Who has a certificate, and asks with it now by a new key. */
static void
with_certificate(struct peer *p, struct peer *had)
{
	with_licence(had);
	assert_true(peer_asks(had, OSSL_CMP_IR));
	peer_new(p, &desk, issuer_certificate(issuer));
	p->old = had->certificate;
	p->old_key = had->key;
	assert_calls("reserve record confirm");
}

static void
assert_subject(X509 *certificate, const char *wanted)
{
	char text[256];

	X509_NAME_oneline(
		X509_get_subject_name(certificate), text, sizeof(text));
	assert_string_equal(text, wanted);
}

/* enrolment */

static void
enrols(void **state)
{
	static const int types[] = { OSSL_CMP_IR, OSSL_CMP_CR, OSSL_CMP_P10CR };
	struct peer p;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		each_teardown(NULL);
		each_setup(NULL);
		with_licence(&p);
		if (!peer_asks(&p, types[i]))
			fail_msg("%d: %s", types[i], p.text);
		assert_calls("reserve record confirm");
		assert_state(p.certificate, "confirmed");
		assert_int_equal(
			EVP_PKEY_eq(X509_get0_pubkey(p.certificate), p.key), 1);
		assert_int_equal(
			X509_verify(p.certificate, issuer_key(issuer)), 1);
		/* OpenSSL has caPubs in ip alone */
		assert_int_equal(p.root != NULL, types[i] == OSSL_CMP_IR);
		if (p.root != NULL)
			assert_int_equal(
				X509_cmp(p.root, issuer_certificate(issuer)),
				0);
		assert_int_equal(transactions_count(cmp.transactions), 0);
		assert_false(registrar_holds(LICENCE));
		peer_free(&p);
	}
}

static void
profile_decides(void **state)
{
	struct peer p;

	(void)state;
	with_licence(&p);
	p.subject = "server:EVIL";
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_subject(p.certificate, "/O=Sample Service/OU=device/CN=A1");
	peer_free(&p);
}

static void
server_has_its_name(void **state)
{
	struct peer p;

	(void)state;
	registrar_licence(ids[1], CODE, "server:WEB", LICENCE_IS_GOOD);
	with_licence(&p);
	p.reference = ids[1];
	if (!peer_asks(&p, OSSL_CMP_IR))
		fail_msg("%s", p.text);
	assert_int_equal(
		X509_check_host(p.certificate, "dav.example", 0, 0, NULL), 1);
	peer_free(&p);
}

/* What the peer sees of a refusal: how long it is, and what is in it. */
struct seen {
	int status, body;
	size_t length;
	char text[512];
};

static void
refused_with(const char *reference, const char *secret, struct seen *seen_r)
{
	struct peer p;

	with_licence(&p);
	p.reference = reference;
	p.secret = secret;
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_int_equal(p.steps, 1);
	seen_r->status = p.status[0];
	seen_r->body = peer_body(&p.got[0]);
	seen_r->length = p.got[0].length;
	memcpy(seen_r->text, p.text, sizeof(p.text));
	peer_free(&p);
}

static void
unknown_looks_like_a_wrong_code(void **state)
{
	static const char other[] = "7K3M-2XW9-QDAB-CDEF-GHJK-MNPQ-RSTV";
	const char *const references[] = { ids[4], ids[2], ids[3] };
	struct seen wrong, unknown;

	(void)state;
	registrar_licence(ids[2], CODE, DEVICE, LICENCE_IS_HELD);
	registrar_licence(ids[3], CODE, DEVICE, LICENCE_IS_GONE);
	refused_with(LICENCE, other, &wrong);
	assert_int_equal(wrong.status, 200);
	assert_int_equal(wrong.body, 23);
	assert_calls("reserve release");
	assert_false(registrar_holds(LICENCE));
	for (size_t i = 0; i < 3; i++) {
		refused_with(references[i], CODE, &unknown);
		assert_calls("reserve release");
		assert_int_equal(unknown.status, wrong.status);
		assert_int_equal(unknown.body, wrong.body);
		assert_int_equal(unknown.length, wrong.length);
		assert_string_equal(unknown.text, wrong.text);
	}
	/* what can be no licence is known to be none by everybody */
	refused_with("nonsense", CODE, &unknown);
	assert_calls("");
	assert_string_equal(unknown.text, wrong.text);
	assert_int_equal(transactions_count(cmp.transactions), 0);
}

static void
used_by_another_key(void **state)
{
	struct peer p, q;

	(void)state;
	with_licence(&p);
	with_licence(&q);
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_false(peer_asks(&q, OSSL_CMP_IR));
	assert_int_equal(q.pki_status, OSSL_CMP_PKISTATUS_rejection);
	assert_string_equal(q.text, "it is another key's");
	assert_calls("reserve record confirm reserve record release");
	assert_int_equal(transactions_count(cmp.transactions), 0);
	assert_int_equal(registrar_count(), 1);
	peer_free(&p);
	peer_free(&q);
}

static void
broken_before_confirmation(void **state)
{
	struct peer p, q;
	X509 *first;

	(void)state;
	with_licence(&p);
	p.unconfirmed = true;
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_state(p.certificate, "valid");
	assert_int_equal(transactions_count(cmp.transactions), 1);
	first = X509_dup(p.certificate);
	with_licence(&q);
	assert_false(peer_asks(&q, OSSL_CMP_IR));
	p.unconfirmed = false;
	assert_true(peer_asks(&p, OSSL_CMP_P10CR));
	assert_int_equal(X509_cmp(first, p.certificate), 0);
	assert_state(first, "confirmed");
	/* the first transaction has made place for the second */
	assert_int_equal(transactions_count(cmp.transactions), 0);
	X509_free(first);
	peer_free(&p);
	peer_free(&q);
}

static void
without_possession(void **state)
{
	static const int methods[] = { OSSL_CRMF_POPO_NONE,
		OSSL_CRMF_POPO_RAVERIFIED };
	struct peer p;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		with_licence(&p);
		p.popo = methods[i];
		assert_false(peer_asks(&p, OSSL_CMP_IR));
		assert_int_equal(p.steps, 1);
		assert_calls("reserve release");
		assert_int_equal(registrar_count(), 0);
		peer_free(&p);
	}
}

static void
keys_that_no_profile_takes(void **state)
{
	struct peer p;

	(void)state;
	with_licence(&p);
	EVP_PKEY_free(p.key);
	p.key = EVP_RSA_gen(1024);
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_int_equal(p.pki_status, OSSL_CMP_PKISTATUS_rejection);
	assert_calls("reserve release");
	peer_free(&p);
}

static void
certificate_is_rejected(void **state)
{
	struct peer p;

	(void)state;
	with_licence(&p);
	p.rejects = true;
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_int_equal(p.steps, 2);
	assert_calls("reserve record revoke");
	assert_int_equal(registrar_count(), 1);
	assert_int_equal(transactions_count(cmp.transactions), 0);
	p.rejects = false;
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_string_equal(p.text, "it was revoked");
	peer_free(&p);
}

/* renewal, revocation */

static void
renews(void **state)
{
	struct peer had, p;

	(void)state;
	with_certificate(&p, &had);
	if (!peer_asks(&p, OSSL_CMP_KUR))
		fail_msg("%s", p.text);
	assert_calls("certificate renew confirm");
	assert_state(p.certificate, "confirmed");
	assert_subject(p.certificate, "/O=Sample Service/OU=device/CN=A1");
	assert_int_equal(
		EVP_PKEY_eq(X509_get0_pubkey(p.certificate), p.key), 1);
	peer_free(&p);
	peer_free(&had);
}

static void
renews_with_the_old_key(void **state)
{
	struct peer had, p;

	(void)state;
	with_certificate(&p, &had);
	EVP_PKEY_free(p.key);
	EVP_PKEY_up_ref(had.key);
	p.key = had.key;
	assert_false(peer_asks(&p, OSSL_CMP_KUR));
	assert_string_equal(p.text, "the key is an old one");
	peer_free(&p);
	peer_free(&had);
}

static void
renews_under_a_revoked_one(void **state)
{
	char number[CERTIFICATE_NUMBER_SIZE];
	struct peer had, p;

	(void)state;
	with_certificate(&p, &had);
	peer_number(had.certificate, number);
	registrar_revoke(number);
	assert_false(peer_asks(&p, OSSL_CMP_KUR));
	assert_calls("certificate");
	assert_int_equal(registrar_count(), 1);
	assert_false(peer_revokes(&p));
	assert_calls("certificate");
	peer_free(&p);
	peer_free(&had);
}

/* Somebody else's certificate is shown; his own key signs. */
static void
renews_for_another(void **state)
{
	struct peer had, p, other;

	(void)state;
	registrar_licence(ids[1], CODE, "device:B2", LICENCE_IS_GOOD);
	with_certificate(&p, &had);
	with_licence(&other);
	other.reference = ids[1];
	assert_true(peer_asks(&other, OSSL_CMP_IR));
	assert_calls("reserve record confirm");
	/* for OpenSSL's client it has his key, as octets it is unchanged */
	p.old = X509_dup(other.certificate);
	X509_set_pubkey(p.old, had.key);
	assert_false(peer_asks(&p, OSSL_CMP_KUR));
	assert_calls("certificate");
	assert_int_equal(registrar_count(), 2);
	X509_free(p.old);
	peer_free(&other);
	peer_free(&p);
	peer_free(&had);
}

/* A certificate is named that is another's than the one that it is signed by.
 */
static void
names_another(void **state)
{
	struct peer had, p, other;

	(void)state;
	registrar_licence(ids[1], CODE, "device:B2", LICENCE_IS_GOOD);
	with_certificate(&p, &had);
	with_licence(&other);
	other.reference = ids[1];
	assert_true(peer_asks(&other, OSSL_CMP_IR));
	assert_calls("reserve record confirm");
	p.names = other.certificate;
	assert_false(peer_asks(&p, OSSL_CMP_KUR));
	assert_calls("certificate");
	assert_false(peer_revokes(&p));
	assert_calls("certificate");
	assert_state(other.certificate, "confirmed");
	assert_state(had.certificate, "confirmed");
	peer_free(&other);
	peer_free(&p);
	peer_free(&had);
}

static void
revokes(void **state)
{
	struct peer had, p;

	(void)state;
	with_certificate(&p, &had);
	p.reason = 1;
	if (!peer_revokes(&p))
		fail_msg("%s", p.text);
	assert_calls("certificate revoke");
	assert_state(had.certificate, "revoked keyCompromise");
	assert_int_equal(transactions_count(cmp.transactions), 0);
	peer_free(&p);
	peer_free(&had);
}

/* messages that come otherwise than they were sent */

static void
same_again(void **state)
{
	struct buffer again = { 0 };
	struct peer p;

	(void)state;
	with_licence(&p);
	p.unconfirmed = true;
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("reserve record");
	assert_int_equal(
		peer_sends(&desk, p.sent[0].data, p.sent[0].length, &again),
		200);
	assert_calls("");
	assert_int_equal(again.length, p.got[0].length);
	assert_memory_equal(again.data, p.got[0].data, again.length);
	buffer_clear(&again);
	peer_free(&p);
}

/* After its end a message that was recorded gets what its peer got. */
static void
replayed(void **state)
{
	struct buffer again = { 0 };
	struct peer p;

	(void)state;
	with_licence(&p);
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("reserve record confirm");
	assert_int_equal(
		peer_sends(&desk, p.sent[1].data, p.sent[1].length, &again),
		200);
	assert_int_equal(peer_body(&again), 23);
	assert_calls("");
	buffer_clear(&again);
	assert_int_equal(
		peer_sends(&desk, p.sent[0].data, p.sent[0].length, &again),
		200);
	assert_int_equal(peer_body(&again), 1);
	assert_calls("reserve record");
	assert_int_equal(registrar_count(), 1);
	assert_state(p.certificate, "confirmed");
	buffer_clear(&again);
	/* its confirmation is not that of this transaction */
	assert_int_equal(
		peer_sends(&desk, p.sent[1].data, p.sent[1].length, &again),
		200);
	assert_int_equal(peer_body(&again), 23);
	assert_calls("");
	buffer_clear(&again);
	peer_free(&p);
}

/* Another message under the name of one that is open changes nothing in it. */
static void
name_in_use(void **state)
{
	unsigned char *place;
	struct buffer answer = { 0 };
	struct peer p;

	(void)state;
	with_licence(&p);
	p.unconfirmed = true;
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("reserve record");
	place = p.sent[0].data + p.sent[0].length - 1;
	*place ^= 1; /* of its MAC */
	assert_int_equal(
		peer_sends(&desk, p.sent[0].data, p.sent[0].length, &answer),
		200);
	assert_int_equal(peer_body(&answer), 23);
	assert_calls("");
	*place ^= 1;
	buffer_clear(&answer);
	assert_int_equal(
		peer_sends(&desk, p.sent[0].data, p.sent[0].length, &answer),
		200);
	assert_int_equal(peer_body(&answer), 1);
	buffer_clear(&answer);
	peer_free(&p);
}

/* Nobody waits for a transaction whose message is being answered. */
static void
two_at_once(void **state)
{
	struct cmp_header header;
	struct transaction *taken;
	struct error e;
	struct peer p;

	(void)state;
	with_licence(&p);
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("reserve record confirm");
	assert_int_equal(
		header_read(p.sent[0].data, p.sent[0].length, &header, &e), 0);
	assert_int_equal(transactions_open(cmp.transactions, header.transaction,
				 &taken, &e),
		0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(peer_sends(&desk, p.sent[i].data,
					 p.sent[i].length, NULL),
			503);
	assert_calls("");
	transactions_end(cmp.transactions, taken);
	assert_int_equal(
		peer_sends(&desk, p.sent[0].data, p.sent[0].length, NULL), 200);
	assert_calls("reserve record");
	header_clear(&header);
	peer_free(&p);
}

static void
forge_last(struct buffer *message, void *arg)
{
	int *at = arg;

	if ((*at)-- == 0)
		message->data[message->length - 1] ^= 1;
}

/* Who has seen the transaction's name cannot end it, nor confirm. */
static void
forged_confirmation(void **state)
{
	struct buffer answer = { 0 };
	struct peer p;
	int at = 1;

	(void)state;
	with_licence(&p);
	p.meddle = forge_last;
	p.arg = &at;
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_int_equal(p.steps, 2);
	assert_calls("reserve record");
	assert_int_equal(transactions_count(cmp.transactions), 1);
	p.sent[1].data[p.sent[1].length - 1] ^= 1;
	assert_int_equal(
		peer_sends(&desk, p.sent[1].data, p.sent[1].length, &answer),
		200);
	assert_int_equal(peer_body(&answer), CMP_PKICONF);
	assert_calls("confirm");
	buffer_clear(&answer);
	peer_free(&p);
}

/* the code */

static atomic_bool looking;
static atomic_int found;

/* OpenSSL's, which has the code while a transaction is open. */
static void
look_and_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	if (looking && memory != NULL &&
		memmem(memory, malloc_usable_size(memory), CODE,
			sizeof(CODE) - 1) != NULL)
		found++;
	free(memory);
}

static void *
just_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *
just_realloc(void *memory, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(memory, size);
}

static void
code_is_wiped(void **state)
{
	unsigned char *copy;
	struct peer p;

	(void)state;
	looking = true;
	copy = OPENSSL_memdup(CODE, sizeof(CODE));
	OPENSSL_free(copy);
	assert_int_equal(found, 1);
	found = 0;
	with_licence(&p);
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	p.secret = "another";
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	looking = false;
	assert_int_equal(found, 0);
	peer_free(&p);
}

/* limits */

static void
no_more_than_so_many(void **state)
{
	enum { MOST = 3 };
	struct peer p[MOST + 1];

	(void)state;
	each_teardown(NULL);
	begin(MOST, 600);
	for (int i = 0; i <= MOST; i++) {
		if (i > 0)
			registrar_licence(
				ids[i], CODE, DEVICE, LICENCE_IS_GOOD);
		with_licence(&p[i]);
		p[i].reference = ids[i];
		p[i].unconfirmed = true;
		assert_int_equal(peer_asks(&p[i], OSSL_CMP_IR), i < MOST);
	}
	assert_int_equal(p[MOST].status[0], 503);
	assert_false(registrar_holds(p[MOST].reference));
	for (int i = 0; i <= MOST; i++)
		peer_free(&p[i]);
}

/* Before it is known who asks. */
static void
too_much_work(void **state)
{
	static const unsigned char usual[] = { 2, 2, 0x01, 0xf4 };
	static const unsigned char most[] = { 2, 2, 0x27, 0x10 };
	struct peer p;
	unsigned char *at;

	(void)state;
	with_licence(&p);
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("reserve record confirm");
	at = memmem(p.sent[0].data, p.sent[0].length, usual, sizeof(usual));
	assert_non_null(at);
	memcpy(at, most, sizeof(most));
	assert_int_equal(
		peer_sends(&desk, p.sent[0].data, p.sent[0].length, NULL), 200);
	assert_calls("reserve release");
	at[3]++;
	assert_int_equal(
		peer_sends(&desk, p.sent[0].data, p.sent[0].length, NULL), 400);
	at[2] = 0xff; /* less than none */
	assert_int_equal(
		peer_sends(&desk, p.sent[0].data, p.sent[0].length, NULL), 400);
	assert_calls("");
	peer_free(&p);
}

static void
old_ones_end(void **state)
{
	struct peer p;

	(void)state;
	each_teardown(NULL);
	begin(1, 0);
	with_licence(&p);
	/* it has ended before it can be confirmed */
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_int_equal(p.steps, 2);
	assert_int_equal(peer_body(&p.got[1]), 23);
	assert_calls("reserve record");
	assert_int_equal(transactions_count(cmp.transactions), 0);
	peer_free(&p);
}

/* HTTP */

static int
status_of(const char *method, const char *path, const char *type,
	const void *body, size_t length)
{
	const struct desk_request request = { method, path, type, NULL, NULL,
		body, length };
	struct desk_reply reply;

	desk_answer(&desk, &request, &reply);
	assert_true(reply.status == 200 || reply.body.length > 0);
	buffer_clear(&reply.body);
	return reply.status;
}

static void
http(void **state)
{
	static const char path[] = "/.well-known/cmp";
	static const char type[] = "application/pkixcmp";
	static unsigned char large[CMP_MESSAGE_MAX + 1];

	(void)state;
	assert_int_equal(status_of("POST", path, "text/plain", "x", 1), 415);
	assert_int_equal(status_of("POST", path, NULL, "x", 1), 415);
	assert_int_equal(status_of("GET", path, type, "x", 1), 405);
	assert_int_equal(status_of(NULL, path, type, "x", 1), 405);
	assert_int_equal(
		status_of("POST", "/.well-known/cmp2", type, "x", 1), 404);
	assert_int_equal(status_of("POST", NULL, type, "x", 1), 404);
	assert_int_equal(
		status_of("POST", path, type, large, sizeof(large)), 413);
	assert_int_equal(status_of("POST", path, type, "x", 1), 400);
	assert_int_equal(status_of("POST", path, type, NULL, 0), 400);
	assert_int_equal(status_of("POST", path, "Application/PKIXCMP; a=b",
				 large, CMP_MESSAGE_MAX),
		400);
	assert_calls("");
}

/* The body's tag is each of those that there are, and some that are none. */
static void
every_body(void **state)
{
	struct peer p;
	struct buffer answer;
	size_t at;
	int status;

	(void)state;
	with_licence(&p);
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("reserve record confirm");
	/* the first [0] of that form behind the header: ir */
	for (at = p.sent[0].data[1] == 0x82 ? 4 : 3;
		p.sent[0].data[at] == 0x30;)
		at += p.sent[0].data[at + 1] < 0x80
			? 2u + p.sent[0].data[at + 1]
			: p.sent[0].data[at + 1] == 0x81
			? 3u + p.sent[0].data[at + 2]
			: 4u + (size_t)p.sent[0].data[at + 2] * 256 +
				p.sent[0].data[at + 3];
	assert_int_equal(p.sent[0].data[at], 0xa0);
	for (int body = 1; body < 31; body++) {
		answer = (struct buffer){ 0 };
		p.sent[0].data[at] = (unsigned char)(0xa0 | body);
		status = peer_sends(
			&desk, p.sent[0].data, p.sent[0].length, &answer);
		if (status == 200)
			assert_int_equal(peer_body(&answer), 23);
		else
			assert_int_equal(status, 400);
		buffer_clear(&answer);
	}
	assert_int_equal(registrar_count(), 1);
	peer_free(&p);
}

/* trouble */

static void
trouble_costs_nothing(void **state)
{
	static const struct {
		const char *verb;
		int step;
	} rows[] = { { "reserve", 0 }, { "record", 0 }, { "confirm", 1 } };
	struct buffer answer;
	struct peer p;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		each_teardown(NULL);
		each_setup(NULL);
		with_licence(&p);
		registrar_fail(rows[i / 2].verb, i % 2 == 1);
		assert_false(peer_asks(&p, OSSL_CMP_IR));
		assert_int_equal(p.steps, rows[i / 2].step + 1);
		assert_int_equal(p.status[rows[i / 2].step], 503);
		/* the same message again, as after any 503 */
		answer = (struct buffer){ 0 };
		assert_int_equal(
			peer_sends(&desk, p.sent[rows[i / 2].step].data,
				p.sent[rows[i / 2].step].length, &answer),
			200);
		assert_int_equal(peer_body(&answer),
			rows[i / 2].step == 0 ? 1 : CMP_PKICONF);
		buffer_clear(&answer);
		/* and all anew, with the same key */
		if (!peer_asks(&p, OSSL_CMP_IR))
			fail_msg("%s %zu: %s", rows[i / 2].verb, i, p.text);
		assert_state(p.certificate, "confirmed");
		assert_int_equal(registrar_count(), 1);
		peer_free(&p);
	}
}

static void
trouble_in_renewal(void **state)
{
	static const char *const verbs[] = { "certificate", "renew",
		"confirm" };
	struct peer had, p;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		each_teardown(NULL);
		each_setup(NULL);
		with_certificate(&p, &had);
		registrar_fail(verbs[i / 2], i % 2 == 1);
		assert_false(peer_asks(&p, OSSL_CMP_KUR));
		assert_int_equal(p.status[p.steps - 1], 503);
		assert_true(peer_asks(&p, OSSL_CMP_KUR));
		assert_state(p.certificate, "confirmed");
		assert_int_equal(registrar_count(), 2);
		peer_free(&p);
		peer_free(&had);
	}
}

static void
trouble_in_revocation(void **state)
{
	struct peer had, p;

	(void)state;
	with_certificate(&p, &had);
	registrar_fail("revoke", false);
	assert_false(peer_revokes(&p));
	assert_int_equal(p.status[0], 503);
	assert_state(had.certificate, "confirmed");
	assert_true(peer_revokes(&p));
	assert_state(had.certificate, "revoked unspecified");
	peer_free(&p);
	peer_free(&had);
}

/* The daemon holds the licence, and cannot be told that it need not. */
static void
left_held(void **state)
{
	struct peer p;

	(void)state;
	with_licence(&p);
	registrar_fail("reserve", true);
	registrar_fail("release", false);
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_int_equal(p.status[0], 503);
	assert_true(registrar_holds(LICENCE));
	registrar_fail("release", false);
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_int_equal(p.status[0], 503);
	assert_calls("reserve release reserve release release");
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("reserve release reserve record confirm");
	peer_free(&p);
}

/* The first one never reached the daemon, the second one did. */
static void
several_left(void **state)
{
	struct peer p;

	(void)state;
	with_licence(&p);
	for (int i = 0; i < 2; i++) {
		registrar_fail("reserve", i == 1);
		registrar_fail("release", false);
		assert_false(peer_asks(&p, OSSL_CMP_IR));
	}
	assert_true(registrar_holds(LICENCE));
	assert_calls("reserve release reserve release");
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("reserve release release reserve record confirm");
	peer_free(&p);
}

/* Killed with a licence in hand; the next one of us has it let go first. */
static void
begins_anew(void **state)
{
	struct peer p;

	(void)state;
	with_licence(&p);
	registrar_fail("reserve", true);
	registrar_fail("release", false);
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_true(registrar_holds(LICENCE));
	assert_calls("reserve release");
	transactions_free(&cmp.transactions);
	cmp.transactions = transactions_new(TRANSACTIONS_MAX, 600);
	desk.daemon = NULL;
	registrar_fail("begin", false);
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_int_equal(p.status[0], 503);
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("begin begin reserve record confirm");
	peer_free(&p);
	desk.daemon = NULL;
	with_licence(&p);
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_calls("reserve record release");
	peer_free(&p);
}

static void
no_daemon(void **state)
{
	struct peer p;

	(void)state;
	desk.daemon = NULL;
	registrar_fail("open", false);
	with_licence(&p);
	assert_false(peer_asks(&p, OSSL_CMP_IR));
	assert_int_equal(p.status[0], 503);
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	peer_free(&p);
}

/* the first key */

static char *
pem_of(X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;
	long length;

	PEM_write_bio_X509(bio, certificate);
	length = BIO_get_mem_data(bio, &text);
	copy = strndup(text, (size_t)length);
	BIO_free(bio);
	return copy;
}

static int
fetch(const char *verified, const char *pem, char *said, size_t size)
{
	const struct desk_request request = { "GET", "/csrc/key", NULL,
		verified, pem, NULL, 0 };
	struct desk_reply reply;

	desk_answer(&desk, &request, &reply);
	snprintf(said, size, "%.*s", (int)reply.body.length,
		(char *)reply.body.data);
	buffer_clear(&reply.body);
	return reply.status;
}

static void
first_key(void **state)
{
	struct peer p;
	char said[256], *pem, *other, number[CERTIFICATE_NUMBER_SIZE];

	(void)state;
	with_licence(&p);
	assert_true(peer_asks(&p, OSSL_CMP_IR));
	pem = pem_of(p.certificate);
	other = pem_of(issuer_certificate(issuer));
	assert_calls("reserve record confirm");
	assert_int_equal(fetch("SUCCESS", pem, said, sizeof(said)), 200);
	assert_string_equal(said, "sealed");
	assert_calls("first-key");
	assert_int_equal(fetch("NONE", pem, said, sizeof(said)), 403);
	assert_int_equal(fetch(NULL, pem, said, sizeof(said)), 403);
	assert_int_equal(fetch("SUCCESS", NULL, said, sizeof(said)), 403);
	assert_int_equal(fetch("SUCCESS", "nonsense", said, sizeof(said)), 403);
	assert_int_equal(fetch("SUCCESS", other, said, sizeof(said)), 403);
	assert_calls("");
	registrar_fail("first-key", false);
	assert_int_equal(fetch("SUCCESS", pem, said, sizeof(said)), 503);
	peer_number(p.certificate, number);
	registrar_revoke(number);
	assert_int_equal(fetch("SUCCESS", pem, said, sizeof(said)), 403);
	free(pem);
	free(other);
	peer_free(&p);
}

/* threads */

enum { THREADS = 4, ROUNDS = 6 };

static void *
enrol_in_a_thread(void *arg)
{
	struct desk own = { configuration, &cmp, registrar_client() };
	struct peer p;
	size_t *had = arg;

	for (int i = 0; i < ROUNDS; i++) {
		peer_new(&p, &own, issuer_certificate(issuer));
		p.reference = LICENCE;
		p.secret = CODE;
		*had += peer_asks(
			&p, i % 2 == 0 ? OSSL_CMP_IR : OSSL_CMP_P10CR);
		peer_free(&p);
	}
	return NULL;
}

static void
one_licence_has_one_key(void **state)
{
	pthread_t threads[THREADS];
	size_t had[THREADS] = { 0 }, all = 0;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, enrol_in_a_thread, &had[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		all += had[i];
	}
	assert_int_equal(all, 1);
	assert_int_equal(registrar_count(), 1);
	assert_false(registrar_holds(LICENCE));
	assert_int_equal(transactions_count(cmp.transactions), 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, each_setup, each_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(enrols),
		TEST(profile_decides),
		TEST(server_has_its_name),
		TEST(unknown_looks_like_a_wrong_code),
		TEST(used_by_another_key),
		TEST(broken_before_confirmation),
		TEST(without_possession),
		TEST(keys_that_no_profile_takes),
		TEST(certificate_is_rejected),
		TEST(renews),
		TEST(renews_with_the_old_key),
		TEST(renews_under_a_revoked_one),
		TEST(renews_for_another),
		TEST(names_another),
		TEST(revokes),
		TEST(same_again),
		TEST(replayed),
		TEST(name_in_use),
		TEST(two_at_once),
		TEST(forged_confirmation),
		TEST(code_is_wiped),
		TEST(no_more_than_so_many),
		TEST(too_much_work),
		TEST(old_ones_end),
		TEST(http),
		TEST(every_body),
		TEST(trouble_costs_nothing),
		TEST(trouble_in_renewal),
		TEST(trouble_in_revocation),
		TEST(left_held),
		TEST(several_left),
		TEST(begins_anew),
		TEST(no_daemon),
		TEST(first_key),
		TEST(one_licence_has_one_key),
	};

	/* before OpenSSL has anything */
	if (!CRYPTO_set_mem_functions(just_malloc, just_realloc, look_and_free))
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
