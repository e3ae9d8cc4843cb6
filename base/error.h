/*
 * One way to say what went wrong. A fallible function returns 0 or -1 and
 * fills the caller's struct error; results come back through _r parameters.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

enum error_code {
	ERROR_NONE,
	ERROR_USAGE, /* the call itself is wrong (operator's command line) */
	ERROR_BAD,   /* the input is malformed */
	ERROR_LIMIT, /* the input exceeds a limit */
	ERROR_NOT_FOUND, /* what was named does not exist */
	ERROR_EXISTS,    /* what was to be made exists already */
	ERROR_DENIED,    /* authentic it is not, or not allowed */
	ERROR_TROUBLE    /* our own failure: disk, memory, database */
};

struct error {
	enum error_code code;
	char text[512]; /* one line of printable ASCII, whatever it was made of:
			   what is not becomes \\xNN; no newline */
};

/* Fills e (which may be NULL) and returns -1, so "return error_set(…)" works.
 */
int error_set(struct error *e, enum error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

int error_setv(struct error *e, enum error_code code, const char *fmt,
	va_list args) __attribute__((format(printf, 3, 0)));

/* As error_set with ERROR_TROUBLE and ": strerror(errno)" appended. */
int error_errno(struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* May what failed with that errno work the next time, with nothing changed by
 * hand: memory, descriptors, the disk's room, a disk that comes back? */
bool error_passes(int number);

/* As error_set with ERROR_TROUBLE and "out of memory". */
int error_memory(struct error *e);

/* Puts "prefix: " before the text that e holds; returns -1. */
int error_prefix(struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
