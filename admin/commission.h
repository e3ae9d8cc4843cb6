/*
 * The second half of "device commission": its request has left, or waits for
 * its channel, and its answer is waited for here. Not in the daemon, which has
 * better to do with a place at its socket.
 */
#ifndef ADMIN_COMMISSION_H
#define ADMIN_COMMISSION_H

#include "control/command.h"

struct commission {
	const char *socket; /* the daemon's */
	int64_t timeout;    /* seconds */
	bool json, terminal;
	bool (*stopped)(void *arg);
};

/* Is it that command? 1: c has its timeout; 0; -1: ERROR_USAGE. */
int commission_wanted(const struct command *row, const struct arguments *a,
	struct commission *c, struct error *e);

/* Asks now and then, also over a restart of the daemon, and says how it went.
 * EXIT_NO: there is no answer, or will be none. */
enum exit_code
commission_wait(const struct commission *c, const char *email_id);

#endif
