/*
 * csrc-webdav as a service, once, or only to be checked: what the process does
 * from its start to its end.
 */
#ifndef WEBDAV_SERVICE_H
#define WEBDAV_SERVICE_H

#include <stdbool.h>

#include "base/error.h"
#include "control/protocol.h"

struct service_options {
	const char *config; /* NULL: the default */
	bool once, json;
};

/* Until it is asked to end, or with once until nothing more is to be done. e is
 * filled where the code is EXIT_REFUSED or EXIT_TROUBLE and the log is not open
 * yet, else its text is "". */
enum exit_code service_run(const struct service_options *o, struct error *e);

/* Checks the configuration, and says so. */
enum exit_code service_check(const struct service_options *o, struct error *e);

#endif
