/*
 * Work, counted: blocks of code that ran, and octets that functions of libc
 * walked over. The same on every machine, however busy it is.
 */
#ifndef TESTS_UNIT_WORK_H
#define TESTS_UNIT_WORK_H

#include <stdint.h>

/* Of what was compiled for it (see Makefile.am), since the process began. */
uint64_t work_done(void);

#endif
