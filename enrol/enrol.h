/*
 * Product authentication, the client's end: a licence buys a certificate, and a
 * certificate another one before it ends. Keys and certificates are files;
 * whatever happens, there is a pair that works as soon as there was one, and
 * the same call again goes on where an earlier one was cut off. Errors as in
 * enrol/cmp.h and enrol/pair.h.
 */
#ifndef ENROL_ENROL_H
#define ENROL_ENROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "dav/dav.h"
#include "parser/principal.h"

enum { ENROL_BEFORE = 60 * 24 * 3600 };

struct enrol {
	const struct dav_options *authority; /* see enrol/cmp.h */
	const char *certificate;             /* a file */
	const char *key; /* its key's; NULL: in the same file */
	/* Another file for the authority's certificates; NULL: none. */
	const char *ca_file;
	/* Whom the certificate must name; a renewal need not say it: NULL. */
	const char *principal;
	/* A new one: the licence (NULL: the file says it) and the code's file
	 * (NULL: it is typed). They are looked at only if they are needed. */
	const char *licence, *code_file;
	/* A renewal: only if it has no more than so many seconds left; -1:
	 * ENROL_BEFORE, or half of all that it had, if that is less. */
	int64_t before;
};

struct enrol_outcome {
	bool made; /* false: there is one already, and it is not due */
	char principal[PRINCIPAL_SIZE];
	char until[TEXT_TIME_SIZE]; /* when the certificate ends */
};

/* ERROR_EXISTS: the files are somebody else's, or half of a pair. */
int enrol_begin(const struct enrol *o, struct enrol_outcome *outcome_r,
	struct error *e);
/* ERROR_NOT_FOUND: there is nothing to renew. */
int enrol_renew(const struct enrol *o, struct enrol_outcome *outcome_r,
	struct error *e);

#endif
