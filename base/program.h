/*
 * Another program of the machine, run to read what it prints. No shell has a
 * part in it.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Runs argv[0], which is looked for in PATH and then in /usr/sbin, with no
 * input and its errors thrown away. out gets what it prints, and a NUL;
 * *status_r its exit status. After seconds, and as soon as it prints more than
 * fits, it is killed: ERROR_TROUBLE, ERROR_LIMIT. ERROR_NOT_FOUND: there is no
 * such program.
 */
int program_read(const char *const argv[], int seconds, char *out, size_t size,
	int *status_r, struct error *e);

/* The same with what input (a descriptor) has to read, and its errors go where
 * ours do. */
int program_ask(const char *const argv[], int input, int seconds, char *out,
	size_t size, int *status_r, struct error *e);

/* Waits for the end of a process of ours; *status_r as waitpid has it. -1:
 * errno. */
int program_wait(pid_t pid, int *status_r);

/* For who starts one by itself, and destroys them: we ignore SIGPIPE and block
 * others, which it must not inherit. */
void program_attributes(posix_spawnattr_t *attributes);

#endif
