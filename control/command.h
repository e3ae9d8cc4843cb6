/*
 * The operator's commands, one table for both who run them: the daemon, asked
 * over its control socket, and csrcadm itself when no daemon runs.
 */
#ifndef CONTROL_COMMAND_H
#define CONTROL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "control/options.h"
#include "control/protocol.h"
#include "base/error.h"
#include "config/roles.h"
#include "gate/gate.h"
#include "store/store.h"

struct peers;

struct command_context {
	const struct rules *rules;
	struct store *store; /* NULL for a command that needs none, or for
				PLACE_STATE: it cannot be had, for this: */
	const struct error *why;
	struct gate *gate; /* likewise */
	FILE *in;  /* the input file, where the command takes one, else NULL */
	FILE *out; /* the answer */
	FILE *err; /* errors, progress */
	int64_t in_size; /* octets of in, 0 if that is not known */
	int out_fd;      /* where out goes, while it can be asked about */
	bool terminal;   /* err is one: progress may be shown */
	bool json;       /* --json was given */
	const struct command *row; /* the command that is run */
	/* Has the one who asked gone away? Long work asks now and then. */
	bool (*cancelled)(void *arg);
	void *cancelled_arg;
	uid_t uid;           /* who asks, */
	uint64_t connection; /* and on which; 0: no daemon runs */
	const char *role;    /* and as what; NULL: an operator */
	/* The channel that asks, as the daemon knows it; NULL or "": none, an
	 * operator does. */
	const char *channel;
	/* Who has which role; NULL: operators only. For control/serve.c. */
	struct peers *peers;
	/* Reloads the configuration; NULL when no daemon runs. */
	int (*reload)(void *arg, struct error *e);
	void *reload_arg;
	/* Runs another command, its words and NULL, as csrcadm does, and gives
	 * what it printed, errors too; the caller closes it. NULL: it could not
	 * be run. In csrcadm only. */
	FILE *(*ask)(
		void *arg, const char *const *words, enum exit_code *code_r);
	void *ask_arg;
	/* For stats: when the daemon started; 0 when no daemon runs. */
	int64_t started;
	int64_t began; /* the same by CLOCK_BOOTTIME, for how long ago it is */
};

enum command_place {
	PLACE_STORE,  /* needs the store: in the daemon, or alone under its lock
		       */
	PLACE_STATE,  /* the same; but says so itself if there is no store to be
			 had, and waits for nobody in the daemon */
	PLACE_DAEMON, /* only a running daemon can */
	PLACE_LOCAL,  /* never needs the store: always in csrcadm */
	PLACE_LOOK    /* the same; but says so itself, without rules and for
			 that why, if the configuration cannot be read */
};

enum {
	TAKES_MAX = 18, /* what the longest row takes, and the last one of it */
	COMMAND_CALL_SIZE = 320 /* "device show SERIAL" */
};

struct command {
	const char *verb;    /* "device" */
	const char *noun;    /* "add", or NULL */
	const char *summary; /* one line, for --help */
	enum command_place place;
	/* What somebody at a terminal is asked before, unless --yes is given,
	 * with its operands behind it; NULL: nothing. */
	const char *asks;
	bool changes;       /* something: it has its line in the journal */
	unsigned int roles; /* bits of those that may, besides operators */
	struct argument_spec takes[TAKES_MAX];
	enum exit_code (*run)(
		struct command_context *c, const struct arguments *a);
};

/* The rows, in control/table.c. */
size_t command_table(const struct command **rows_r);
/* The row for argv[0] [argv[1]]; NULL if there is none. *used_r: 1 or 2. */
const struct command *command_find(int argc, char **argv, int *used_r);

/* Does it only look at how things are, so that it waits for nobody? */
bool command_urgent(int argc, char **argv);

/* May who has that role run it? For a command that there is not, operators
 * alone may hear so. */
bool command_allowed(int argc, char **argv, enum role role);

/* "device show SERIAL", out of the row. Returns call_r. */
const char *
command_synopsis(const struct command *row, char call_r[COMMAND_CALL_SIZE]);

/* The argument of a kind that a row has but one of; NULL if it is not given. */
const char *command_argument(const struct command *row, enum argument_kind kind,
	const struct arguments *a);

/* Reads what follows the verb, and refuses what the row does not take;
 * ERROR_USAGE. Global options (--json …) may stand there too. */
int command_arguments(const struct command *row, int argc, char **argv,
	struct arguments *arguments_r, struct error *e);
/* The global options of csrcadm. */
const struct argument_spec *command_globals(void);

/*
 * Finds the command that argv names, reads its arguments and runs it; flushes
 * c->out, and if that fails (the disk is full, the reader has gone) says so.
 */
enum exit_code command_run(struct command_context *c, int argc, char **argv);

/* Prints "csrcadm: text" (or {"error":…}) to c->err; returns the exit code.
 * Whose reader has gone (a pipe into head) ends without a word. */
enum exit_code command_failed(struct command_context *c, const struct error *e);
/* The same for an error of the given code, from a format. */
enum exit_code command_refused(struct command_context *c, enum error_code code,
	const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Done, and there is nothing else to say: {"done":"device add","serial":"A"},
 * in text nothing. member NULL: of nothing that has a name. */
enum exit_code
command_done(struct command_context *c, const char *member, const char *name);

/* Should a walk or other long work end here? Nobody reads the answer. */
bool command_over(const struct command_context *c);

#endif
