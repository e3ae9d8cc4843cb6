/*
 * A command's operands and its "--name VALUE" options, read by table. Commands
 * run in threads of the daemon, where getopt_long with its globals cannot be
 * used.
 *
 * "--name VALUE" and "--name=VALUE" are the same; "--" ends the options; "-"
 * alone is an operand.
 */
#ifndef CONTROL_OPTIONS_H
#define CONTROL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A row; the last one of a table has name NULL. */
struct option_spec {
	const char *name;    /* "center", without the dashes */
	const char *value;   /* what it takes, for --help: "ID"; NULL: a flag */
	const char *meaning; /* one line, for --help */
	bool many;           /* may be given more than once */
	char letter;         /* its short form, or NUL */
};

enum {
	ARGUMENTS_MAX = 64, /* most operands, and most options */
	OPTION_TABLES_MAX = 2
};

/* Everything points into the argv that was read. */
struct arguments {
	size_t operand_count;
	char *operands[ARGUMENTS_MAX];
	size_t option_count;
	struct option_given {
		const struct option_spec *spec;
		const char *value; /* NULL for a flag */
	} options[ARGUMENTS_MAX];
};

/* Reads argv by the tables (NULL: none). ERROR_USAGE. */
int options_parse(const struct option_spec *const tables[OPTION_TABLES_MAX],
	int argc, char **argv, struct arguments *arguments_r, struct error *e);

bool options_given(const struct arguments *a, const char *name);
/* The value of the option, or NULL if it was not given. */
const char *options_value(const struct arguments *a, const char *name);
/* All values of an option that may be given more than once; how many. */
size_t options_values(const struct arguments *a, const char *name,
	const char *values_r[ARGUMENTS_MAX]);

#endif
