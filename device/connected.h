/*
 * The line of a call, as the command line says: a command, a terminal line, or
 * standard input and output.
 */
#ifndef DEVICE_CONNECTED_H
#define DEVICE_CONNECTED_H

#include "base/error.h"
#include "device/arguments.h"
#include "line/dial.h"
#include "line/modem.h"

struct connected {
	int in, out;
	int own; /* a copy of standard output; -1: none */
	struct dial dial;
	struct modem_options options;
	struct modem *modem; /* NULL: there is none */
};

/* ERROR_NOT_FOUND: there is no connection; others. connected_close in any
 * case. */
int connected_open(const struct arguments *a, int stop, struct connected *c,
	struct error *e);
/* Hangs up. */
void connected_close(struct connected *c);

#endif
