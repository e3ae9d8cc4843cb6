/*
 * The signals of a service: what asks it to end, or to read anew, comes by a
 * descriptor to whoever waits for it, and to no other thread.
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include "base/error.h"

enum signals_event { SIGNALS_NONE, SIGNALS_RELOAD, SIGNALS_STOP };

/* Before any thread is made: all of them have these blocked. SIGPIPE is
 * ignored. */
int signals_take(int *fd_r, struct error *e);

/* Waits for so long; -1: for ever. */
enum signals_event signals_wait(int fd, int milliseconds);

#endif
