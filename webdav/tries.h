/*
 * Which messages are not tried just now, and until when. Of fixed size: each
 * name has one place, which it may lose to another one; it is then tried
 * earlier than it need be, which is all. Any thread may call.
 */
#ifndef WEBDAV_TRIES_H
#define WEBDAV_TRIES_H

#include <stdbool.h>
#include <stdint.h>

enum { TRIES_PAUSE_MAX = 900 /* seconds */ };

#define TRIES_NEVER INT64_MAX

struct tries;

/* NULL: no memory. */
struct tries *tries_new(void);
void tries_free(struct tries **t);

/* Times are clock_milliseconds's. A name that is not known is due. */
bool tries_due(struct tries *t, const char *name, int64_t now);
bool tries_known(struct tries *t, const char *name);
/* It failed: due again after a pause that doubles each time. */
void
tries_failed(struct tries *t, const char *name, int64_t now, uint64_t random);
/* Due then and not before; TRIES_NEVER. */
void tries_hold(struct tries *t, const char *name, int64_t until);
/* It was not known, and is due then; or at once, if another one that is not due
 * would have to be forgotten for it. */
void tries_wait(struct tries *t, const char *name, int64_t now, int64_t until);
void tries_done(struct tries *t, const char *name);
/* When the first of them is due, of those that are later than that;
 * TRIES_NEVER: none will be. */
int64_t tries_next(struct tries *t, int64_t after);

#endif
