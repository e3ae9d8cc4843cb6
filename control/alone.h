/*
 * csrcadm without a daemon: it opens the store itself, under the same lock and
 * as the same user, and runs the command in its own process.
 */
#ifndef CONTROL_ALONE_H
#define CONTROL_ALONE_H

#include "control/command.h"

/*
 * Runs argv with c, of which store, gate and rules are filled in. If root and
 * the configuration names a user it becomes that user for good.
 */
enum exit_code
alone_run(struct command_context *c, const char *config, int argc, char **argv);

#endif
