/*
 * What a line is, and what a value may be, is config/'s; here are the rows of
 * two files, and what must fit together.
 */
#include "agent/configuration.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/wipe.h"
#include "config/lines.h"
#include "parser/claims.h"
#include "parser/principal.h"

#define DIRECTORY SYSCONFDIR "/csrc-dca"
#define DAY 86400LL
#define MIB (1LL << 20)

enum { PATH_SIZE = 4096 };

static const char *const answer_names[OPTION_CHOICES] = { "no", "yes" };

#define TEXT(name, kind, fallback) \
	OPTION_TEXT(dca_configuration, name, kind, fallback)
#define NUMBER(name, kind, fallback, min, max) \
	OPTION_NUMBER(dca_configuration, name, kind, fallback, min, max)

/* Order is that of the manual. */
const struct option dca_options[] = {
	TEXT(center, KIND_TEXT, ""),
	TEXT(id, KIND_TEXT, ""),
	TEXT(url, KIND_TEXT, ""),
	OPTION_CHOICE(
		dca_configuration, allow_http, answer_names, "no|yes", "no"),
	TEXT(key_file, KIND_PATH, DIRECTORY "/key"),
	TEXT(ca_file, KIND_FILE, ""),
	TEXT(certificate, KIND_FILE, ""),
	TEXT(certificate_key, KIND_FILE, ""),
	TEXT(password_file, KIND_FILE, ""),
	TEXT(proxy, KIND_TEXT, ""),
	TEXT(proxy_user, KIND_TEXT, ""),
	TEXT(proxy_password_file, KIND_FILE, ""),
	NUMBER(timeout, KIND_SECONDS, "1m", 1, 3600),
	TEXT(enrol_url, KIND_TEXT, ""),
	TEXT(enrol_ca_file, KIND_FILE, ""),
	TEXT(state_directory, KIND_PATH, LOCALSTATEDIR "/lib/csrc-dca"),
	TEXT(credentials_file, KIND_PATH, DIRECTORY "/credentials"),
	TEXT(profiles, KIND_PATH, DIRECTORY "/profiles"),
	NUMBER(interval, KIND_SECONDS, "1h", 1, 30 * DAY),
	NUMBER(contact_interval, KIND_SECONDS, "5m", 1, 30 * DAY),
	NUMBER(discovery_interval, KIND_SECONDS, "1d", 1, 365 * DAY),
	NUMBER(window, KIND_COUNT, "32", 1, 1024),
	NUMBER(snmp_timeout, KIND_SECONDS, "2s", 1, 60),
	NUMBER(snmp_tries, KIND_COUNT, "4", 1, 20),
	NUMBER(queue_size, KIND_OCTETS, "256M", MIB, 1LL << 40),
	NUMBER(max_message_size, KIND_OCTETS, "2M", MIB, 256 * MIB),
	OPTION_CHOICE(
		dca_configuration, personal, answer_names, "no|yes", "no"),
	OPTION_CHOICE(dca_configuration, log_level, option_log_levels,
		OPTION_LOG_LEVELS, "info"),
	TEXT(log_target, KIND_LOG, "syslog"),
};

const struct option dca_printers_options[] = {
	OPTION_TEXT(dca_printers, addresses, KIND_TEXT, ""),
	OPTION_TEXT(dca_printers, credentials, KIND_TEXT, ""),
	OPTION_NUMBER(dca_printers, port, KIND_COUNT, "161", 1, 65535),
	OPTION_CHOICE(dca_printers, discover, answer_names, "no|yes", "yes"),
};

const struct option dca_credentials_options[] = {
	OPTION_TEXT(dca_credentials, version, KIND_TEXT, "v3"),
	OPTION_TEXT(dca_credentials, community, KIND_TEXT, ""),
	OPTION_TEXT(dca_credentials, user, KIND_TEXT, ""),
	OPTION_TEXT(dca_credentials, auth, KIND_TEXT, "sha256"),
	OPTION_TEXT(dca_credentials, auth_passphrase, KIND_TEXT, ""),
	OPTION_TEXT(dca_credentials, priv, KIND_TEXT, "aes128"),
	OPTION_TEXT(dca_credentials, priv_passphrase, KIND_TEXT, ""),
	OPTION_TEXT(dca_credentials, context, KIND_TEXT, ""),
};

_Static_assert(sizeof(dca_options) / sizeof(dca_options[0]) == DCA_OPTIONS &&
		sizeof(dca_printers_options) /
				sizeof(dca_printers_options[0]) ==
			DCA_PRINTERS_OPTIONS &&
		sizeof(dca_credentials_options) /
				sizeof(dca_credentials_options[0]) ==
			DCA_CREDENTIALS_OPTIONS,
	"a number is not that of the rows");

