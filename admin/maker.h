/*
 * A command in a process of its own, whose standard output is read here: what
 * it makes goes elsewhere than to the one who asked, and alone it becomes
 * another user for good.
 */
#ifndef ADMIN_MAKER_H
#define ADMIN_MAKER_H

#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"
#include "control/protocol.h"

struct maker {
	FILE *lines; /* what it writes */
	pid_t pid;
};

int maker_start(struct maker *m, enum exit_code (*make)(void *arg), void *arg,
	struct error *e);
/* Reads no more, and waits for it. */
enum exit_code maker_end(struct maker *m);

#endif
