/*
 * Fields of a mail's header that the parser has no use for.
 */
#ifndef DEVICE_HEADER_H
#define DEVICE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * Copies the value of the first field of this name, unfolded. False: there is
 * none, it does not fit, or it has other characters than printable ASCII.
 */
bool header_value(
	const struct buffer *mail, const char *name, char *out, size_t size);

/* The address in the first field of this name; one that needs no quoting. */
bool header_address(
	const struct buffer *mail, const char *name, char *out, size_t size);

/* Could text stand as an address in a field as it is? */
bool header_is_address(const char *text);

/*
 * Appends the fields whose names begin with prefix, as they are, each line
 * ended by CRLF. ERROR_TROUBLE (memory).
 */
int header_copy(const struct buffer *mail, const char *prefix,
	struct buffer *out, struct error *e);

/* Where the body begins: behind the first empty line, or at the end. */
size_t header_end(const struct buffer *mail);

#endif
