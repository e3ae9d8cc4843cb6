/*
 * A licence's id and code as people have them: in a file, or on paper, to be
 * typed.
 */
#ifndef ENROL_CODE_H
#define ENROL_CODE_H

#include "base/error.h"
#include "parser/licence_code.h"

struct enrol_code {
	char licence[LICENCE_ID_SIZE]; /* "": it is not known */
	char code[LICENCE_CODE_SIZE];
};

/*
 * From a file that "csrcadm licence new --output" has written, or one with
 * nothing but the code in a line; "-": standard input. Others must have no
 * access to it. If both it and *c have a licence, it must be the same one. The
 * caller wipes c. ERROR_BAD, ERROR_DENIED, ERROR_TROUBLE.
 */
int code_read(const char *path, struct enrol_code *c, struct error *e);

/* At the terminal, without showing it; asks again if what was typed is no code.
 * ERROR_USAGE: there is no terminal; ERROR_BAD: none was typed. */
int code_ask(struct enrol_code *c, struct error *e);

#endif
