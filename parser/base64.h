/*
 * Base64 (RFC 4648, 4), the way out only: MIME's way in is entity.c's.
 */
#ifndef PARSER_BASE64_H
#define PARSER_BASE64_H

#include <stddef.h>

/* How many characters length octets become. */
size_t base64_size(size_t length);
/* Writes them, no more: no line breaks, no NUL. */
void base64_encode(const unsigned char *in, size_t length, char *out);

#endif
