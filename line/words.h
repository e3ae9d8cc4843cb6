/*
 * A command as its words, with blanks between; no shell has a part in it.
 */
#ifndef LINE_WORDS_H
#define LINE_WORDS_H

#include "base/error.h"

enum { WORDS_MAX = 64, WORDS_SIZE = 4096 };

struct words {
	char text[WORDS_SIZE];
	char *words[WORDS_MAX + 1]; /* NULL behind the last */
};

/* A word %n becomes the number; NULL: there must be none. ERROR_BAD. */
int words_split(const char *command, const char *number, struct words *w,
	struct error *e);

#endif
