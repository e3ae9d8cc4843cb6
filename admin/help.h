/*
 * csrcadm --help, out of the table of commands.
 */
#ifndef ADMIN_HELP_H
#define ADMIN_HELP_H

#include <stdio.h>

#include "control/command.h"

/* All commands, or those of one verb (not NULL). 0 if there is none. */
size_t help_commands(FILE *out, const char *verb);
/* One command with its operands and options. */
void help_command(FILE *out, const struct command *row);

#endif