/* One reading of one file. */
struct reading {
	struct dca_configuration *configuration;
	void *section; /* whose lines these are; NULL: before any */
	/* in which line of its part an option was given, by row */
	int lines[DCA_OPTIONS];
};

/* --- sections --- */

/* The name in "KIND NAME". */
static int
read_name(const char *section, const char *kind, char name_r[DCA_NAME_SIZE],
	struct error *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const size_t length = strlen(kind);
	const char *name = section + length + 1;

	if (strncmp(section, kind, length) != 0 || section[length] != ' ')
		return error_set(e, ERROR_BAD, "a section is [%s NAME]", kind);
	if (name[0] == '\0' || name[strspn(name, good)] != '\0' ||
		!text_copy(name_r, DCA_NAME_SIZE, name))
		return error_set(e, ERROR_BAD,
			"a section's name is 1 to %d letters, digits and ._-",
			DCA_NAME_SIZE - 1);
	return 0;
}

static int
too_many(const char *kind, struct error *e)
{
	return error_set(e, ERROR_LIMIT, "more than %d sections of %s",
		DCA_SECTIONS_MAX, kind);
}

static int
take_printers(void *arg, const char *section, int line, struct error *e)
{
	struct reading *r = arg;
	struct dca_configuration *c = r->configuration;
	char name[DCA_NAME_SIZE];
	struct dca_printers *p;

	if (read_name(section, "printers", name, e) == -1)
		return -1;
	if (c->printer_count == DCA_SECTIONS_MAX)
		return too_many("printers", e);
	for (size_t i = 0; i < c->printer_count; i++)
		if (text_equal_nocase(c->printers[i].name, name))
			return error_set(e, ERROR_BAD,
				"printers %s begin in line %d", name,
				c->printers[i].line);
	p = &c->printers[c->printer_count++];
	p->line = line;
	memcpy(p->name, name, sizeof(name));
	r->section = p;
	memset(r->lines, 0, sizeof(r->lines));
	return option_defaults(
		p, dca_printers_options, DCA_PRINTERS_OPTIONS, e);
}

static int
take_option(void *arg, const char *name, const char *value, int line,
	struct error *e)
{
	struct reading *r = arg;

	if (r->section == NULL)
		return option_take(r->configuration, dca_options, DCA_OPTIONS,
			r->lines, name, value, line, " before printers", e);
	return option_take(r->section, dca_printers_options,
		DCA_PRINTERS_OPTIONS, r->lines, name, value, line,
		" of printers", e);
}

/* NULL: there is none. */
static struct dca_credentials *
find_credentials(const struct dca_configuration *c, const char *name)
{
	for (size_t i = 0; i < c->credential_count; i++)
		if (text_equal_nocase(c->credentials[i].name, name))
			return &c->credentials[i];
	return NULL;
}

static int
take_credentials(void *arg, const char *section, int line, struct error *e)
{
	struct reading *r = arg;
	struct dca_configuration *c = r->configuration;
	char name[DCA_NAME_SIZE];
	struct dca_credentials *one;

	if (read_name(section, "credentials", name, e) == -1)
		return -1;
	if (c->credential_count == DCA_SECTIONS_MAX)
		return too_many("credentials", e);
	one = find_credentials(c, name);
	if (one != NULL)
		return error_set(e, ERROR_BAD,
			"credentials %s begin in line %d", name, one->line);
	one = &c->credentials[c->credential_count++];
	one->line = line;
	memcpy(one->name, name, sizeof(name));
	r->section = one;
	memset(r->lines, 0, sizeof(r->lines));
	return option_defaults(
		one, dca_credentials_options, DCA_CREDENTIALS_OPTIONS, e);
}

static int
take_secret(void *arg, const char *name, const char *value, int line,
	struct error *e)
{
	struct reading *r = arg;

	if (r->section == NULL)
		return error_set(e, ERROR_BAD,
			"the file begins with [credentials NAME]");
	return option_take(r->section, dca_credentials_options,
		DCA_CREDENTIALS_OPTIONS, r->lines, name, value, line,
		" of credentials", e);
}

/* --- what must fit together --- */

static bool
given(const char *text)
{
	return text[0] != '\0';
}

