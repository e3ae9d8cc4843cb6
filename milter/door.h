/*
 * Who comes in. libmilter accepts every connection there is, and spins without
 * a word when descriptors run out; so it is given this door in place of the
 * listening socket. A connection is handed on once its peer has spoken, which
 * an MTA does at once, and while there are not too many; others cost one
 * descriptor of a few, for a while. So descriptors are never what the store
 * lacks.
 */
#ifndef MILTER_DOOR_H
#define MILTER_DOOR_H

#include <stdint.h>

#include "base/error.h"
#include "config/settings.h"

/* Raises the soft limit of descriptors to the hard one. */
void door_raise_limit(void);
/* Are there descriptors enough for these settings? ERROR_DENIED: no. */
int door_fits(const struct settings *settings, struct error *e);

/*
 * Takes the listening socket, which is closed with the process. place: the
 * descriptor that libmilter polls and calls accept with; it becomes the door.
 */
int door_open(int listener, int place, struct error *e);
/* How many may be in; any thread. A few more are let in, to be told so. */
void door_set(int64_t connections);

#endif
