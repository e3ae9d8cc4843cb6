/*
 * A TIFF in memory, for the two sides of fax/tiff.h.
 */
#ifndef FAX_TIFF_MEMORY_H
#define FAX_TIFF_MEMORY_H

#include <tiffio.h>

#include "base/buffer.h"
#include "base/error.h"

struct tiff_memory {
	const unsigned char *octets; /* what is read */
	size_t length;
	struct buffer *out; /* what is written, or NULL */
	size_t at;
	struct error error; /* the first that libtiff has told */
};

/* mode: "r" or "w", and what else libtiff takes; NULL: m->error says why. */
TIFF *tiff_memory_open(struct tiff_memory *m, const char *mode);

#endif
