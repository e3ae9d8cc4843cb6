/*
 * See print.h.
 */
#include "fax/print.h"

#include <stdlib.h>

#include "fax/part.h"
#include "fax/symbol.h"

struct print {
	unsigned int dots;
	struct tiff_writer *writer;
	struct page page;
	unsigned int used, pages;
};

int
print_begin(const struct print_form *form, struct buffer *out,
	struct print **print_r, struct error *e)
{
	struct print *p = calloc(1, sizeof(*p));

	*print_r = p;
	if (p == NULL)
		return error_memory(e);
	p->dots = form->dots != 0 ? form->dots : PAGE_DOTS;
	if (page_open(PAGE_WIDTH, PAGE_HEIGHT, &p->page, e) == 0 &&
		tiff_write_begin(&form->tiff, out, &p->writer, e) == 0)
		return 0;
	page_close(&p->page);
	free(p);
	*print_r = NULL;
	return -1;
}

/* What is below the last symbol need not be sent. */
static int
end_page(struct print *p, struct error *e)
{
	if (p->used == 0)
		return 0;
	if (tiff_write_page(
		    p->writer, &p->page, page_lines(p->used, p->dots), e) == -1)
		return -1;
	page_clear(&p->page);
	p->used = 0;
	p->pages++;
	return 0;
}

static int
put(const void *octets, size_t length, void *arg, struct error *e)
{
	unsigned char modules[SYMBOL_MODULES * SYMBOL_MODULES];
	struct print *p = arg;

	if (symbol_draw(octets, length, modules, e) == -1 ||
		(p->used == page_places(p->dots) && end_page(p, e) == -1))
		return -1;
	page_put(&p->page, p->used++, p->dots, modules);
	return 0;
}

int
print_add(struct print *p, const struct buffer *message, struct error *e)
{
	return parts_make(message, put, p, e);
}

bool
print_fits(const struct print *p, size_t length)
{
	const unsigned int places = page_places(p->dots);
	const size_t pages = TIFF_PAGES_MAX - p->pages;

	return length <= PARTS_MESSAGE_MAX &&
		(length + PART_CONTENT - 1) / PART_CONTENT <=
		pages * places - p->used;
}

int
print_end(struct print **print, unsigned int *pages_r, struct error *e)
{
	struct print *p = *print;
	int rc = 0;

	*print = NULL;
	if (p == NULL)
		return 0;
	if (pages_r != NULL) {
		rc = end_page(p, e);
		*pages_r = p->pages;
	}
	if (tiff_write_end(&p->writer, rc == 0 ? e : NULL) == -1)
		rc = -1;
	page_close(&p->page);
	free(p);
	return rc;
}
