/*
 * Asks somebody at a terminal for what device adopt needs to know and was not
 * told, with what was seen in the mails as the answer that Enter gives.
 */
#ifndef ADMIN_ADOPT_H
#define ADMIN_ADOPT_H

#include <stdio.h>

#include "control/command.h"

enum { ADOPT_WORDS = 3, ADOPT_WORD_SIZE = 512 };

struct adopt {
	size_t count;
	char words[ADOPT_WORDS][ADOPT_WORD_SIZE]; /* "--from=a@b.example" */
};

/* Is it that command, at a terminal, with something missing? */
bool adopt_wanted(const struct command *row, const struct arguments *a);
/* seen: what "device unknown --json" said. */
void adopt_ask(const struct arguments *a, FILE *seen, struct adopt *adopt_r);

#endif
