/*
 * What makes names durable: a file's sync says nothing of its directory's
 * entry.
 */
#ifndef BASE_DURABLE_H
#define BASE_DURABLE_H

#include <stdbool.h>

#include "base/error.h"

/* The directory's entries reach the disk. */
int durable_directory(const char *path, struct error *e);
/* The entry of this path in its directory does. */
int durable_entry(const char *path, struct error *e);
/* That of a directory that mkdir made or found. */
int durable_made(const char *path, bool made, struct error *e);
/* mkdir for all directories above path, each entry durable. */
int durable_parents(const char *path, struct error *e);

#endif
