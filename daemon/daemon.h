/*
 * The daemon: from its configuration to serving, and cleanly to its end.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Both return the exit code of csrc-milter(8); unless it is 0, e says why.
 * config NULL: the default file.
 */

/* Reads configuration and format files, and looks up users; starts nothing. */
int daemon_check(const char *config, struct error *e);

/* Serves until it is told to stop. */
int daemon_run(const char *config, bool foreground, struct error *e);

#endif
