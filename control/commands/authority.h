/*
 * What the authority's verbs have in common.
 */
#ifndef CONTROL_COMMANDS_AUTHORITY_H
#define CONTROL_COMMANDS_AUTHORITY_H

#include "control/command.h"

/* Refuses with a line of JSON that says of what kind it is, and in words. */
enum exit_code
authority_refuse(struct command_context *c, const struct error *e);

#endif
