/*
 * The agent's configuration: csrc-dca.conf(5) and the file of SNMP credentials
 * that it names, read into a snapshot that does not change.
 */
#ifndef AGENT_CONFIGURATION_H
#define AGENT_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/credentials.h"
#include "agent/location.h"
#include "base/error.h"
#include "config/option.h"

enum {
	DCA_SECTIONS_MAX = 256, /* of either kind */
	DCA_NAME_SIZE = 32 + 1  /* a section's, of letters, digits and ._- */
};

/* [credentials NAME], of the second file. Texts are "" where nothing is given.
 */
struct dca_credentials {
	char name[DCA_NAME_SIZE];
	int line;
	char *version, *community;
	char *user, *auth, *auth_passphrase, *priv, *priv_passphrase, *context;
	struct credentials ready; /* what they come to, with its keys */
};

/* [printers NAME] */
struct dca_printers {
	char name[DCA_NAME_SIZE];
	int line;
	char *addresses; /* ranges, with blanks between */
	char *credentials;
	int64_t port;
	int64_t discover; /* 0: each of the addresses is a printer's */
	const struct dca_credentials *with; /* of that name */
};

struct dca_configuration {
	char *path;
	char *center, *id; /* in canonical form */
	char *url;
	int64_t allow_http;
	char *key_file, *ca_file, *certificate, *certificate_key;
	char *password_file;
	char *proxy, *proxy_user, *proxy_password_file;
	int64_t timeout; /* seconds that the center may say nothing */
	char *enrol_url, *enrol_ca_file;
	char *state_directory, *credentials_file, *profiles;
	int64_t interval, contact_interval, discovery_interval; /* seconds */
	int64_t window, snmp_timeout, snmp_tries;
	int64_t queue_size, max_message_size; /* octets */
	int64_t personal;
	int64_t log_level;
	char *log_target;
	char *password, *proxy_password; /* NULL: none; wiped in the end */
	struct dca_printers *printers;
	size_t printer_count;
	struct dca_credentials *credentials; /* wiped in the end */
	size_t credential_count;
};

/*
 * Reads all its files, makes the credentials ready. Errors begin with
 * "FILE:LINE: " where a line is at fault. ERROR_DENIED: others may write or
 * read a file that they must not.
 */
int dca_configuration_load(const struct dca_place *place,
	struct dca_configuration **configuration_r, struct error *e);
void dca_configuration_free(struct dca_configuration **configuration);

/* The rows, for the test that compares them with the manual. */
enum {
	DCA_OPTIONS = 29,
	DCA_PRINTERS_OPTIONS = 4,
	DCA_CREDENTIALS_OPTIONS = 8
};
extern const struct option dca_options[DCA_OPTIONS];
extern const struct option dca_printers_options[DCA_PRINTERS_OPTIONS];
extern const struct option dca_credentials_options[DCA_CREDENTIALS_OPTIONS];

#endif
