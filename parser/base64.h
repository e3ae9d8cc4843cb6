/*
 * Base64 (RFC 4648, 4) on one line. The bodies of mails are entity.c's.
 */
#ifndef PARSER_BASE64_H
#define PARSER_BASE64_H

#include <stddef.h>

/* How many characters length octets become. */
size_t base64_size(size_t length);
/* Writes them, no more: no line breaks, no NUL. */
void base64_encode(const unsigned char *in, size_t length, char *out);
/*
 * The way back, padding or not; out has room for length octets. How many there
 * are, or -1: something else stands between.
 */
long base64_decode(const char *in, size_t length, unsigned char *out);

#endif
