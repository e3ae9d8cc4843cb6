/*
 * A page of a fax: pixels, and symbols put on it side by side. As large as what
 * every machine takes: 1728 dots on a line, 204 of them an inch; lines as far
 * apart as dots, or nearly (196 an inch), until a file is made of it.
 */
#ifndef FAX_PAGE_H
#define FAX_PAGE_H

#include <stddef.h>

#include "base/error.h"

enum {
	PAGE_WIDTH = 1728,
	PAGE_HEIGHT = 2200, /* A4, with something to spare */
	PAGE_DOTS_MIN = 4,  /* a module of a symbol is so many dots wide */
	PAGE_DOTS_MAX = 6,
	PAGE_DOTS = 5 /* unless somebody says otherwise */
};

struct page {
	unsigned int width, height;
	unsigned char *pixels; /* a row after the other; 0 black, 255 white */
};

/* All white. */
int page_open(unsigned int width, unsigned int height, struct page *page_r,
	struct error *e);
void page_close(struct page *page);
/* White again. */
void page_clear(struct page *page);

/* How many symbols fit on one of PAGE_WIDTH and PAGE_HEIGHT. */
unsigned int page_places(unsigned int dots);
/* Down to the end of the last of so many symbols, and room. */
unsigned int page_lines(unsigned int symbols, unsigned int dots);
/* Draws modules (fax/symbol.h) at a place from 0. */
void page_put(struct page *page, unsigned int place, unsigned int dots,
	const unsigned char *modules);

/* Each pixel as most of the nine around it are; takes specks away. clean has
 * the same size. */
void page_clean(const struct page *page, struct page *clean);

#endif
