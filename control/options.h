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

/* What a row of a table is to those before it. */
enum argument_tie {
	TIE_NONE, /* nothing */
	TIE_OR,   /* it stands in their place */
	TIE_AND,  /* it stands with them or alone, in the place of others */
	TIE_WITH  /* it stands only where the option before it does */
};

/* What csrcadm does with it before it asks the daemon. */
enum argument_kind {
	ARGUMENT_TEXT,  /* nothing */
	ARGUMENT_INPUT, /* it opens that file ("-": its standard input) */
	ARGUMENT_PATH   /* it makes that operand an absolute path */
};

/* What it says of whether the command changes something. */
enum argument_effect {
	EFFECT_NONE,   /* nothing: the row says it */
	EFFECT_LOOKS,  /* with it nothing is changed */
	EFFECT_CHANGES /* only with it something is */
};

/* An operand or an option; the last row of a table is neither. */
struct argument_spec {
	const char *operand; /* what one calls it: "SERIAL"; NULL: an option */
	const char *name;    /* of the option, without the dashes: "center" */
	const char *value;   /* what the option takes: "ID"; NULL: a flag */
	const char *meaning; /* one line, for --help */
	bool many;           /* may be given more than once */
	bool again;          /* the input is read twice: a pipe is copied */
	bool required;       /* the option must be given; operands must be */
	enum argument_kind kind;
	enum argument_tie tie;
	enum argument_effect effect;
	char letter; /* the option's short form, or NUL */
};

bool argument_last(const struct argument_spec *s);

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
		const struct argument_spec *spec;
		const char *value; /* NULL for a flag */
	} options[ARGUMENTS_MAX];
};

/* Reads argv by the tables (NULL: none). ERROR_USAGE. */
int options_parse(const struct argument_spec *const tables[OPTION_TABLES_MAX],
	int argc, char **argv, struct arguments *arguments_r, struct error *e);

bool options_given(const struct arguments *a, const char *name);
/* The value of the option, or NULL if it was not given. */
const char *options_value(const struct arguments *a, const char *name);
/* The text for a row of the table; NULL if it was not given, or is a flag. */
const char *options_of(const struct argument_spec *table,
	const struct argument_spec *s, const struct arguments *a);
/* All values of an option that may be given more than once; how many. */
size_t options_values(const struct arguments *a, const char *name,
	const char *values_r[ARGUMENTS_MAX]);

#endif
