/*
 * The configuration: csrc-ca.conf(5) read into a snapshot that does not change.
 */
#ifndef AUTHORITY_CONFIGURATION_H
#define AUTHORITY_CONFIGURATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/option.h"

enum {
	TRANSACTIONS_MAX = 64, /* of CMP, open at once */
	THREADS_MAX = 16,
	CA_PATH_SIZE = 512,
	CA_FILE_MAX = 64 << 20 /* a list of revoked certificates may be long */
};

/* Texts are "" where nothing is given; times are seconds. */
struct ca_configuration {
	char *path;
	char *socket; /* the daemon's control socket */
	char *listen; /* FastCGI, a path; "": descriptor 0 is the socket */
	char *directory, *public_directory;
	char *chain; /* a file: certificates between ours and the root */
	int64_t client_validity, server_validity;
	int64_t crl_validity, crl_interval;
	int64_t interval; /* between questions for what is due */
	int64_t timeout;  /* for an answer of the daemon, for a mail */
	int64_t transactions, transaction_timeout;
	int64_t threads;
	char *sendmail, *mail_from;
	int64_t log_level;
	char *log_target;
};

/* Below directory, and below public_directory. */
#define CA_KEY "ca.key"
#define CA_PSEUDO_KEY "pseudo.key"
#define CA_CERTIFICATE "ca.pem"
#define CA_CRL "crl.pem"

/*
 * Reads path (NULL: the built-in default). Errors begin with "FILE:LINE: "
 * where a line is at fault. ERROR_DENIED: others may write it.
 */
int ca_configuration_load(const char *path,
	struct ca_configuration **configuration_r, struct error *e);
void ca_configuration_free(struct ca_configuration **configuration);

/* directory/name. ERROR_BAD: too long. */
int ca_path(const char *directory, const char *name, char out[CA_PATH_SIZE],
	struct error *e);

/* The rows, for the test that compares them with the manual. */
enum { CA_OPTIONS = 18 };
extern const struct option ca_options[CA_OPTIONS];

#endif
