/*
 * Which store it is: its id, and its master key.
 */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H

#include "store/store.h"

/* Reads its id into s->id, or gives it one. ERROR_DENIED: it was made with
 * another master key than s has; without one, that is not looked at. */
int identity_take(struct store *s, struct error *e);

#endif
