/*
 * The commands of csrc-device. Each prints its result, or nothing.
 */
#ifndef DEVICE_COMMANDS_H
#define DEVICE_COMMANDS_H

#include "base/error.h"
#include "device/arguments.h"
#include "device/keyfile.h"

int command_report(const struct arguments *a, const struct device_key *key,
	struct error *e);
int command_answer(const struct arguments *a, const struct device_key *key,
	struct error *e);
int command_show(const struct arguments *a, const struct device_key *key,
	struct error *e);

#endif
