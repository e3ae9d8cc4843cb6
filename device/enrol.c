/*
 * The command enrol: a certificate for a licence, or another one before it
 * ends; and the device's first key, fetched with it. What is there already is
 * not asked for again, so that the same command goes on where it was cut off.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/wipe.h"
#include "device/commands.h"
#include "device/connection.h"
#include "enrol/enrol.h"
#include "enrol/pair.h"
#include "enrol/sealed.h"

/* In the WebDAV server's directory. */
#define KEY_NAME "key"

enum { KEY_MODE = 0600, KEY_FILE_MAX = 4096 };

/* --- the key --- */

static int
fetch(const struct arguments *a, struct buffer *sealed, struct error *e)
{
	struct arguments server = *a;
	struct dav *dav;
	int rc;

	/* it is the authority's as well, whom we know by now */
	if (a->ca_out != NULL)
		server.ca_file = a->ca_out;
	if (connection_open(&server, &dav, e) == -1)
		return -1;
	rc = dav_get(dav, KEY_NAME, SEALED_MAX, sealed, NULL, e);
	dav_close(&dav);
	return rc;
}

static int
open_sealed(const struct arguments *a, const struct buffer *sealed,
	struct buffer *text, struct error *e)
{
	struct pair_content content;
	struct device_key key = { 0 };
	struct pair p;
	int rc;

	if (pair_open(&p, a->certificate, a->certificate_key, e) == -1)
		return -1;
	rc = pair_read(&p, &content, e);
	pair_close(&p);
	if (rc == -1)
		return -1;
	rc = sealed_open(sealed, &content, text, e);
	if (rc == 0)
		rc = keyfile_parse(text, &key, e);
	wipe(&key, sizeof(key));
	pair_content_clear(&content);
	return rc == 0 ? 0 : error_prefix(e, "the key that came");
}

/* One that is there is the device's own. */
static int
get_key(const struct arguments *a, struct error *e)
{
	struct buffer sealed = { .limit = SEALED_MAX };
	struct buffer text = { .limit = KEY_FILE_MAX };
	struct device_key key = { 0 };
	int rc;

	if (access(a->new_key_file, F_OK) == 0) {
		rc = keyfile_read(a->new_key_file, -1, &key, e);
		wipe(&key, sizeof(key));
		return rc;
	}
	rc = fetch(a, &sealed, e);
	if (rc == 0)
		rc = open_sealed(a, &sealed, &text, e);
	if (rc == 0)
		rc = file_write(a->new_key_file, KEY_MODE, &text, e);
	buffer_clear(&sealed);
	buffer_clear(&text);
	return rc;
}

/* --- the certificate --- */

static int
ask(const struct arguments *a, const struct dav_options *authority,
	struct enrol_outcome *outcome_r, struct error *e)
{
	char principal[PRINCIPAL_SIZE];
	const bool serial = a->own.serial_state == CLAIM_PRESENT;
	const struct enrol o = { .authority = authority,
		.certificate = a->certificate,
		.key = a->certificate_key,
		.ca_file = a->ca_out,
		.principal = serial ? principal : NULL,
		.licence = a->licence,
		.code_file = a->code_file,
		.before = a->before };

	if (serial)
		principal_spell(PRINCIPAL_DEVICE, a->own.serial, principal);
	return a->renew ? enrol_renew(&o, outcome_r, e)
			: enrol_begin(&o, outcome_r, e);
}

static int
get_certificate(const struct arguments *a, struct error *e)
{
	struct enrol_outcome outcome;
	struct connection c;
	int rc = connection_read(a, &c, e);

	c.options.url = a->url;
	if (rc == 0)
		rc = ask(a, &c.options, &outcome, e);
	connection_clear(&c);
	if (rc == 0 &&
		printf("%s %s until %s\n", outcome.made ? "certified" : "kept",
			outcome.principal, outcome.until) < 0)
		rc = error_errno(e, "standard output");
	return rc;
}

int
command_enrol(
	const struct arguments *a, const struct keyring *ring, struct error *e)
{
	(void)ring;
	if (get_certificate(a, e) == -1)
		return -1;
	if (a->new_key_file == NULL)
		return 0;
	if (get_key(a, e) == -1)
		return error_prefix(e, "certified, but without a key");
	return printf("key %s\n", a->new_key_file) >= 0
		? 0
		: error_errno(e, "standard output");
}
