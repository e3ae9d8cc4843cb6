/*
 * The configuration: csrc-webdav.conf(5) read into a snapshot that does not
 * change, with the passwords that its files hold.
 */
#ifndef WEBDAV_CONFIGURATION_H
#define WEBDAV_CONFIGURATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/option.h"
#include "parser/claims.h"

enum {
	SERVERS_MAX = 64,
	SERVER_NAME_SIZE = 32 + 1, /* of letters, digits and ._- */
	CONNECTIONS_MAX = 16
};

/* What a server lets nobody but a device write into its path, if anything:
 * the evidence that goes with a message. */
enum paths { PATHS_NONE, PATHS_LOGIN, PATHS_CERTIFICATE };

/* Texts are "" where nothing is given. */
struct server {
	char name[SERVER_NAME_SIZE];
	int line; /* where its section begins */
	char *url;
	char *center; /* in canonical form */
	char *user, *password_file;
	char *certificate, *key; /* files */
	char *ca_file;
	char *proxy, *proxy_user, *proxy_password_file;
	int64_t interval;    /* seconds, while it is idle */
	int64_t connections; /* at once */
	int64_t paths;       /* enum paths */
	int64_t allow_http;
	/* where the certificate is from, and whom it is to name */
	char *enrol_url, *enrol_name, *enrol_ca_file;
	char *password, *proxy_password; /* NULL: none; wiped in the end */
};

struct configuration {
	char *path;
	char *socket;     /* the daemon's control socket */
	int64_t interval; /* of servers that say nothing */
	int64_t timeout;  /* seconds that a server, or the daemon, may take */
	int64_t stop_timeout;
	int64_t max_message_size;
	int64_t log_level;
	char *log_target;
	struct server *servers;
	size_t server_count;
};

/*
 * Reads path (NULL: the built-in default) and the passwords' files. Errors
 * begin with "FILE:LINE: " where a line is at fault. ERROR_DENIED: others may
 * write or read a file that they must not.
 */
int configuration_load(const char *path, struct configuration **configuration_r,
	struct error *e);
void configuration_free(struct configuration **configuration);

/* The rows, for the test that compares them with the manual. */
enum { GENERAL_OPTIONS = 7, SERVER_OPTIONS = 17 };
extern const struct option general_options[GENERAL_OPTIONS];
extern const struct option server_options[SERVER_OPTIONS];

#endif
