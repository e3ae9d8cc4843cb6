/*
 * What csrcadm does with the requests that the command "request" made, in the
 * daemon or alone: it posts them, or puts them into files. The command prints
 * them as JSON lines (csrcadm(8), JSON) into a pipe; here is its other end.
 */
#ifndef ADMIN_DELIVERY_H
#define ADMIN_DELIVERY_H

#include "control/command.h"

enum { DELIVERY_ID_SIZE = 65 /* an Email-ID */ };

struct delivery {
	FILE *out, *err;
	bool json, terminal;
	const char *sendmail;  /* its path; NULL: put them into files */
	const char *directory; /* in this directory, which is there */
	const char *serial;    /* of the one device; NULL: of many */
	bool waiting; /* what it delivers waits for that in the store */
	bool (*stopped)(void *arg);
	void *stopped_arg;
	/* As command_context has it. */
	FILE *(*ask)(
		void *arg, const char *const *words, enum exit_code *code_r);
	void *ask_arg;
	char last[DELIVERY_ID_SIZE]; /* of the last one; "": there was none */
};

/* Do the arguments of that command ask for it? Then fills in what they say. */
bool delivery_wanted(const struct command *row, const struct arguments *a,
	struct delivery *d);

/*
 * Runs make in a process of its own, with the pipe as its standard output, and
 * delivers what comes; what waits for another channel is only told. Single
 * failures are told and counted. Returns what make
 * returned, unless that is EXIT_DONE and a mail could not be delivered.
 */
enum exit_code
delivery_run(struct delivery *d, enum exit_code (*make)(void *arg), void *arg);

#endif
