/*
 * The devices of an agent, and the printers that it has seen, as lists.
 */
#ifndef CONTROL_COMMANDS_AGENT_DEVICES_H
#define CONTROL_COMMANDS_AGENT_DEVICES_H

#include "control/command.h"

int
agent_list_devices(struct command_context *c, const char *id, struct error *e);
int agent_list_unassigned(
	struct command_context *c, const char *id, struct error *e);

#endif
