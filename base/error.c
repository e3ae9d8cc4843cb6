/*
 * Errors are values that the caller owns, so that no thread sees another's.
 */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((format(printf, 3, 0))) error_format(
	struct error *e, enum error_code code, const char *fmt, va_list args)
{
	if (e == NULL)
		return;
	e->code = code;
	vsnprintf(e->text, sizeof(e->text), fmt, args);
}

int
error_set(struct error *e, enum error_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	error_format(e, code, fmt, args);
	va_end(args);
	return -1;
}

int
error_errno(struct error *e, const char *fmt, ...)
{
	int saved = errno;
	size_t used;
	va_list args;

	if (e == NULL)
		return -1;
	va_start(args, fmt);
	error_format(e, ERROR_TROUBLE, fmt, args);
	va_end(args);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s",
		strerror(saved));
	errno = saved;
	return -1;
}

int
error_memory(struct error *e)
{
	return error_set(e, ERROR_TROUBLE, "out of memory");
}

int
error_prefix(struct error *e, const char *fmt, ...)
{
	struct error was;
	size_t used;
	va_list args;

	if (e == NULL)
		return -1;
	was = *e;
	va_start(args, fmt);
	error_format(e, was.code, fmt, args);
	va_end(args);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s", was.text);
	return -1;
}
