/*
 * The list of revoked certificates: what it says, as the stock openssl command
 * reads it, its number, and that at any moment a whole one is there. The
 * daemon's word is the test's here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

#include "authority/publish.h"
#include "base/text.h"
#include "control/handover_authority.h"
#include "tests/unit/authority_fixture.h"
#include "tests/unit/killed.h"

static struct ca_configuration *configuration;
static struct issuer *issuer;

/* What is revoked, and what the daemon was told of. */
static struct {
	struct authority_revoked revoked[4];
	size_t count;
	struct authority_crl told;
	bool away;
} store;

int __wrap_authority_revoked(struct client *client, const char *after,
	int (*each)(const struct authority_revoked *r, void *arg), void *arg,
	struct error *e);
int __wrap_authority_published(struct client *client,
	const struct authority_crl *crl, const void *der, size_t length,
	struct error *e);

int
__wrap_authority_revoked(struct client *client, const char *after,
	int (*each)(const struct authority_revoked *r, void *arg), void *arg,
	struct error *e)
{
	(void)client;
	assert_null(after);
	if (store.away)
		return error_set(e, ERROR_TROUBLE, "no daemon");
	for (size_t i = 0; i < store.count; i++)
		if (each(&store.revoked[i], arg) == -1)
			return -1;
	return 0;
}

int
__wrap_authority_published(struct client *client,
	const struct authority_crl *crl, const void *der, size_t length,
	struct error *e)
{
	(void)client;
	if (store.away)
		return error_set(e, ERROR_TROUBLE, "no daemon");
	assert_non_null(der);
	assert_true(length > 0);
	store.told = *crl;
	return 0;
}

static int
setup(void **state)
{
	authority_setup(state);
	configuration = authority_configuration("");
	issuer = authority_issuer(configuration);
	return 0;
}

static int
teardown(void **state)
{
	issuer_close(&issuer);
	ca_configuration_free(&configuration);
	return authority_teardown(state);
}

static int
empty(void **state)
{
	(void)state;
	memset(&store, 0, sizeof(store));
	authority_run("rm -f public/*");
	return 0;
}

