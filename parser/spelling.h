/*
 * How a name is spelled outside, in paths and in certificates: letters in upper
 * case, and everything but A-Z, 0-9 and - as =HH, its octet in upper-case hex.
 * A name has one spelling; whatever is read must be it, and is not folded.
 */
#ifndef PARSER_SPELLING_H
#define PARSER_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/claims.h"

enum { SPELLED_SIZE = 3 * (SERIAL_SIZE - 1) + 1 };

/* Of a serial, or of an ID, which has the narrower syntax; false leaves out "":
 * it is none. */
bool spelling_make(const char *name, char out[SPELLED_SIZE]);

/* The name that is spelled so; false leaves name_r "": it is no spelling. */
bool spelling_read(const char *text, size_t length, char name_r[SERIAL_SIZE]);

#endif
