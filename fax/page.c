/*
 * See page.h. Symbols have room between them and to the edges of the page, so
 * that one that is drawn in crookedly is still whole, and apart from others.
 */
#include "fax/page.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fax/symbol.h"

enum {
	WHITE = 255,
	BETWEEN = 10, /* modules: over a tenth of a symbol, libdmtx runs on */
	EDGE = 48     /* dots */
};

int
page_open(unsigned int width, unsigned int height, struct page *page_r,
	struct error *e)
{
	const size_t size = (size_t)width * height;

	*page_r = (struct page){ width, height, malloc(size) };
	if (page_r->pixels == NULL)
		return error_memory(e);
	page_clear(page_r);
	return 0;
}

void
page_clear(struct page *page)
{
	memset(page->pixels, WHITE, (size_t)page->width * page->height);
}

void
page_close(struct page *page)
{
	free(page->pixels);
	*page = (struct page){ 0, 0, NULL };
}

/* Dots from the begin of a symbol to that of the next one. */
static unsigned int
step(unsigned int dots)
{
	return (SYMBOL_MODULES + BETWEEN) * dots;
}

/* On a line of so many dots. */
static unsigned int
fitting(unsigned int room, unsigned int dots)
{
	return (room - 2 * EDGE + BETWEEN * dots) / step(dots);
}

unsigned int
page_places(unsigned int dots)
{
	return fitting(PAGE_WIDTH, dots) * fitting(PAGE_HEIGHT, dots);
}

unsigned int
page_lines(unsigned int symbols, unsigned int dots)
{
	const unsigned int columns = fitting(PAGE_WIDTH, dots);

	return 2 * EDGE + (symbols + columns - 1) / columns * step(dots) -
		BETWEEN * dots;
}

void
page_put(struct page *page, unsigned int place, unsigned int dots,
	const unsigned char *modules)
{
	const unsigned int columns = fitting(PAGE_WIDTH, dots);
	const unsigned int used = columns * step(dots) - BETWEEN * dots;
	const unsigned int left =
		(PAGE_WIDTH - used) / 2 + place % columns * step(dots);
	const unsigned int top = EDGE + place / columns * step(dots);

	for (unsigned int y = 0; y < SYMBOL_MODULES * dots; y++) {
		const unsigned char *from =
			modules + (size_t)(y / dots) * SYMBOL_MODULES;
		unsigned char *to =
			page->pixels + (size_t)(top + y) * page->width + left;

		for (unsigned int x = 0; x < SYMBOL_MODULES * dots; x++)
			to[x] = from[x / dots];
	}
}

static bool
mostly_white(const unsigned char *middle, unsigned int width)
{
	const unsigned char *above = middle - width, *below = middle + width;
	unsigned int sum = 0;

	for (int i = -1; i <= 1; i++)
		sum += (unsigned int)(above[i] + middle[i] + below[i]);
	return sum > 4 * WHITE;
}

void
page_clean(const struct page *page, struct page *clean)
{
	const unsigned int width = page->width;

	memcpy(clean->pixels, page->pixels, (size_t)width * page->height);
	for (unsigned int y = 1; y + 1 < page->height; y++) {
		const size_t row = (size_t)y * width;

		for (unsigned int x = 1; x + 1 < width; x++)
			clean->pixels[row + x] =
				mostly_white(page->pixels + row + x, width)
				? WHITE
				: 0;
	}
}
