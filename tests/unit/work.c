/*
 * The compiler puts a call to __sanitizer_cov_trace_pc into each block of code
 * (-fsanitize-coverage=trace-pc), and the linker puts our own functions in
 * front of libc's (--wrap), since a strlen in a loop is one block.
 */
#include "tests/unit/work.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t work;

uint64_t
work_done(void)
{
	return work;
}

void __sanitizer_cov_trace_pc(void);
void
__sanitizer_cov_trace_pc(void)
{
	work++;
}

/* FUNCTION(result, name, (parameters), (arguments), octets walked over) */
#define FUNCTION(type, name, parameters, arguments, walked) \
	type __real_##name parameters;                      \
	type __wrap_##name parameters;                      \
	type __wrap_##name parameters                       \
	{                                                   \
		type got = __real_##name arguments;         \
		work += (uint64_t)(walked);                 \
		return got;                                 \
	}

static size_t
up_to(const char *text, const char *found)
{
	return found != NULL ? (size_t)(found - text) : strlen(text);
}

FUNCTION(size_t, strlen, (const char *s), (s), got)
FUNCTION(size_t, strspn, (const char *s, const char *set), (s, set), got)
FUNCTION(size_t, strcspn, (const char *s, const char *set), (s, set), got)
FUNCTION(char *, strchr, (const char *s, int c), (s, c), up_to(s, got))
FUNCTION(char *, strdup, (const char *s), (s), strlen(s))
FUNCTION(char *, strndup, (const char *s, size_t n), (s, n), n)
FUNCTION(int, strcmp, (const char *a, const char *b), (a, b), 1)
FUNCTION(int, memcmp, (const void *a, const void *b, size_t n), (a, b, n), n)
FUNCTION(void *, memcpy, (void *to, const void *from, size_t n), (to, from, n),
	n)
FUNCTION(void *, memmove, (void *to, const void *from, size_t n), (to, from, n),
	n)
FUNCTION(void *, memset, (void *to, int c, size_t n), (to, c, n), n)
FUNCTION(void *, memchr, (const void *s, int c, size_t n), (s, c, n),
	got != NULL ? (size_t)((const char *)got - (const char *)s) : n)
FUNCTION(void *, memmem, (const void *s, size_t n, const void *t, size_t m),
	(s, n, t, m), n)
FUNCTION(int, strncasecmp, (const char *a, const char *b, size_t n), (a, b, n),
	1)

/* Where the next one begins. */
char *__real_strsep(char **text, const char *set);
char *__wrap_strsep(char **text, const char *set);
char *
__wrap_strsep(char **text, const char *set)
{
	char *got = __real_strsep(text, set);

	work += got != NULL ? strlen(got) : 0;
	return got;
}

int __wrap_asprintf(char **out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int
__wrap_asprintf(char **out, const char *format, ...)
{
	va_list args;
	int got;

	va_start(args, format);
	got = vasprintf(out, format, args);
	va_end(args);
	work += got > 0 ? (uint64_t)got : 0;
	return got;
}

int __real_vsnprintf(char *out, size_t size, const char *format, va_list args);
int __wrap_vsnprintf(char *out, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
int
__wrap_vsnprintf(char *out, size_t size, const char *format, va_list args)
{
	int got = __real_vsnprintf(out, size, format, args);

	work += got > 0 ? (uint64_t)got : 0;
	return got;
}
