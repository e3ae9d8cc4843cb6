/*
 * Memory that held a key, or what was sealed, is overwritten before it goes
 * back. HACKING.md has the table of what is wiped where.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stddef.h>

/* NULL is nothing. */
void wipe(void *octets, size_t length);

/* Wipes all that malloc gave, which may be more than was asked for; frees it. */
void wipe_free(void *memory);

#endif
