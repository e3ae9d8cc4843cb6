/*
 * Text that a printer wrote, made fit to be read and compared.
 */
#ifndef AGENT_LEGIBLE_H
#define AGENT_LEGIBLE_H

#include <stddef.h>

/*
 * UTF-8 of one line: ends at the first NUL behind something else; controls, and
 * what turns or hides text, are blanks; blanks are single, and none at the
 * ends; an octet that is no UTF-8 is taken for ISO 8859-1. Cut to size, between
 * characters.
 */
void legible(const void *octets, size_t length, char *out, size_t size);

#endif
