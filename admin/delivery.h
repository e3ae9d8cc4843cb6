/*
 * What csrcadm does with the requests that the command "request" made, in the
 * daemon or alone: it posts them, or puts them into files. The command prints
 * them as JSON lines (csrcadm(8), JSON) into a pipe; here is its other end.
 */
#ifndef ADMIN_DELIVERY_H
#define ADMIN_DELIVERY_H

#include "control/command.h"

struct delivery {
	FILE *out, *err;
	bool json, terminal;
	const char *sendmail;  /* its path; NULL: put them into files */
	const char *directory; /* in this directory, which is there */
	bool (*stopped)(void *arg);
	void *stopped_arg;
};

/* Do the arguments ask for it? Then fills in what they say. */
bool delivery_wanted(const struct arguments *a, struct delivery *d);

/*
 * Runs make in a process of its own, with the pipe as its standard output, and
 * delivers what comes. Single failures are told and counted. Returns what make
 * returned, unless that is EXIT_DONE and a mail could not be delivered.
 */
enum exit_code delivery_run(
	const struct delivery *d, enum exit_code (*make)(void *arg), void *arg);

#endif
