/*
 * TIFF class F, written: each page a strip.
 */
#include "fax/tiff.h"

#include <stdlib.h>
#include <string.h>

#include "fax/tiff_memory.h"

enum { ROW_OCTETS = (PAGE_WIDTH + 7) / 8 };

struct tiff_writer {
	struct tiff_form form;
	struct tiff_memory memory;
	TIFF *tiff;
	uint16_t pages;
};

int
tiff_write_begin(const struct tiff_form *form, struct buffer *out,
	struct tiff_writer **writer_r, struct error *e)
{
	struct tiff_writer *w = calloc(1, sizeof(*w));

	*writer_r = w;
	if (w == NULL)
		return error_memory(e);
	w->form = *form;
	w->memory.out = out;
	w->tiff = tiff_memory_open(&w->memory, "wl");
	if (w->tiff != NULL)
		return 0;
	*e = w->memory.error;
	free(w);
	*writer_r = NULL;
	return -1;
}

static void
describe(struct tiff_writer *w, unsigned int lines)
{
	TIFF *t = w->tiff;

	TIFFSetField(t, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
	TIFFSetField(t, TIFFTAG_IMAGEWIDTH, PAGE_WIDTH);
	TIFFSetField(t, TIFFTAG_IMAGELENGTH, lines);
	TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
	TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
	TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
	TIFFSetField(t, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
	TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
	TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, lines);
	TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
	TIFFSetField(t, TIFFTAG_XRESOLUTION, 204.0);
	TIFFSetField(t, TIFFTAG_YRESOLUTION, w->form.coarse ? 98.0 : 196.0);
	TIFFSetField(t, TIFFTAG_PAGENUMBER, w->pages, 0);
	if (w->form.group4) {
		TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
		return;
	}
	TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX3);
	TIFFSetField(t, TIFFTAG_GROUP3OPTIONS, GROUP3OPT_FILLBITS);
	TIFFSetField(t, TIFFTAG_FAXMODE, FAXMODE_CLASSF);
}

static void
pack(const unsigned char *pixels, unsigned char row[ROW_OCTETS])
{
	memset(row, 0, ROW_OCTETS);
	for (unsigned int x = 0; x < PAGE_WIDTH; x++)
		if (pixels[x] == 0)
			row[x / 8] |= (unsigned char)(0x80 >> x % 8);
}

int
tiff_write_page(struct tiff_writer *w, const struct page *page,
	unsigned int lines, struct error *e)
{
	const unsigned int every = w->form.coarse ? 2 : 1;
	unsigned char row[ROW_OCTETS];

	if (w->pages == TIFF_PAGES_MAX)
		return error_set(
			e, ERROR_LIMIT, "more than %d pages", TIFF_PAGES_MAX);
	describe(w, lines / every);
	for (unsigned int y = 0; y < lines / every; y++) {
		pack(page->pixels + (size_t)y * every * page->width, row);
		if (TIFFWriteScanline(w->tiff, row, y, 0) != 1)
			return error_set(e, ERROR_TROUBLE, "%.400s",
				w->memory.error.text);
	}
	if (TIFFWriteDirectory(w->tiff) != 1)
		return error_set(
			e, ERROR_TROUBLE, "%.400s", w->memory.error.text);
	w->pages++;
	return 0;
}

int
tiff_write_end(struct tiff_writer **writer, struct error *e)
{
	struct tiff_writer *w = *writer;
	int rc = 0;

	*writer = NULL;
	if (w == NULL)
		return 0;
	TIFFClose(w->tiff);
	if (w->memory.error.code != ERROR_NONE)
		rc = error_set(
			e, ERROR_TROUBLE, "%.400s", w->memory.error.text);
	free(w);
	return rc;
}
