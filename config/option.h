/*
 * Options by table: a row says what an option is called, what it may be, and
 * where in a structure its value goes. For who reads a configuration.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* From KIND_MODE on the target is an int64_t, before it a char *. */
enum option_kind {
	KIND_PATH,
	KIND_SOCKET_PATH,
	KIND_SOCKET,
	KIND_NAME,
	KIND_LOG,
	KIND_WORDS,
	KIND_NETWORKS,
	KIND_ROLES,
	KIND_DELIMITERS,
	KIND_FILE,
	KIND_TEXT,
	KIND_MODE,
	KIND_CHOICE,
	KIND_SECONDS,
	KIND_OCTETS,
	KIND_COUNT
};

/* Names that the array of a KIND_CHOICE has, NULL for those it lacks. */
enum { OPTION_CHOICES = 4 };

struct option {
	const char *name;
	const char *fallback; /* default, as one would write it */
	enum option_kind kind;
	bool restart;     /* changing it needs a restart */
	size_t offset;    /* of the target in its structure */
	int64_t min, max; /* of a number, inclusive */
	const char *const *choices;
	const char *values; /* the choices, for people */
};

/* Rows of a structure whose member is called as the option is. */
#define OPTION_TEXT(of, name, kind, fallback)                                  \
	{                                                                      \
#name, fallback, kind, false, offsetof(struct of, name), 0, 0, \
			NULL, NULL                                             \
	}
#define OPTION_NUMBER(of, name, kind, fallback, min, max)                     \
	{                                                                     \
#name, fallback, kind, false, offsetof(struct of, name), min, \
			max, NULL, NULL                                       \
	}
#define OPTION_CHOICE(of, name, names, values, fallback)               \
	{                                                              \
#name, fallback, KIND_CHOICE, false,                   \
			offsetof(struct of, name), 0, 0, names, values \
	}

/* The names of enum log_level, for such a row. */
#define OPTION_LOG_LEVELS "error|warn|info|debug"
extern const char *const option_log_levels[OPTION_CHOICES];

/* NULL: no such option. */
const struct option *
option_find(const struct option *rows, size_t count, const char *name);
/*
 * s is the structure that the rows are of. Reads value into its place there; a
 * text is copied. ERROR_BAD.
 */
int
option_set(void *s, const struct option *o, const char *value, struct error *e);
/*
 * The same for a line of a file: of a row that is there, and was not given
 * before. lines has a place for each row, 0 or the line in which it was given.
 * whose is how the error ends, " of a server" or "".
 */
int option_take(void *s, const struct option *rows, size_t count, int *lines,
	const char *name, const char *value, int line, const char *whose,
	struct error *e);
/* Into one that is all zero, or has values. */
int option_defaults(
	void *s, const struct option *rows, size_t count, struct error *e);
/* Frees a text; leaves it dangling, for the end of s. */
void option_free(void *s, const struct option *o);
/* As one would write it. 0, or -1 if size is too small. */
int option_print(const void *s, const struct option *o, char *out, size_t size);
int64_t option_number(const void *s, const struct option *o);
bool option_same(const void *a, const void *b, const struct option *o);
/* What may be written, for people. */
const char *option_values(const struct option *o);

#endif
