/*
 * The configuration as it is understood, for people.
 */
#ifndef DAEMON_DUMP_H
#define DAEMON_DUMP_H

#include <stdio.h>

#include "base/error.h"

/*
 * Writes every option with its value, behind a comment that says where it came
 * from: a line of the file, or the default. It can be read as a configuration
 * again. config NULL: the default file. An exit code, as daemon_check's.
 */
int dump_settings(FILE *out, const char *config, struct error *e);
/* Only the defaults; no file is read. */
int dump_defaults(FILE *out);

#endif
