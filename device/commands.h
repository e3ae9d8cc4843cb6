/*
 * The commands of csrc-device. Each prints its result, or nothing.
 */
#ifndef DEVICE_COMMANDS_H
#define DEVICE_COMMANDS_H

#include "base/error.h"
#include "device/arguments.h"
#include "device/keyfile.h"

/* What a command may return besides 0 and -1; *e says why. */
enum {
	COMMAND_REFUSED = 1, /* something was, the rest is done */
	COMMAND_KEPT,        /* safe in the queue, but not sent */
	COMMAND_FULL         /* the queue is full: nothing is kept */
};

int command_report(
	const struct arguments *a, const struct keyring *ring, struct error *e);
int command_answer(
	const struct arguments *a, const struct keyring *ring, struct error *e);
int command_show(
	const struct arguments *a, const struct keyring *ring, struct error *e);
int command_poll(
	const struct arguments *a, const struct keyring *ring, struct error *e);
int command_line(
	const struct arguments *a, const struct keyring *ring, struct error *e);
int command_enrol(
	const struct arguments *a, const struct keyring *ring, struct error *e);

int command_fax(
	const struct arguments *a, const struct keyring *ring, struct error *e);

#endif
