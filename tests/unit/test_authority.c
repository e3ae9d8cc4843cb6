/*
 * A new authority: what is made, what is left alone, and that one that was cut
 * off goes on; its configuration.
 */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "authority/configuration.h"
#include "authority/init.h"
#include "tests/unit/authority_fixture.h"
#include "tests/unit/killed.h"

static char conf[128];

/* Its files are the fixture's; here none is there. */
static int
empty(void **state)
{
	struct ca_configuration *c = authority_configuration("");

	(void)state;
	snprintf(conf, sizeof(conf), "%s", c->path);
	ca_configuration_free(&c);
	authority_run(
		"rm -rf ca.key ca.pem pseudo.key public .new; chmod 700 .");
	if (geteuid() == 0)
		authority_run("chown nobody .");
	return 0;
}

/* What came of it, in a process of its own: as root it becomes somebody else
 * for good. */
static struct outcome {
	int rc;
	struct error error;
} * outcome;

static int
run(void *arg)
{
	const struct init_options *o = arg;

	outcome->rc = init_authority(conf, o, &outcome->error);
	return 0;
}

static int
init(const char *organization, int64_t days, const char *curve, struct error *e)
{
	struct init_options options = { days, organization, curve };

	outcome->rc = -1;
	assert_false(killed_at(UINT_MAX, run, &options, NULL));
	*e = outcome->error;
	return outcome->rc;
}

static void
made(void **state)
{
	struct error e = { 0 };

	(void)state;
	if (init("Sample, Inc.", 3650, "P-384", &e) == -1)
		fail_msg("%s", e.text);
	authority_run("test \"$(stat -c %%a ca.key pseudo.key ca.pem public | "
		      "tr '\\n' ' ')\" = '600 600 644 755 '");
	authority_run("openssl x509 -in ca.pem -noout -text >text");
	authority_run("grep -q 'Subject: O = \"Sample, Inc.\", CN = CSRC "
		      "authority' text");
	authority_run("grep -q 'CA:TRUE, pathlen:0' text");
	authority_run("grep -q 'Digital Signature, Certificate Sign, CRL Sign' "
		      "text");
	authority_run("grep -q 'ecdsa-with-SHA384' text");
	authority_run("openssl verify -x509_strict -CAfile ca.pem ca.pem");
	authority_run("sha256sum ca.key ca.pem pseudo.key >sums");
	assert_int_equal(init("Other", 1, "P-256", &e), -1);
	assert_int_equal(e.code, ERROR_EXISTS);
	authority_run("sha256sum -c sums");
	/* the rest is made for a key that is there */
	authority_run("rm ca.pem");
	assert_int_equal(init("Other", 1, "P-256", &e), 0);
	authority_run("sha256sum -c sums | grep -q 'ca.key: OK'");
	authority_run(
		"openssl x509 -in ca.pem -noout -subject | grep -q Other");
	authority_run("rm -r public pseudo.key");
	assert_int_equal(init("Other", 1, "P-256", &e), 0);
	authority_run("test -d public -a -s pseudo.key");
}

static void
refused(void **state)
{
	struct error e = { 0 };
	int fd;

	(void)state;
	assert_int_equal(init("", 0, "P-256", &e), -1);
	assert_int_equal(init("", INIT_DAYS_MAX + 1, "P-256", &e), -1);
	assert_int_equal(init("", 1, "P-224", &e), -1);
	assert_int_equal(init("\xff", 1, "P-256", &e), -1);
	assert_int_equal(
		init("01234567890123456789012345678901234567890123456789012345"
		     "678901234",
			1, "P-256", &e),
		-1);
	assert_false(authority_runs("test -e ca.key"));
	authority_run("chmod 770 .");
	assert_int_equal(init("", 1, "P-256", &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
	authority_run("chmod 700 .");
	fd = open(authority_directory, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(init("", 1, "P-256", &e), -1);
	assert_int_equal(e.code, ERROR_EXISTS);
	close(fd);
	assert_false(authority_runs("test -e ca.key"));
}

static void
killed_at_each_step(void **state)
{
	struct init_options options = { 3650, "", "P-256" };
	bool killed = true;

	(void)state;
	for (unsigned int n = 1; killed; n++) {
		struct ca_configuration *c;
		struct issuer *i;
		struct error e = { 0 };

		empty(NULL);
		killed = killed_at(n, run, &options, NULL);
		authority_run("cp ca.key was 2>/dev/null || : >was");
		if (init("", 3650, "P-256", &e) == -1)
			assert_int_equal(e.code, ERROR_EXISTS);
		/* a key that was there is this one */
		authority_run("test ! -s was || cmp was ca.key");
		assert_int_equal(ca_configuration_load(conf, &c, &e), 0);
		i = authority_issuer(c);
		issuer_close(&i);
		ca_configuration_free(&c);
		authority_run("test $(wc -c <pseudo.key) = 65 -a -d public");
	}
}

static void
bad(const char *lines, const char *why)
{
	struct ca_configuration *c;
	struct error e = { 0 };
	FILE *out = fopen(conf, "w");

	assert_non_null(out);
	fputs(lines, out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(ca_configuration_load(conf, &c, &e), -1);
	assert_null(c);
	if (strstr(e.text, why) == NULL)
		fail_msg("expected %s, got: %s", why, e.text);
}

static void
configurations(void **state)
{
	(void)state;
	bad("direktory = /x\n", ":1: direktory: no such option");
	bad("\ninterval = 1s\ninterval = 1s\n",
		":3: interval: given before in line 2");
	bad("client_validity = 3661d\n", ":1: client_validity");
	bad("transactions = 65\n", ":1: transactions");
	bad("crl_interval = 2d\ncrl_validity = 2d\n", "crl_interval");
	bad("mail_from = -oQ/tmp\n", "mail_from");
	bad("mail_from = A <a@b.example>\n", "mail_from");
	bad("[server x]\n", ":1: ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(made, empty),
		cmocka_unit_test_setup(refused, empty),
		cmocka_unit_test_setup(killed_at_each_step, empty),
		cmocka_unit_test_setup(configurations, empty),
	};

	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(
		tests, authority_setup, authority_teardown);
}
