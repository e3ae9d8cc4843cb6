/*
 * A progress bar on a terminal: how far, how fast, how long still.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	FILE *out;              /* NULL: show nothing */
	const char *what;       /* "devices" */
	int64_t started, shown; /* milliseconds of the monotonic clock */
};

void
progress_start(struct progress *p, FILE *out, bool terminal, const char *what);
/* done of total (0: not known) octets, which are count things. */
void
progress_show(struct progress *p, int64_t done, int64_t total, uint64_t count);
/* Takes the bar off its line, for something else to be said there. */
void progress_clear(struct progress *p);
/* Ends the line. */
void
progress_end(struct progress *p, int64_t done, int64_t total, uint64_t count);

#endif
