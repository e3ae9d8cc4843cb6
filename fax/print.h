/*
 * Messages onto pages: their parts (fax/part.h) as symbols (fax/symbol.h), one
 * after the other, in a TIFF.
 */
#ifndef FAX_PRINT_H
#define FAX_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "fax/tiff.h"

struct print_form {
	struct tiff_form tiff;
	unsigned int dots; /* of a module of a symbol; 0: PAGE_DOTS */
};

/* The TIFF goes into out, which is empty. */
struct print;
int print_begin(const struct print_form *form, struct buffer *out,
	struct print **print_r, struct error *e);
/* ERROR_LIMIT: it is too long, or the pages become too many; and then nothing
 * more is to be printed. */
int print_add(struct print *p, const struct buffer *message, struct error *e);
/* Is there room for one that is so long? */
bool print_fits(const struct print *p, size_t length);
/* In any case; *pages_r: how many there are. Without it nothing of the TIFF is
 * good for anything. */
int print_end(struct print **print, unsigned int *pages_r, struct error *e);

#endif
