/*
 * What is done with a file of pages: each is looked at without its specks, and,
 * unless all that there seems to be was found, all of them once more as they
 * are.
 */
#include <stdbool.h>

#include "fax/reader.h"
#include "fax/symbol.h"
#include "fax/tiff.h"

struct looking {
	const struct reader_sink *sink;
	struct assembly *found; /* to know what is still missing */
	bool clean;
};

static int
take(const void *octets, size_t length, void *arg)
{
	struct looking *l = arg;

	/* what is none of ours is told too, and counted elsewhere */
	(void)assembly_take(l->found, octets, length, NULL);
	return l->sink->symbol(octets, length, l->sink->arg);
}

static int
look_at(const struct page *page, void *arg, struct error *e)
{
	struct looking *l = arg;
	struct page clean;
	int rc;

	if (!l->clean)
		return symbols_find(
			page, READER_PAGE_SECONDS * 1000, take, l, e);
	if (page_open(page->width, page->height, &clean, e) == -1)
		return -1;
	page_clean(page, &clean);
	rc = symbols_find(&clean, READER_PAGE_SECONDS * 1000, take, l, e);
	page_close(&clean);
	return rc;
}

int
reader_look(const void *octets, size_t length, const struct reader_sink *sink,
	struct tiff_look *look_r, struct error *e)
{
	struct looking l = { .sink = sink, .clean = true };
	int rc;

	*look_r = (struct tiff_look){ .each = look_at, .arg = &l };
	if (assembly_open(&l.found, e) == -1)
		return -1;
	rc = tiff_read(octets, length, look_r, e);
	l.clean = false;
	if (rc == 0 &&
		(assembly_count(l.found) == 0 || assembly_missing(l.found) > 0))
		rc = tiff_read(octets, length, look_r, e);
	assembly_close(&l.found);
	return rc;
}
