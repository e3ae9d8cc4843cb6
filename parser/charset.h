/*
 * Text in one of the few charsets that devices use, to UTF-8.
 */
#ifndef PARSER_CHARSET_H
#define PARSER_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * charset: as the mail declares it, or NULL: UTF-8 where the text is valid as
 * such, else windows-1252. ERROR_BAD: a charset not known, octets not of it, or
 * a NUL octet. The caller frees *text_r (wipe_free), ended by NUL.
 */
int charset_decode(const char *charset, const void *octets, size_t length,
	char **text_r, struct error *e);

/* RFC 3629, to its last octet. */
bool charset_is_utf8(const void *octets, size_t length);

/* Is it one of those that charset_decode knows? In lower case. */
bool charset_known(const char *charset);

/*
 * What to decode a body as: devices name the charset of their site and send
 * ASCII, which is then to be read whether or not that charset is known. A name
 * that is empty is none.
 */
const char *
charset_of_body(const char *charset, const void *octets, size_t length);

#endif
