/*
 * The files of a directory that are of one kind, by their names.
 */
#ifndef BASE_DIRECTORY_H
#define BASE_DIRECTORY_H

#include "base/error.h"

/*
 * Calls each for every entry whose name ends in suffix and does not begin with
 * a dot, in order of name: path is the entry's, called its name without suffix.
 * -1 of each ends it. A directory that is not there is an empty one.
 * ERROR_TROUBLE.
 */
int directory_each(const char *directory, const char *suffix,
	int (*each)(void *arg, const char *path, const char *called,
		struct error *e),
	void *arg, struct error *e);

#endif
