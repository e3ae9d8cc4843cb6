/*
 * Opening a file that must be a regular one. What stands in its place (a FIFO,
 * a device, a socket, a directory) is refused and never waited for: who opens
 * a FIFO without O_NONBLOCK sleeps until somebody opens its other end.
 */
#ifndef BASE_REGULAR_H
#define BASE_REGULAR_H

#include <stdio.h>

#include "base/error.h"

/*
 * As openat, close-on-exec and without waiting, of a file that is there. flags:
 * O_RDONLY or another mode, and O_NOFOLLOW where the directory is not ours
 * alone. -1: ERROR_TROUBLE with errno as openat left it, or ERROR_DENIED and
 * EINVAL: it is no regular file.
 */
int regular_open(int directory, const char *name, int flags, struct error *e);
/* The same as a stream for reading, which may be a symbolic link's target;
 * NULL if it fails. */
FILE *regular_stream(const char *path, struct error *e);

#endif
