/*
 * The operator's commands, one table for both who run them: the daemon, asked
 * over its control socket, and csrcadm itself when no daemon runs.
 */
#ifndef ADMIN_COMMAND_H
#define ADMIN_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "gate/gate.h"
#include "store/store.h"

/* Exit codes of csrcadm, as csrcadm(8) lists them. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_NO = 1,      /* done, and the answer is no */
	EXIT_USAGE = 2,   /* the command line is wrong */
	EXIT_REFUSED = 3, /* bad input, unknown or existing name, not allowed */
	EXIT_TROUBLE = 4  /* our own failure: try again */
};

struct command_context {
	const struct rules *rules;
	struct store *store; /* NULL for a command that needs none */
	struct gate *gate;   /* likewise */
	FILE *in;  /* the input file, where the command takes one, else NULL */
	FILE *out; /* the answer */
	FILE *err; /* errors, progress */
	bool json; /* --json was given */
	/* Has the one who asked gone away? Long work asks now and then. */
	bool (*cancelled)(void *arg);
	void *cancelled_arg;
	/* Reloads the configuration; NULL when no daemon runs. */
	int (*reload)(void *arg, struct error *e);
	void *reload_arg;
	/* For stats: when the daemon started; 0 when no daemon runs. */
	int64_t started;
};

enum command_place {
	PLACE_STORE,  /* needs the store: in the daemon, or alone under its lock
		       */
	PLACE_DAEMON, /* only a running daemon can */
	PLACE_LOCAL   /* never needs the store: always in csrcadm */
};

struct command {
	const char *verb;     /* "device" */
	const char *noun;     /* "add", or NULL */
	const char *synopsis; /* "SERIAL --center ID [--protection …]" */
	const char *summary;  /* one line, for --help and the manual's test */
	enum command_place place;
	bool takes_file; /* its first operand is a file: csrcadm opens it and
			    passes it as context.in */
	enum exit_code (*run)(struct command_context *c, int argc, char **argv);
};

size_t command_table(const struct command **rows_r);
/* The row for argv[0] [argv[1]]; NULL if there is none. *used_r: 1 or 2. */
const struct command *command_find(int argc, char **argv, int *used_r);

/* Prints "csrcadm: text" (or {"error":…}) to c->err; returns the exit code. */
enum exit_code command_failed(struct command_context *c, const struct error *e);

#endif
