/*
 * The text of a MIME parameter, such as the name of a file: quoted pairs, RFC
 * 2231 (sections, percents), encoded words (RFC 2047), into UTF-8.
 */
#ifndef PARSER_NAME_H
#define PARSER_NAME_H

#include "base/error.h"
#include "parser/walk.h"

/*
 * parameters: a field's value from its first semicolon on. *text_r is NULL if
 * none has that name, and the caller's to free. What cannot be decoded (a
 * charset that is none of ours, octets not of it) stays as it was written,
 * with '?' for what is not ASCII. -1: only ERROR_TROUBLE.
 */
int name_read(struct span parameters, const char *name, char **text_r,
	struct error *e);

#endif
