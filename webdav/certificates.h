/*
 * The command enrol: certificates of the collector, a server's section each.
 */
#ifndef WEBDAV_CERTIFICATES_H
#define WEBDAV_CERTIFICATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "control/protocol.h"

struct certificates_options {
	const char *config; /* NULL: the default */
	bool renew;
	int64_t before; /* as in enrol/enrol.h */
	const char *licence, *code_file;
	const char *ca_out; /* NULL: nowhere */
	/* Names of sections: one, for a licence; to renew any number, or NULL
	 * for each that says where the authority is. */
	char *const *servers;
	int count;
};

/* Prints a line a server, and what failed on standard error; the worst code of
 * all. e is filled where no server was asked for. */
enum exit_code
certificates_run(const struct certificates_options *o, struct error *e);

#endif
