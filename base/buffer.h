/*
 * Octets that grow up to a limit set at the start. All zero is an empty
 * buffer without limit.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>

struct buffer {
	unsigned char *data; /* NULL while empty; NUL follows the last octet */
	size_t length;
	size_t capacity;
	size_t limit; /* most octets it may hold; 0: no limit */
};

enum buffer_result { BUFFER_OK = 0, BUFFER_FULL = -1, BUFFER_NOMEM = -2 };

/* All or nothing: when it fails the buffer is as before. */
enum buffer_result
buffer_append(struct buffer *b, const void *octets, size_t length);
enum buffer_result buffer_text(struct buffer *b, const char *text);
enum buffer_result buffer_format(struct buffer *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Wipes and frees the octets; leaves an empty buffer with the same limit. */
void buffer_clear(struct buffer *b);

#endif
