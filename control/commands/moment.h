/*
 * A moment as options have it: "2026-11-22", "2026-11-22T12:00:00Z", or "30d":
 * how long ago.
 */
#ifndef CONTROL_COMMANDS_MOMENT_H
#define CONTROL_COMMANDS_MOMENT_H

#include <stdint.h>

#include "base/error.h"
#include "control/options.h"

/* Leaves *when_r as it is if the option is not given. now: what an age is
 * subtracted from. ERROR_USAGE. */
int moment_read(const struct arguments *a, const char *option, int64_t now,
	int64_t *when_r, struct error *e);

#endif
