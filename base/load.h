/*
 * How much the daemon has taken on: connections, octets held, calls into the
 * gate. It says no before memory runs out, and lets a stop wait for what is
 * under way. Any thread.
 */
#ifndef BASE_LOAD_H
#define BASE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct load;

int load_new(struct load **load_r, struct error *e);
void load_free(struct load **load);

/* One more connection; false, and not counted, if there are max. */
bool load_connect(struct load *l, int64_t max);
void load_disconnect(struct load *l);

/* count more octets held; false, and not counted, if that exceeds max. */
bool load_take(struct load *l, size_t count, int64_t max);
void load_give(struct load *l, size_t count);

/* Around every use of the gate; false once load_stop was called. */
bool load_begin(struct load *l);
void load_end(struct load *l);

/*
 * From now on load_begin says no. Waits at most so many seconds for those that
 * have begun; returns how many still have not ended.
 */
int load_stop(struct load *l, int64_t seconds);

#endif
