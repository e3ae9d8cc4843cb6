/*
 * A line that a command gets hold of: a program whose standard input and output
 * are the line, such as socat(1) or ssh(1).
 */
#ifndef LINE_DIAL_H
#define LINE_DIAL_H

#include <sys/types.h>

#include "base/error.h"

struct dial {
	int fd; /* both ways; -1: not open */
	pid_t pid;
};

/* The command's words have blanks between; no shell has a part in it.
 * ERROR_BAD: there are none, or too many; ERROR_TROUBLE. dial_close. */
int dial_command(const char *command, struct dial *d, struct error *e);
/* Hangs up. Who does not end then is killed. */
void dial_close(struct dial *d);

#endif
