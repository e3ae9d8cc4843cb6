/*
 * Words that a file has had, and in which line: exact, some 30 octets a word.
 */
#ifndef CONTROL_COMMANDS_SEEN_H
#define CONTROL_COMMANDS_SEEN_H

#include "base/buffer.h"
#include "base/error.h"

struct seen_word;

/* All zero is empty. */
struct seen {
	struct buffer words; /* each with its NUL */
	struct seen_word *slots;
	size_t room, count;
};

/* The line in which the word was before; 0: it is new, and noted as of line.
 * -1: out of memory, or more words than it takes. */
long seen_before(
	struct seen *s, const char *word, unsigned long line, struct error *e);
void seen_clear(struct seen *s);

#endif
