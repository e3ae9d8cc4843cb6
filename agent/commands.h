/*
 * What people ask of csrc-dca; csrc-dca(8). Each returns the exit code, and
 * has filled e where that is EXIT_REFUSED or EXIT_TROUBLE.
 */
#ifndef AGENT_COMMANDS_H
#define AGENT_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/location.h"
#include "base/error.h"

struct commands_call {
	struct dca_place place;
	bool json;
	bool look; /* -n: change nothing */
	char **operands;
	int count;
	const char *licence, *code_file, *ca_out; /* enrol */
	bool renew;
	int64_t before; /* -1: not said */
};

typedef int dca_command(const struct commands_call *call, struct error *e);

dca_command dca_check, dca_discover, dca_poll, dca_show, dca_status, dca_accept,
	dca_profile, dca_enrol;

/* The configuration is read, and no more. */
dca_command dca_read;

/* Of a failure. */
int commands_code(const struct error *e);

#endif
