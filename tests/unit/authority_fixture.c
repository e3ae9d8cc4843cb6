/*
 * See authority_fixture.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "base/crypto.h"
#include "tests/unit/authority_fixture.h"

char authority_directory[64];

static int
run(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

static int
run(const char *fmt, va_list args)
{
	char words[1024], command[2048];

	vsnprintf(words, sizeof(words), fmt, args);
	snprintf(command, sizeof(command),
		"cd %s && { %s; } </dev/null >out 2>&1", authority_directory,
		words);
	return system(command);
}

bool
authority_runs(const char *fmt, ...)
{
	va_list args;
	int status;

	va_start(args, fmt);
	status = run(fmt, args);
	va_end(args);
	return status == 0;
}

void
authority_run(const char *fmt, ...)
{
	char said[512] = "";
	va_list args;
	int status;
	FILE *out;

	va_start(args, fmt);
	status = run(fmt, args);
	va_end(args);
	if (status == 0)
		return;
	snprintf(said, sizeof(said), "%s/out", authority_directory);
	out = fopen(said, "r");
	said[0] = '\0';
	if (out != NULL) {
		said[fread(said, 1, sizeof(said) - 1, out)] = '\0';
		fclose(out);
	}
	fail_msg("%s: status %d: %s", fmt, status, said);
}

int
authority_setup(void **state)
{
	struct error e;

	(void)state;
	assert_int_equal(crypto_init(&e), 0);
	snprintf(authority_directory, sizeof(authority_directory),
		"/tmp/csrc-authority.XXXXXX");
	assert_non_null(mkdtemp(authority_directory));
	authority_run("umask 077 && mkdir -m 755 public && "
		      "openssl genpkey -algorithm EC -pkeyopt "
		      "ec_paramgen_curve:P-256 -out ca.key && "
		      "openssl rand -hex 32 >pseudo.key");
	authority_run("openssl req -x509 -new -key ca.key -days 3650 -out "
		      "ca.pem -subj '/O=Sample Service/CN=CSRC authority' "
		      "-addext keyUsage=critical,keyCertSign,cRLSign,"
		      "digitalSignature");
	return 0;
}

int
authority_teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", authority_directory);
	authority_directory[0] = '\0';
	return system(command);
}

struct ca_configuration *
authority_configuration(const char *extra)
{
	struct ca_configuration *c;
	struct error e = { 0 };
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/conf", authority_directory);
	out = fopen(path, "w");
	assert_non_null(out);
	fprintf(out,
		"directory = %s\npublic_directory = %s/public\n"
		"socket = %s/control.sock\nlog_target = stderr\n%s",
		authority_directory, authority_directory, authority_directory,
		extra);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, 0644), 0);
	if (ca_configuration_load(path, &c, &e) == -1)
		fail_msg("%s", e.text);
	return c;
}

struct issuer *
authority_issuer(const struct ca_configuration *c)
{
	struct issuer *i;
	struct error e = { 0 };

	if (issuer_open(c, &i, &e) == -1)
		fail_msg("%s", e.text);
	return i;
}

void
authority_write(const char *name, X509 *certificate)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", authority_directory, name);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(PEM_write_X509(out, certificate), 1);
	assert_int_equal(fclose(out), 0);
}
