/*
 * Kills a process (SIGKILL) at the n-th system call that changes a file, before
 * the call is made: a test that counts n up has every moment at which a crash
 * could come.
 */
#ifndef TESTS_UNIT_KILLED_H
#define TESTS_UNIT_KILLED_H

#include <stdbool.h>

/*
 * Runs it in a process of its own. False: it ended before its n-th such call;
 * that it ended well is asserted. *calls_r (may be NULL) is how many there
 * were.
 */
bool killed_at(unsigned int n, int (*run)(void *arg), void *arg,
	unsigned int *calls_r);
/* The n after this one: every moment of the last so many, of the others an
 * eighth. */
unsigned int killed_next(unsigned int n, unsigned int calls, unsigned int last);

#endif
