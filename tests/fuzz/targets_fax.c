/*
 * What comes by fax: a file of pages, and what symbols on them hold.
 */
#include <stdlib.h>
#include <string.h>

#include "fax/part.h"
#include "fax/symbol.h"
#include "fax/tiff.h"
#include "tests/fuzz/targets.h"

enum {
	PIXELS_MAX = 1 << 20, /* larger pages take long and are no other */
	PAGES_MAX = 2,
	MILLISECONDS = 100
};

struct looking {
	struct assembly *assembly;
	unsigned int pages;
};

static void
must(int condition)
{
	if (!condition)
		abort();
}

static int
take(const void *octets, size_t length, void *arg)
{
	struct looking *l = arg;

	(void)assembly_take(l->assembly, octets, length, NULL);
	return 0;
}

static int
look_at(const struct page *page, void *arg, struct error *e)
{
	struct looking *l = arg;
	struct page clean;

	must(page->width >= 1 && page->width <= TIFF_WIDTH_MAX);
	must((size_t)page->width * page->height <= TIFF_PIXELS_MAX);
	if ((size_t)page->width * page->height > PIXELS_MAX ||
		++l->pages > PAGES_MAX)
		return 0;
	if (page_open(page->width, page->height, &clean, e) == -1)
		return -1;
	page_clean(page, &clean);
	(void)symbols_find(&clean, MILLISECONDS, take, l, e);
	page_close(&clean);
	return 0;
}

static void
take_parts(struct assembly *a, const uint8_t *data, size_t size)
{
	size_t length;

	for (; size >= 2; data += length, size -= length) {
		length = (size_t)data[0] << 8 | data[1];
		data += 2;
		size -= 2;
		length = length < size ? length : size;
		(void)assembly_take(a, data, length, NULL);
	}
}

static void
put_together(const struct assembly *a)
{
	struct error e = { 0 };

	must(assembly_count(a) <= ASSEMBLY_MESSAGES_MAX);
	for (size_t i = 0; i < assembly_count(a); i++) {
		struct buffer b = { 0 };

		must(assembly_message(a, i, &b, &e) != -1);
		must(b.length <= PARTS_MESSAGE_MAX);
		buffer_clear(&b);
	}
}

void
target_page(const uint8_t *data, size_t size)
{
	struct looking l = { 0 };
	struct tiff_look look = { .each = look_at, .arg = &l };
	struct error e = { 0 };

	must(assembly_open(&l.assembly, &e) == 0);
	if (size >= 3 && memcmp(data, "CSF", 3) == 0)
		take_parts(l.assembly, data + 3, size - 3);
	else
		(void)tiff_read(data, size, &look, &e);
	must(look.pages + look.passed <= TIFF_PAGES_MAX);
	put_together(l.assembly);
	assembly_close(&l.assembly);
}
