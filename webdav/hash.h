/*
 * A name as a number, for tables that may forget.
 */
#ifndef WEBDAV_HASH_H
#define WEBDAV_HASH_H

#include <stdint.h>

/* FNV-1a, and never 0. */
uint64_t hash_name(const char *name);

#endif
