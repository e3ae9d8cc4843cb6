/*
 * csrc-ca as a service, or only to be checked: what the process does from its
 * start to its end.
 */
#ifndef AUTHORITY_PROCESS_H
#define AUTHORITY_PROCESS_H

#include "base/error.h"

/* Until it is asked to end. config: NULL for the default. ERROR_EXISTS: there
 * is another one. */
int process_run(const char *config, struct error *e);

/* Reads the configuration and every file that it names, no more. */
int process_check(const char *config, struct error *e);

#endif
