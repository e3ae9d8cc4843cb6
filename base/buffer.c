/*
 * A growing buffer whose bound is set before the first octet comes in.
 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

static enum buffer_result
reserve(struct buffer *b, size_t more)
{
	size_t need, capacity;
	unsigned char *data;

	if (more > (size_t)-1 / 4 - b->length)
		return BUFFER_FULL;
	need = b->length + more;
	if (b->limit != 0 && need > b->limit)
		return BUFFER_FULL;
	if (need + 1 <= b->capacity)
		return BUFFER_OK;
	capacity = b->capacity == 0 ? 256 : b->capacity;
	while (capacity < need + 1)
		capacity *= 2;
	/* realloc would leave a copy behind that nobody wipes */
	data = malloc(capacity);
	if (data == NULL)
		return BUFFER_NOMEM;
	if (b->length != 0)
		memcpy(data, b->data, b->length);
	wipe_free(b->data);
	b->data = data;
	b->capacity = capacity;
	return BUFFER_OK;
}

enum buffer_result
buffer_append(struct buffer *b, const void *octets, size_t length)
{
	enum buffer_result result = reserve(b, length);

	if (result != BUFFER_OK)
		return result;
	if (length != 0)
		memcpy(b->data + b->length, octets, length);
	b->length += length;
	b->data[b->length] = '\0';
	return BUFFER_OK;
}

enum buffer_result
buffer_text(struct buffer *b, const char *text)
{
	return buffer_append(b, text, strlen(text));
}

enum buffer_result
buffer_format(struct buffer *b, const char *fmt, ...)
{
	va_list args;
	int length;
	enum buffer_result result;

	va_start(args, fmt);
	length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (length < 0)
		return BUFFER_NOMEM;
	result = reserve(b, (size_t)length);
	if (result != BUFFER_OK)
		return result;
	va_start(args, fmt);
	vsnprintf((char *)b->data + b->length, (size_t)length + 1, fmt, args);
	va_end(args);
	b->length += (size_t)length;
	return BUFFER_OK;
}

void
buffer_clear(struct buffer *b)
{
	wipe_free(b->data);
	b->data = NULL;
	b->length = b->capacity = 0;
}
