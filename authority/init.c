/*
 * Each file is written under another name, synced, renamed, and its name
 * synced, before the next one is begun: the key, then the certificate of that
 * key.
 */
#include "authority/init.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "authority/configuration.h"
#include "authority/issuer.h"
#include "authority/openssl.h"
#include "authority/place.h"
#include "authority/profile.h"
#include "authority/pseudo.h"
#include "base/durable.h"
#include "base/file.h"
#include "base/pem.h"
#include "base/text.h"

#define OUR_NAME "CSRC authority"
#define NEW ".new" /* what is being written */
#define DAY INT64_C(86400)

enum { VERSION_3 = 2 };

/* One that is being made. */
struct making {
	const struct ca_configuration *configuration;
	const struct init_options *options;
	int directory;
	bool made; /* something was */
};

static bool
is_there(const struct making *m, const char *name)
{
	return faccessat(m->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
put(struct making *m, const char *name, mode_t mode,
	const struct buffer *octets, struct error *e)
{
	m->made = true;
	if (file_replace(m->directory, NEW, name, mode, octets, e) == -1)
		return error_prefix(e, "%s", name);
	return durable_directory(m->configuration->directory, e);
}

static int
make_key(struct making *m, struct error *e)
{
	struct buffer text = { .limit = CA_FILE_MAX };
	EVP_PKEY *key;
	int rc;

	if (is_there(m, CA_KEY))
		return 0;
	key = EVP_EC_gen(m->options->curve);
	rc = key != NULL ? pem_add_key(&text, key, e)
			 : openssl_failed(e, "a new key");
	if (rc == 0)
		rc = put(m, CA_KEY, 0600, &text, e);
	EVP_PKEY_free(key);
	buffer_clear(&text);
	return rc;
}

static bool
set_name(X509 *certificate, const char *organization)
{
	X509_NAME *name = X509_NAME_new();
	bool set = name != NULL &&
		(organization[0] == '\0' ||
			X509_NAME_add_entry_by_NID(name, NID_organizationName,
				MBSTRING_UTF8,
				(const unsigned char *)organization, -1, -1,
				0) == 1) &&
		X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
			(const unsigned char *)OUR_NAME, -1, -1, 0) == 1 &&
		X509_set_subject_name(certificate, name) == 1 &&
		X509_set_issuer_name(certificate, name) == 1;

	X509_NAME_free(name);
	return set;
}

static bool
set_times(X509 *certificate, int64_t days)
{
	const time_t now = time(NULL);

	return ASN1_TIME_set(X509_getm_notBefore(certificate),
		       now - ISSUER_EARLIER) != NULL &&
		ASN1_TIME_set(X509_getm_notAfter(certificate),
			now + days * DAY) != NULL;
}

/* With the same key it signs the answers that no code authenticates. */
static int
fill(X509 *certificate, const struct init_options *o, EVP_PKEY *key,
	struct error *e)
{
	static const struct profile_extension rows[] = {
		{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage,
			"critical,keyCertSign,cRLSign,digitalSignature" },
		{ NID_subject_key_identifier, "hash" },
	};
	char number[CERTIFICATE_NUMBER_SIZE];

	if (issuer_number(certificate, number, e) == -1)
		return -1;
	if (X509_set_version(certificate, VERSION_3) != 1 ||
		!set_name(certificate, o->organization) ||
		!set_times(certificate, o->days) ||
		X509_set_pubkey(certificate, key) != 1)
		return openssl_failed(e, "a new certificate");
	if (profile_extend(certificate, certificate, rows,
		    sizeof(rows) / sizeof(rows[0]), e) == -1)
		return -1;
	return X509_sign(certificate, key, openssl_digest(key)) != 0
		? 0
		: openssl_failed(e, "a new certificate");
}

static int
write_certificate(const struct init_options *o, EVP_PKEY *key,
	struct buffer *out, struct error *e)
{
	X509 *certificate = X509_new();
	int rc;

	if (certificate == NULL)
		return error_memory(e);
	rc = fill(certificate, o, key, e);
	if (rc == 0)
		rc = pem_add_certificate(out, certificate, e);
	X509_free(certificate);
	return rc;
}

static int
make_certificate(struct making *m, struct error *e)
{
	struct buffer text = { .limit = CA_FILE_MAX };
	char path[CA_PATH_SIZE];
	EVP_PKEY *key = NULL;
	int rc;

	if (is_there(m, CA_CERTIFICATE))
		return 0;
	if (ca_path(m->configuration->directory, CA_KEY, path, e) == -1 ||
		openssl_read_key(path, &key, e) == -1)
		return -1;
	rc = write_certificate(m->options, key, &text, e);
	if (rc == 0)
		rc = put(m, CA_CERTIFICATE, 0644, &text, e);
	EVP_PKEY_free(key);
	buffer_clear(&text);
	return rc;
}

static int
make_pseudo_key(struct making *m, struct error *e)
{
	const char *directory = m->configuration->directory;
	char path[CA_PATH_SIZE];

	if (is_there(m, CA_PSEUDO_KEY))
		return 0;
	m->made = true;
	if (unlinkat(m->directory, NEW, 0) == -1 && errno != ENOENT)
		return error_errno(e, "remove %s", NEW);
	if (ca_path(directory, NEW, path, e) == -1 ||
		pseudo_make(path, e) == -1)
		return -1;
	if (renameat(m->directory, NEW, m->directory, CA_PSEUDO_KEY) == -1)
		return error_errno(e, "rename %s", NEW);
	return durable_directory(directory, e);
}

static int
make_public(struct making *m, struct error *e)
{
	const char *path = m->configuration->public_directory;

	if (mkdir(path, 0755) == -1)
		return errno == EEXIST ? 0 : error_errno(e, "make %s", path);
	m->made = true;
	if (chmod(path, 0755) == -1) /* whatever our umask is */
		return error_errno(e, "mode of %s", path);
	return durable_entry(path, e);
}

/* Is the rest of use for what is there? */
static int
try_it(struct making *m, struct error *e)
{
	struct issuer *issuer;

	if (issuer_open(m->configuration, &issuer, e) == -1)
		return -1;
	issuer_close(&issuer);
	if (m->made)
		return 0;
	return error_set(e, ERROR_EXISTS,
		"%s has an authority: nothing was changed",
		m->configuration->directory);
}

static int
check(const struct init_options *o, struct error *e)
{
	if (o->days < 1 || o->days > INIT_DAYS_MAX)
		return error_set(e, ERROR_BAD, "days: 1 to %d", INIT_DAYS_MAX);
	if (strcmp(o->curve, "P-256") != 0 && strcmp(o->curve, "P-384") != 0)
		return error_set(e, ERROR_BAD, "a key is P-256 or P-384");
	if (!text_ascii(o->organization) ||
		strlen(o->organization) > INIT_TEXT_MAX)
		return error_set(e, ERROR_BAD,
			"organization: up to %d characters of ASCII",
			INIT_TEXT_MAX);
	return 0;
}

static int
make(const struct ca_configuration *c, const struct init_options *options,
	struct error *e)
{
	struct making m = { .configuration = c, .options = options };
	int rc;

	if (place_become_owner(c->directory, e) == -1 ||
		place_enter(c->directory, &m.directory, e) == -1)
		return -1;
	rc = make_key(&m, e) == 0 && make_certificate(&m, e) == 0 &&
			make_pseudo_key(&m, e) == 0 && make_public(&m, e) == 0
		? try_it(&m, e)
		: -1;
	close(m.directory);
	return rc;
}

int
init_authority(
	const char *config, const struct init_options *options, struct error *e)
{
	struct ca_configuration *c;
	int rc;

	if (check(options, e) == -1 ||
		ca_configuration_load(config, &c, e) == -1)
		return -1;
	rc = make(c, options, e);
	ca_configuration_free(&c);
	return rc;
}
