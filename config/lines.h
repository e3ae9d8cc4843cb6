/*
 * The lines of a configuration file: "name = value", a comment, nothing, and
 * where a program has them sections, "[name]".
 */
#ifndef CONFIG_LINES_H
#define CONFIG_LINES_H

#include <stdio.h>

#include "base/error.h"

/* Whom the lines are for, by number. -1, with e filled, ends the reading. */
struct lines_taker {
	/* NULL: the file has no sections. What follows is of this one. */
	int (*section)(void *arg, const char *name, int line, struct error *e);
	int (*option)(void *arg, const char *name, const char *value, int line,
		struct error *e);
};

/*
 * The file must not be writable by group or others, and must be root's or ours:
 * ERROR_DENIED. path is for errors, which begin with "FILE:LINE: ", or with
 * "FILE: " where no line is at fault.
 */
int lines_read(FILE *file, const char *path, const struct lines_taker *taker,
	void *arg, struct error *e);
/* The same of the file at path, which must be there. */
int lines_read_path(const char *path, const struct lines_taker *taker,
	void *arg, struct error *e);

#endif
