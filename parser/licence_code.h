/*
 * Licence codes and the ids of licences, as people read and type them. Both are
 * of 31 letters and figures of which no two look alike, and end in a check
 * character, which tells any single one that is wrong and any two that have
 * changed places. Case does not matter when they are read, nor do blanks and
 * dashes. There is one canonical form of each, of one length.
 */
#ifndef PARSER_LICENCE_CODE_H
#define PARSER_LICENCE_CODE_H

#include <stddef.h>

#include "base/error.h"

enum {
	LICENCE_LETTERS = 28, /* of a code, the check character too: 133 random
				 bits */
	LICENCE_CODE_SIZE = LICENCE_LETTERS + 6 + 1,
	LICENCE_ID_SIZE = 4 + 10 + 1 /* 44 random bits */
};

/* "7K3M-…", seven groups of four in upper case: as it is shown, and the shared
 * secret of CMP. The caller wipes. */
int licence_code_make(char out[LICENCE_CODE_SIZE], struct error *e);
/* ERROR_BAD, and out is "": what is wrong with it, without a word of it but a
 * character that no code has. */
int licence_code_read(const char *text, size_t length,
	char out[LICENCE_CODE_SIZE], struct error *e);
/* Without the dashes: what licence_code_read reads back. No NUL behind it. */
void licence_code_letters(
	const char code[LICENCE_CODE_SIZE], char out[LICENCE_LETTERS]);

/* "lic-7k3m2xw9qd", lower case; no secret. The same failures. */
int licence_id_make(char out[LICENCE_ID_SIZE], struct error *e);
int licence_id_read(const char *text, size_t length, char out[LICENCE_ID_SIZE],
	struct error *e);

#endif
