/*
 * Pages as TIFF class F (RFC 2306), by libtiff: one bit a pixel, Group 3 or
 * Group 4, 204 dots an inch.
 */
#ifndef FAX_TIFF_H
#define FAX_TIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/telephone.h"
#include "fax/page.h"

enum { TIFF_PAGES_MAX = 32 };

struct tiff_form {
	bool group4; /* else Group 3, one-dimensional */
	bool coarse; /* 98 lines an inch, else 196 */
};

/* out is empty. */
struct tiff_writer;
int tiff_write_begin(const struct tiff_form *form, struct buffer *out,
	struct tiff_writer **writer_r, struct error *e);
/* Its first lines, so many. ERROR_LIMIT: one too many. */
int tiff_write_page(struct tiff_writer *w, const struct page *page,
	unsigned int lines, struct error *e);
/* In any case. */
int tiff_write_end(struct tiff_writer **writer, struct error *e);

/* What is taken of a file that came. */
enum {
	TIFF_OCTETS_MAX = 16 << 20,
	TIFF_WIDTH_MAX = 4864, /* A3 at 408 dots an inch */
	TIFF_LINES_MAX = 14000,
	TIFF_PIXELS_MAX = 32 << 20 /* of a page */
};

struct tiff_look {
	/* Each page, with its lines as far apart as its dots, or nearly; not 0
	 * ends it. */
	int (*each)(const struct page *page, void *arg, struct error *e);
	void *arg;
	/* What the file says of who sent it, as HylaFAX notes it: the first
	 * line of its description, and the second; "": no number. */
	char station[TELEPHONE_SIZE], caller[TELEPHONE_SIZE];
	unsigned int pages;  /* that were looked at */
	unsigned int passed; /* and those that are none of a fax */
};

/* ERROR_BAD: it is no TIFF; ERROR_LIMIT: it is too long; ERROR_TROUBLE; else
 * what each returned last. */
int tiff_read(const void *octets, size_t length, struct tiff_look *look,
	struct error *e);

#endif