static int
take_names(struct dca_configuration *c, struct error *e)
{
	char center[CENTER_ID_SIZE], id[PRINCIPAL_SIZE];
	const char *name;

	if (!given(c->center) || !given(c->id) || !given(c->url))
		return error_set(e, ERROR_BAD,
			"%s: center, id and url are needed", c->path);
	if (!claims_center(c->center, strlen(c->center), center))
		return error_set(e, ERROR_BAD, "%s: center: %s is no center ID",
			c->path, c->center);
	memcpy(c->center, center, strlen(c->center));
	if (!principal_spell(PRINCIPAL_AGENT, c->id, id))
		return error_set(e, ERROR_BAD, "%s: id: %s is no agent's ID",
			c->path, c->id);
	name = principal_name(id, PRINCIPAL_AGENT);
	memcpy(c->id, name, strlen(name));
	return 0;
}

static int
check_pairs(const struct dca_configuration *c, struct error *e)
{
	const char *why = NULL;

	if (given(c->certificate) != given(c->certificate_key))
		why = "certificate and certificate_key go together";
	else if (given(c->proxy_user) != given(c->proxy_password_file))
		why = "proxy_user and proxy_password_file go together";
	else if (given(c->proxy_user) && !given(c->proxy))
		why = "proxy_user without proxy";
	else if (given(c->enrol_url) && !given(c->certificate))
		why = "enrol_url needs certificate and certificate_key";
	else if (!given(c->enrol_url) && given(c->enrol_ca_file))
		why = "enrol_ca_file without enrol_url";
	return why == NULL ? 0
			   : error_set(e, ERROR_BAD, "%s: %s", c->path, why);
}

static int
read_passwords(struct dca_configuration *c, struct error *e)
{
	if (given(c->password_file) &&
		secret_read(c->password_file, &c->password, e) == -1)
		return error_prefix(e, "password_file");
	if (given(c->proxy_password_file) &&
		secret_read(c->proxy_password_file, &c->proxy_password, e) ==
			-1)
		return error_prefix(e, "proxy_password_file");
	return 0;
}

static int
check_printers(struct dca_configuration *c, struct error *e)
{
	struct dca_printers *p = c->printers;

	if (c->printer_count == 0)
		return error_set(e, ERROR_BAD,
			"%s: no [printers NAME]: nothing to do", c->path);
	for (; p < c->printers + c->printer_count; p++) {
		p->with = find_credentials(c, p->credentials);
		if (!given(p->addresses))
			error_set(e, ERROR_BAD, "addresses are needed");
		else if (p->with == NULL)
			error_set(e, ERROR_BAD,
				"there are no credentials %s in %s",
				given(p->credentials) ? p->credentials
						      : "(none)",
				c->credentials_file);
		else
			continue;
		return error_prefix(
			e, "%s:%d: printers %s", c->path, p->line, p->name);
	}
	return 0;
}

/* --- credentials --- */

static int
make_ready(struct dca_credentials *one, struct error *e)
{
	struct credentials *r = &one->ready;

	if (!credentials_version(one->version, &r->version))
		return error_set(e, ERROR_BAD, "version: not v3, v2c or v1: %s",
			one->version);
	if (r->version != SNMP_V3)
		return text_copy(r->community, sizeof(r->community),
			       one->community)
			? credentials_ready(r, e)
			: error_set(e, ERROR_BAD, "community: too long");
	if (!credentials_auth(one->auth, &r->auth))
		return error_set(
			e, ERROR_BAD, "auth: there is no %s", one->auth);
	if (!credentials_priv(one->priv, &r->priv))
		return error_set(
			e, ERROR_BAD, "priv: there is no %s", one->priv);
	if (!text_copy(r->user, sizeof(r->user), one->user) ||
		!text_copy(r->context, sizeof(r->context), one->context) ||
		!text_copy(r->auth_passphrase, sizeof(r->auth_passphrase),
			one->auth_passphrase) ||
		!text_copy(r->priv_passphrase, sizeof(r->priv_passphrase),
			one->priv_passphrase))
		return error_set(e, ERROR_BAD,
			"a user, passphrase or context is too long");
	return credentials_ready(r, e);
}

/* Those of a service manager (LoadCredential=) stand in for files that are
 * root's alone. */
static int
find_loaded(char **path, const char *name, struct error *e)
{
	const char *loaded = getenv("CREDENTIALS_DIRECTORY");
	char *other = NULL;

	if (loaded == NULL || asprintf(&other, "%s/%s", loaded, name) == -1)
		return loaded == NULL ? 0 : error_memory(e);
	if (access(other, F_OK) == -1) {
		free(other);
		return 0;
	}
	free(*path);
	*path = other;
	return 0;
}

