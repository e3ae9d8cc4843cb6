/*
 * What a command prints, put into the file that --output names: whole, or not
 * at all, since another program may read it at any moment.
 */
#ifndef ADMIN_OUTPUT_H
#define ADMIN_OUTPUT_H

#include "control/command.h"

/* NULL: it is printed. */
const char *output_wanted(const struct command *row, const struct arguments *a);

enum exit_code
output_run(const char *path, enum exit_code (*make)(void *arg), void *arg);

#endif
