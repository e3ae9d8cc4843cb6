/*
 * A new authority: its key, its own certificate, and what else csrc-ca needs.
 */
#ifndef AUTHORITY_INIT_H
#define AUTHORITY_INIT_H

#include <stdint.h>

#include "base/error.h"

enum { INIT_DAYS_MAX = 50 * 366, INIT_TEXT_MAX = 64 };

struct init_options {
	int64_t days;
	const char *organization, *curve; /* "P-256" or "P-384" */
};

/*
 * By the configuration (NULL: the default). Makes what is not there: one that
 * was cut off goes on. ERROR_EXISTS: all of it is there. ERROR_BAD: an
 * organization that is none. Nothing that is there is ever written over.
 */
int init_authority(const char *config, const struct init_options *options,
	struct error *e);

#endif
