/*
 * What was answered: a file with one line "EMAIL-ID EXPIRES" (RFC 3339, UTC) a
 * request, kept until the request expires.
 */
#ifndef DEVICE_STATE_H
#define DEVICE_STATE_H

#include <stdbool.h>
#include <time.h>

#include "base/error.h"

enum { STATE_LINES_MAX = 10000 };

struct state; /* read, and locked against other processes */

/*
 * Waits for the lock (the file PATH.lock, which stays) and reads the file,
 * which may be absent. What expired before now is dropped. ERROR_TROUBLE, also
 * if the file is not as above: then nobody can tell what was answered.
 */
int state_open(
	const char *path, time_t now, struct state **state_r, struct error *e);

bool state_has(const struct state *s, const char *email_id);

/*
 * Adds one, and is durable on return. ERROR_DENIED: it is there already;
 * ERROR_TROUBLE: it could not be kept, or STATE_LINES_MAX are open.
 */
int state_add(
	struct state *s, const char *email_id, time_t expires, struct error *e);

/* Frees, and unlocks. */
void state_close(struct state **state);

#endif
