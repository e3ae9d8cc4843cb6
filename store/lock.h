/*
 * Who has the store: one process, by the lock file, and one user.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "store/store.h"

/*
 * Opens the lock file of a state directory, flags as open's, and has it until
 * *lock_r is closed. ERROR_NOT_FOUND: there is none, or no such directory;
 * ERROR_EXISTS: another process has it; ERROR_DENIED: not ours to open.
 */
int lock_file(const char *state, int flags, int *lock_r, struct error *e);
/* Into s->lock, whose closing gives it back. ERROR_NOT_FOUND: no store is
 * there; ERROR_EXISTS: another process has it; ERROR_DENIED: not ours to open.
 */
int lock_take(struct store *s, struct error *e);

/* If we are root: gives what we made to whom the environment's directory
 * belongs. */
int lock_keep_owner(struct store *s, struct error *e);

#endif
