/*
 * The configuration: csrc-receive.conf(5) read into a snapshot that does not
 * change.
 */
#ifndef RECEIVE_CONFIGURATION_H
#define RECEIVE_CONFIGURATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/option.h"
#include "fcgi/fcgi.h"

/* By what the web server has proved who an agent is. */
enum proof { PROOF_CERTIFICATE, PROOF_LOGIN };

/* Texts are "" where nothing is given; times are seconds. */
struct receive_configuration {
	char *path;
	char *socket;     /* the daemon's control socket */
	char *listen;     /* FastCGI, a path; "": descriptor 0 is the socket */
	char *registry;   /* a directory: a file an agent */
	int64_t proof;    /* enum proof */
	int64_t interval; /* between readings of the registry */
	int64_t timeout;  /* for an answer of the daemon; of silence */
	int64_t threads;
	int64_t max_message_size; /* octets */
	int64_t log_level;
	char *log_target;
};

/*
 * Reads path (NULL: the built-in default). Errors begin with "FILE:LINE: "
 * where a line is at fault. ERROR_DENIED: others may write it.
 */
int receive_configuration_load(const char *path,
	struct receive_configuration **configuration_r, struct error *e);
void receive_configuration_free(struct receive_configuration **configuration);

/* The rows, for the test that compares them with the manual. */
enum { RECEIVE_OPTIONS = 10 };
extern const struct option receive_options[RECEIVE_OPTIONS];

#endif
