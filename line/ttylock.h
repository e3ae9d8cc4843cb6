/*
 * Who has a terminal line: LCK..NAME in /var/lock, as the Filesystem Hierarchy
 * Standard and mgetty have it, with the number of a process.
 */
#ifndef LINE_TTYLOCK_H
#define LINE_TTYLOCK_H

#include "base/error.h"

enum { TTYLOCK_SIZE = 128 };

/* ERROR_EXISTS: somebody who lives has it, or is about to write who he is.
 * ERROR_BAD, ERROR_TROUBLE. path_r gets the lock's. */
int
ttylock_take(const char *device, char path_r[TTYLOCK_SIZE], struct error *e);
/* If it is still ours. */
void ttylock_give(const char path[TTYLOCK_SIZE]);

#endif
