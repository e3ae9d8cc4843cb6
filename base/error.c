/*
 * Errors are values that the caller owns, so that no thread sees another's.
 * What is in a text comes from anywhere, a stranger's file name say, and goes
 * to logs and terminals: so it is made printable here, once for all.
 */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Whatever is not printable ASCII becomes \\xNN; cuts. */
static void
make_printable(char *text, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	char out[sizeof(((struct error *)0)->text)];
	size_t used = 0;

	for (const char *at = text; *at != '\0' && used + 5 < size; at++) {
		unsigned char c = (unsigned char)*at;

		if (c >= 0x20 && c < 0x7f) {
			out[used++] = *at;
			continue;
		}
		memcpy(out + used, "\\x", 2);
		out[used + 2] = hex[c >> 4];
		out[used + 3] = hex[c & 15];
		used += 4;
	}
	out[used] = '\0';
	memcpy(text, out, used + 1);
}

int
error_setv(struct error *e, enum error_code code, const char *fmt, va_list args)
{
	if (e == NULL)
		return -1;
	e->code = code;
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	make_printable(e->text, sizeof(e->text));
	return -1;
}

int
error_set(struct error *e, enum error_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	error_setv(e, code, fmt, args);
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
	error_setv(e, ERROR_TROUBLE, fmt, args);
	va_end(args);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s",
		strerror(saved));
	make_printable(e->text, sizeof(e->text));
	errno = saved;
	return -1;
}

bool
error_passes(int number)
{
	static const int passing[] = { EAGAIN, EBUSY, EDQUOT, EINTR, EIO,
		EMFILE, ENFILE, ENODEV, ENOMEM, ENOSPC, ENOTCONN, ENXIO, ESTALE,
		ETIMEDOUT };

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (passing[i] == number)
			return true;
	return false;
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
	error_setv(e, was.code, fmt, args);
	va_end(args);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s", was.text);
	return -1;
}
