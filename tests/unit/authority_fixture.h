/*
 * An authority in a directory of its own, made by the stock openssl command.
 */
#ifndef TESTS_AUTHORITY_FIXTURE_H
#define TESTS_AUTHORITY_FIXTURE_H

#include "authority/configuration.h"
#include "authority/issuer.h"

/* The directory; "" before and after. */
extern char authority_directory[64];

/* For cmocka: makes the directory with ca.key, ca.pem and pseudo.key in it, and
 * public/; and removes all of it. */
int authority_setup(void **state);
int authority_teardown(void **state);

/* A configuration whose paths are below that; extra: more lines. */
struct ca_configuration *authority_configuration(const char *extra);
struct issuer *authority_issuer(const struct ca_configuration *c);

/* Runs it there, by the shell; it must succeed. */
void authority_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Does it? */
bool authority_runs(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Writes a file there, PEM of what it is. */
void authority_write(const char *name, struct x509_st *certificate);

#endif
