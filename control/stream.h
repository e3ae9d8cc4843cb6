/*
 * A stdio stream over a descriptor that a client handed to the daemon. It never
 * blocks for good: reading and writing end with an error as soon as the client
 * hangs up, and soon after the daemon is told to stop.
 */
#ifndef CONTROL_STREAM_H
#define CONTROL_STREAM_H

#include <stdbool.h>
#include <stdio.h>

struct place;

struct stream {
	int fd;              /* owned: fclose closes it */
	int peer;            /* the connection of the client who sent it */
	int stop;            /* readable once the daemon stops */
	struct place *place; /* left to others while the client is waited for */
	char buffer[4096];   /* wiped at fclose: keys pass through */
};

/* The caller keeps s until fclose. mode: "r" or "w". NULL: no memory; fd is
 * closed then, too. */
FILE *stream_open(struct stream *s, const char *mode);

/* Has the client hung up, or does the daemon stop? */
bool stream_over(int peer, int stop);

#endif
