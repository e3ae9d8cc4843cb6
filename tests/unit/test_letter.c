/*
 * The letter with a server's certificate: what is attached is of use to stock
 * openssl, nothing from outside makes a field or a part of its own, and what
 * sendmail says of it is told.
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

#include "authority/letter.h"
#include "authority/openssl.h"
#include "base/text.h"
#include "tests/unit/authority_fixture.h"

struct fixture {
	struct ca_configuration *configuration;
	struct issuer *issuer;
	struct authority_mail mail;
};

/* sendmail: the script's text; NULL: none is there. */
static void
begin(struct fixture *f, const char *sendmail, const char *extra)
{
	const struct issuer_subject subject = { "server:WEB",
		"https://dav.example/" };
	char lines[256];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate;
	struct error e = { 0 };

	memset(f, 0, sizeof(*f));
	authority_run("rm -f sendmail sent");
	if (sendmail != NULL)
		authority_run("printf '#!/bin/sh\\n%%s\\n' '%s' >sendmail; "
			      "chmod 755 sendmail",
			sendmail);
	text_format(lines, sizeof(lines), "sendmail = %s/sendmail\n%s",
		authority_directory, extra);
	f->configuration = authority_configuration(lines);
	f->issuer = authority_issuer(f->configuration);
	if (issuer_make(f->issuer, &subject, key, time(NULL), &certificate,
		    f->mail.number, &e) == -1 ||
		openssl_der(certificate, &f->mail.certificate, &e) == -1)
		fail_msg("%s", e.text);
	authority_write("made.pem", certificate);
	X509_free(certificate);
	EVP_PKEY_free(key);
	text_copy(f->mail.server, sizeof(f->mail.server), "WEB");
	text_copy(f->mail.url, sizeof(f->mail.url), "https://dav.example/");
	text_copy(f->mail.address, sizeof(f->mail.address), "web@dav.example");
}

static void
end(struct fixture *f)
{
	buffer_clear(&f->mail.certificate);
	issuer_close(&f->issuer);
	ca_configuration_free(&f->configuration);
}

#define TAKES "echo \"$*\" >sent.words; cat >sent"

static void
taken(void **state)
{
	struct fixture f;
	struct error e = { 0 };

	(void)state;
	begin(&f, "cd ${0%/*}; " TAKES, "mail_from = ca@center.example\n");
	if (letter_send(f.configuration, f.issuer, &f.mail, &e) == -1)
		fail_msg("%s", e.text);
	authority_run("test \"$(cat sent.words)\" = "
		      "'-i -f ca@center.example -- web@dav.example'");
	authority_run("sed -n 1,/^$/p sent >header");
	authority_run("grep -qx 'From: ca@center.example' header");
	authority_run("grep -qx 'To: web@dav.example' header");
	authority_run("grep -qx 'Auto-Submitted: auto-generated' header");
	authority_run("grep -q %s sent", f.mail.number);
	authority_run("grep -q \"$(openssl x509 -in made.pem -noout "
		      "-fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F "
		      "a-f)\" sent");
	end(&f);
}

/* The file of that name in what was sent, as a file. */
static void
detach(const char *name)
{
	authority_run("sed -n '/filename=\"%s\"/,/^--[0-9a-f]/p' sent | "
		      "sed '1,2d;/^--[0-9a-f]/d;/^$/d' >part.%s && "
		      "test -s part.%s",
		name, name, name);
}

static void
ready_to_install(void **state)
{
	struct fixture f;
	struct error e = { 0 };

	(void)state;
	begin(&f, "cd ${0%/*}; " TAKES, "");
	if (letter_send(f.configuration, f.issuer, &f.mail, &e) == -1)
		fail_msg("%s", e.text);
	authority_run("test \"$(cat sent.words)\" = '-i -- web@dav.example'");
	assert_false(authority_runs("grep -q ^From: sent"));
	detach("WEB.pem");
	detach("ca.pem");
	detach("WEB-one.pem");
	authority_run("cmp part.WEB-one.pem made.pem");
	authority_run("openssl verify -CAfile part.ca.pem -verify_hostname "
		      "dav.example part.WEB.pem");
	authority_run("cat made.pem ca.pem | cmp - part.WEB.pem");
	end(&f);
}

/* An authority below another one: all that lead to the root go along. */
static void
with_its_chain(void **state)
{
	struct fixture f;
	struct error e = { 0 };
	char lines[128];

	(void)state;
	authority_run("openssl req -x509 -newkey ec -pkeyopt "
		      "ec_paramgen_curve:P-256 -nodes -keyout root.key -subj "
		      "/CN=root -out root.pem");
	text_format(lines, sizeof(lines), "chain = %s/root.pem\n",
		authority_directory);
	begin(&f, "cd ${0%/*}; " TAKES, lines);
	if (letter_send(f.configuration, f.issuer, &f.mail, &e) == -1)
		fail_msg("%s", e.text);
	detach("WEB.pem");
	authority_run("cat made.pem ca.pem root.pem | cmp - part.WEB.pem");
	detach("ca.pem");
	authority_run("cat ca.pem root.pem | cmp - part.ca.pem");
	end(&f);
}

static void
refused(const char *sendmail, const char *why)
{
	struct fixture f;
	struct error e = { 0 };

	begin(&f, sendmail, "timeout = 1s\n");
	assert_int_equal(
		letter_send(f.configuration, f.issuer, &f.mail, &e), -1);
	if (strstr(e.text, why) == NULL)
		fail_msg("expected %s, got: %s", why, e.text);
	end(&f);
}

static void
not_taken(void **state)
{
	(void)state;
	refused(NULL, "cannot be run");
	refused("exit 75", "status 75");
	refused("echo no queue; exit 69", "status 69: no queue");
	refused("kill -9 $$", "died of signal 9");
	refused("exec sleep 60", "has not ended");
}

static void
bad_names(void **state)
{
	static const struct {
		const char *server, *url, *address;
	} cases[] = {
		{ "", "https://a/", "a@b.example" },
		{ "WEB\n", "https://a/", "a@b.example" },
		{ "WEB/../X", "https://a/", "a@b.example" },
		{ "WEB", "https://a/\nBcc: x@y", "a@b.example" },
		{ "WEB", "https://a/", "" },
		{ "WEB", "https://a/", "a@b.example\nBcc: x@y" },
		{ "WEB", "https://a/", "a@b.example x@y" },
	};
	struct buffer out = { 0 };
	struct error e = { 0 };
	struct fixture f;

	(void)state;
	begin(&f, NULL, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_copy(
			f.mail.server, sizeof(f.mail.server), cases[i].server);
		text_copy(f.mail.url, sizeof(f.mail.url), cases[i].url);
		text_copy(f.mail.address, sizeof(f.mail.address),
			cases[i].address);
		assert_int_equal(letter_write(f.configuration, f.issuer,
					 &f.mail, &out, &e),
			-1);
		assert_int_equal(e.code, ERROR_BAD);
		assert_int_equal(out.length, 0);
	}
	buffer_clear(&out);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(ready_to_install),
		cmocka_unit_test(with_its_chain),
		cmocka_unit_test(not_taken),
		cmocka_unit_test(bad_names),
	};

	return cmocka_run_group_tests(
		tests, authority_setup, authority_teardown);
}