static int
read_credentials(struct dca_configuration *c, struct error *e)
{
	static const struct lines_taker taker = { take_credentials,
		take_secret };
	struct reading r = { .configuration = c };
	int fd = secret_open(c->credentials_file, SECRET_GROUP, e);
	FILE *file = fd == -1 ? NULL : fdopen(fd, "r");
	int rc;

	if (file == NULL) {
		if (fd != -1)
			close(fd);
		return fd == -1 ? error_prefix(e, "credentials_file")
				: error_memory(e);
	}
	rc = lines_read(file, c->credentials_file, &taker, &r, e);
	fclose(file);
	for (size_t i = 0; rc == 0 && i < c->credential_count; i++)
		if (make_ready(&c->credentials[i], e) == -1)
			rc = error_prefix(e, "%s:%d: credentials %s",
				c->credentials_file, c->credentials[i].line,
				c->credentials[i].name);
	return rc;
}

/* --- all of it --- */

/* What is below a directory, as if the file had said so. */
static int
take_place(struct dca_configuration *c, const struct dca_place *place,
	struct error *e)
{
	static const struct {
		const char *option, *name;
	} rows[] = { { "state_directory", "state" },
		{ "credentials_file", "credentials" }, { "key_file", "key" },
		{ "profiles", "profiles" } };
	char path[PATH_SIZE];

	if (place->directory == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!text_format(path, sizeof(path), "%s/%s", place->directory,
			    rows[i].name) ||
			option_set(c,
				option_find(dca_options, DCA_OPTIONS,
					rows[i].option),
				path, e) == -1)
			return error_prefix(e, "%s", place->directory);
	return 0;
}

static int
find_path(struct dca_configuration *c, const struct dca_place *place,
	struct error *e)
{
	char path[PATH_SIZE];

	if (!text_format(path, sizeof(path), "%s/csrc-dca.conf",
		    place->directory != NULL ? place->directory : DIRECTORY))
		return error_set(
			e, ERROR_BAD, "%s: too long", place->directory);
	c->path = strdup(place->path != NULL ? place->path : path);
	c->printers = calloc(DCA_SECTIONS_MAX, sizeof(*c->printers));
	c->credentials = calloc(DCA_SECTIONS_MAX, sizeof(*c->credentials));
	if (c->path == NULL || c->printers == NULL || c->credentials == NULL)
		return error_memory(e);
	return 0;
}

static int
read_all(struct dca_configuration *c, const struct dca_place *place,
	struct error *e)
{
	static const struct lines_taker taker = { take_printers, take_option };
	struct reading r = { .configuration = c };

	if (find_path(c, place, e) == -1 ||
		option_defaults(c, dca_options, DCA_OPTIONS, e) == -1 ||
		take_place(c, place, e) == -1 ||
		lines_read_path(c->path, &taker, &r, e) == -1)
		return -1;
	if (place->public)
		return 0;
	if (take_names(c, e) == -1 || check_pairs(c, e) == -1 ||
		find_loaded(&c->credentials_file, "credentials", e) == -1 ||
		find_loaded(&c->key_file, "key", e) == -1 ||
		read_passwords(c, e) == -1 || read_credentials(c, e) == -1)
		return -1;
	return check_printers(c, e);
}

int
dca_configuration_load(const struct dca_place *place,
	struct dca_configuration **configuration_r, struct error *e)
{
	struct dca_configuration *c = calloc(1, sizeof(*c));

	*configuration_r = NULL;
	if (c == NULL)
		return error_memory(e);
	if (read_all(c, place, e) == 0) {
		*configuration_r = c;
		return 0;
	}
	dca_configuration_free(&c);
	return -1;
}

static void
clear_credentials(struct dca_credentials *one)
{
	char **secrets[] = { &one->community, &one->auth_passphrase,
		&one->priv_passphrase };

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (*secrets[i] != NULL)
			wipe(*secrets[i], strlen(*secrets[i]));
	for (size_t i = 0; i < DCA_CREDENTIALS_OPTIONS; i++)
		option_free(one, &dca_credentials_options[i]);
	credentials_wipe(&one->ready);
}

void
dca_configuration_free(struct dca_configuration **configuration)
{
	struct dca_configuration *c = *configuration;

	*configuration = NULL;
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->printer_count; i++)
		for (size_t j = 0; j < DCA_PRINTERS_OPTIONS; j++)
			option_free(&c->printers[i], &dca_printers_options[j]);
	for (size_t i = 0; i < c->credential_count; i++)
		clear_credentials(&c->credentials[i]);
	for (size_t i = 0; i < DCA_OPTIONS; i++)
		option_free(c, &dca_options[i]);
	wipe_free(c->password);
	wipe_free(c->proxy_password);
	free(c->printers);
	free(c->credentials);
	free(c->path);
	free(c);
}
