/*
 * csrc-receive as a service, or only to be checked: what the process does from
 * its start to its end.
 */
#ifndef RECEIVE_RECEIVER_H
#define RECEIVE_RECEIVER_H

#include "base/error.h"

/* Until it is asked to end. config: NULL for the default. ERROR_EXISTS: there
 * is another one. */
int receiver_run(const char *config, struct error *e);

/* Reads the configuration, and looks at the directory that it names. */
int receiver_check(const char *config, struct error *e);

#endif
