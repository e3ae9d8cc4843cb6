/*
 * See tiff_memory.h. Nothing is mapped, since libtiff would read beyond what is
 * there; and no piece of memory is larger than what a page of ours needs, be
 * its header as it may.
 */
#include "fax/tiff_memory.h"

#include <string.h>

#include "fax/tiff.h"

enum { MEMORY_MAX = TIFF_OCTETS_MAX };

static tmsize_t
take(thandle_t handle, void *out, tmsize_t size)
{
	struct tiff_memory *m = handle;
	const size_t left = m->at < m->length ? m->length - m->at : 0;
	const size_t count = (size_t)size < left ? (size_t)size : left;

	if (size <= 0 || count == 0)
		return 0;
	memcpy(out, m->octets + m->at, count);
	m->at += count;
	return (tmsize_t)count;
}

/* What lies behind the end is filled up. */
static tmsize_t
put(thandle_t handle, void *from, tmsize_t size)
{
	static const unsigned char nothing[64];
	struct tiff_memory *m = handle;
	struct buffer *out = m->out;
	size_t inside;

	if (out == NULL || size <= 0 || m->at > TIFF_OCTETS_MAX)
		return -1;
	while (out->length < m->at) {
		const size_t gap = m->at - out->length;

		if (buffer_append(out, nothing,
			    gap < sizeof(nothing) ? gap : sizeof(nothing)) !=
			BUFFER_OK)
			return -1;
	}
	inside = out->length - m->at;
	inside = inside < (size_t)size ? inside : (size_t)size;
	if (inside > 0)
		memcpy(out->data + m->at, from, inside);
	if (buffer_append(out, (unsigned char *)from + inside,
		    (size_t)size - inside) != BUFFER_OK)
		return -1;
	m->at += (size_t)size;
	m->octets = out->data;
	m->length = out->length;
	return size;
}

static toff_t
seek(thandle_t handle, toff_t offset, int whence)
{
	struct tiff_memory *m = handle;
	const toff_t from = whence == SEEK_CUR ? m->at
		: whence == SEEK_END           ? m->length
					       : 0;

	if (offset > TIFF_OCTETS_MAX || from + offset > TIFF_OCTETS_MAX)
		return (toff_t)-1;
	m->at = (size_t)(from + offset);
	return m->at;
}

static int
let_go(thandle_t handle)
{
	(void)handle;
	return 0;
}

static toff_t
size_of(thandle_t handle)
{
	const struct tiff_memory *m = handle;

	return m->length;
}

static int note(TIFF *tiff, void *arg, const char *module, const char *fmt,
	va_list args) __attribute__((format(printf, 4, 0)));

static int
note(TIFF *tiff, void *arg, const char *module, const char *fmt, va_list args)
{
	struct tiff_memory *m = arg;

	(void)tiff;
	(void)module;
	if (m->error.code == ERROR_NONE)
		error_setv(&m->error, ERROR_BAD, fmt, args);
	return 1;
}

static int
pass(TIFF *tiff, void *arg, const char *module, const char *fmt, va_list args)
{
	(void)tiff;
	(void)arg;
	(void)module;
	(void)fmt;
	(void)args;
	return 1;
}

TIFF *
tiff_memory_open(struct tiff_memory *m, const char *mode)
{
	TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
	TIFF *tiff = NULL;

	m->error = (struct error){ ERROR_NONE, "" };
	if (options != NULL) {
		TIFFOpenOptionsSetMaxSingleMemAlloc(options, MEMORY_MAX);
		TIFFOpenOptionsSetErrorHandlerExtR(options, note, m);
		TIFFOpenOptionsSetWarningHandlerExtR(options, pass, NULL);
		tiff = TIFFClientOpenExt("fax", mode, m, take, put, seek,
			let_go, size_of, NULL, NULL, options);
		TIFFOpenOptionsFree(options);
	}
	if (tiff == NULL && m->error.code == ERROR_NONE)
		error_memory(&m->error);
	return tiff;
}