/* One into that file; number_r is its number. */
static void
make(const char *name, char number_r[CERTIFICATE_NUMBER_SIZE])
{
	const struct issuer_subject subject = { "device:A1", "" };
	struct error e = { 0 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate;

	if (issuer_make(issuer, &subject, key, time(NULL), &certificate,
		    number_r, &e) == -1)
		fail_msg("%s", e.text);
	authority_write(name, certificate);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void
revoke(const char *number, const char *reason)
{
	struct authority_revoked *r = &store.revoked[store.count++];

	text_copy(r->number, sizeof(r->number), number);
	text_copy(r->reason, sizeof(r->reason), reason);
	r->revoked = (int64_t)time(NULL) - 60;
}

static void
begin(struct published *p)
{
	struct error e = { 0 };

	if (publish_begin(p, configuration, issuer, &e) == -1)
		fail_msg("%s", e.text);
}

static void
publish(struct published *p, uint64_t revision, int64_t now)
{
	struct error e = { 0 };

	if (publish_crl(p, NULL, revision, now, &e) == -1)
		fail_msg("%s", e.text);
}

static void
openssl_takes_it(void **state)
{
	char bad[CERTIFICATE_NUMBER_SIZE], good[CERTIFICATE_NUMBER_SIZE];
	struct published p;

	(void)state;
	make("bad.pem", bad);
	make("good.pem", good);
	revoke(bad, "keyCompromise");
	revoke("000000000000000000000000000000aa", "unspecified");
	begin(&p);
	publish(&p, 7, time(NULL));
	authority_run("openssl crl -in public/crl.pem -CAfile ca.pem -noout "
		      "2>said; grep -q 'verify OK' said");
	authority_run("openssl verify -crl_check -x509_strict -CAfile "
		      "public/ca.pem -CRLfile public/crl.pem good.pem");
	assert_false(authority_runs("openssl verify -crl_check -CAfile "
				    "public/ca.pem -CRLfile public/crl.pem "
				    "bad.pem >said 2>&1"));
	authority_run("grep -q 'certificate revoked' said");
	authority_run("openssl crl -in public/crl.pem -noout -text >text");
	authority_run("grep -q 'Version 2' text");
	authority_run("grep -q 'X509v3 CRL Number' text");
	authority_run("grep -q 'X509v3 Authority Key Identifier' text");
	authority_run("grep -q 'Key Compromise' text");
	authority_run("test $(grep -c 'Serial Number' text) = 2");
	authority_run("test $(grep -c 'Reason Code' text) = 1");
	authority_run("test $(stat -c %%a public/crl.pem) = 644");
	assert_int_equal(store.told.revision, 7);
	assert_int_equal(store.told.number, p.crl.number);
	assert_int_equal(
		store.told.next_update - store.told.this_update, 30 * 86400);
}

/* What the file says of itself. */
static struct crl_facts
facts(void)
{
	struct crl_facts f = { 0 };
	char path[CA_PATH_SIZE];
	struct error e = { 0 };

	assert_int_equal(
		ca_path(configuration->public_directory, CA_CRL, path, &e), 0);
	if (crl_read(issuer, path, &f, &e) == -1)
		fail_msg("%s", e.text);
	return f;
}

static void
numbers_go_up(void **state)
{
	/* this authority is new */
	const int64_t now = (int64_t)time(NULL) + 7200;
	struct published p;
	uint64_t last;

	(void)state;
	begin(&p);
	assert_int_equal(p.crl.number, 0);
	publish(&p, 1, now);
	last = p.crl.number;
	assert_int_equal(facts().number, last);
	assert_int_equal(facts().issued, now);
	assert_int_equal(facts().until, now + 30 * 86400);
	/* within a second, and with a clock that was put back */
	publish(&p, 2, now);
	assert_true(p.crl.number > last);
	last = p.crl.number;
	publish(&p, 3, now - 3600);
	assert_true(p.crl.number > last);
	last = p.crl.number;
	/* after a restart */
	begin(&p);
	assert_int_equal(p.crl.number, last);
	publish(&p, 3, now);
	assert_true(p.crl.number > last);
	last = p.crl.number;
	/* and after the directory was emptied, time having gone by */
	authority_run("rm -f public/*");
	begin(&p);
	publish(&p, 3, now + 60);
	assert_true(p.crl.number > last);
}

static void
when_one_is_due(void **state)
{
	const int64_t now = (int64_t)time(NULL);
	struct published p;

	(void)state;
	begin(&p);
	assert_true(publish_due(&p, 0, now));
	publish(&p, 0, now);
	assert_false(publish_due(&p, 0, now));
	assert_false(publish_due(&p, 0, now + 86399));
	assert_true(publish_due(&p, 0, now + 86400));
	assert_true(publish_due(&p, 0, now - 1));
	assert_true(publish_due(&p, 1, now));
	/* which revision it has is not known after a restart */
	begin(&p);
	assert_true(publish_due(&p, 0, now));
}

static void
others_are_none(void **state)
{
	struct published p;

	(void)state;
	begin(&p);
	publish(&p, 0, time(NULL));
	authority_run("openssl req -x509 -newkey ec -pkeyopt "
		      "ec_paramgen_curve:P-256 -nodes -keyout o.key -subj "
		      "'/O=Sample Service/CN=CSRC authority' -out o.pem");
	authority_run("cp public/crl.pem kept; : >index; printf "
		      "'[ca]\\ndefault_ca=a\\n[a]\\ndatabase=index\\n"
		      "default_md=sha256\\ndefault_crl_days=1\\n' >o.conf; "
		      "openssl ca -config o.conf -gencrl -keyfile o.key -cert "
		      "o.pem -out public/crl.pem");
	begin(&p);
	assert_int_equal(p.crl.number, 0);
	authority_run("echo junk >public/crl.pem");
	begin(&p);
	assert_int_equal(p.crl.number, 0);
	authority_run("head -c 300 kept >public/crl.pem");
	begin(&p);
	assert_int_equal(p.crl.number, 0);
	authority_run("cp kept public/crl.pem");
	begin(&p);
	assert_true(p.crl.number > 0);
}

static void
nothing_without_the_daemon(void **state)
{
	struct error e = { 0 };
	struct published p;

	(void)state;
	begin(&p);
	store.away = true;
	assert_int_equal(publish_crl(&p, NULL, 0, time(NULL), &e), -1);
	assert_int_equal(e.code, ERROR_TROUBLE);
	assert_false(authority_runs("test -e public/crl.pem"));
	/* nor after the authority's end */
	store.away = false;
	assert_int_equal(publish_crl(&p, NULL, 0,
				 time(NULL) + INT64_C(3651) * 86400, &e),
		-1);
	assert_false(authority_runs("test -e public/crl.pem"));
}

static int
renew(void *arg)
{
	struct published p;
	struct error e = { 0 };

	(void)arg;
	return publish_begin(&p, configuration, issuer, &e) == 0 &&
			publish_crl(&p, NULL, 2, time(NULL) + 60, &e) == 0
		? 0
		: -1;
}

/* The old one or the new one, each with all that it had. */
static void
killed_at_each_step(void **state)
{
	char bad[CERTIFICATE_NUMBER_SIZE];
	unsigned int old = 0, new = 0;
	struct published p;
	bool killed = true;

	(void)state;
	make("bad.pem", bad);
	for (unsigned int n = 1; killed; n++) {
		empty(NULL);
		begin(&p);
		publish(&p, 1, time(NULL));
		revoke(bad, "superseded");
		killed = killed_at(n, renew, NULL, NULL);
		authority_run("openssl x509 -in public/ca.pem -noout");
		if (facts().number == p.crl.number) {
			old++;
			assert_true(authority_runs(
				"openssl verify -crl_check -CAfile "
				"public/ca.pem -CRLfile public/crl.pem "
				"bad.pem"));
		} else {
			new ++;
			assert_true(facts().number > p.crl.number);
			assert_false(authority_runs(
				"openssl verify -crl_check -CAfile "
				"public/ca.pem -CRLfile public/crl.pem "
				"bad.pem"));
		}
		/* whatever was left, the next one is made */
		assert_int_equal(renew(NULL), 0);
	}
	assert_true(old > 5);
	assert_true(new > 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(openssl_takes_it, empty),
		cmocka_unit_test_setup(numbers_go_up, empty),
		cmocka_unit_test_setup(when_one_is_due, empty),
		cmocka_unit_test_setup(others_are_none, empty),
		cmocka_unit_test_setup(nothing_without_the_daemon, empty),
		cmocka_unit_test_setup(killed_at_each_step, empty),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
