/*
 * TIFF class F from anybody. What a directory claims is held against the limits
 * before libtiff is asked for anything that it describes; and no codec is asked
 * but those of fax machines.
 */
#include "fax/tiff.h"

#include <string.h>

#include "base/text.h"
#include "fax/tiff_memory.h"

/* A page as its directory has it. */
struct claimed {
	uint32_t width, lines;
	unsigned int times; /* that a line stands on the page, or */
	unsigned int every; /* of so many lines one does */
	bool black_is_zero;
};

static bool
is_of_fax(TIFF *t)
{
	uint16_t bits, samples, compression, planar;

	TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &bits);
	TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &samples);
	TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &planar);
	if (!TIFFGetField(t, TIFFTAG_COMPRESSION, &compression))
		return false;
	return bits == 1 && samples == 1 && planar == PLANARCONFIG_CONTIG &&
		(compression == COMPRESSION_CCITTFAX3 ||
			compression == COMPRESSION_CCITTFAX4) &&
		!TIFFIsTiled(t);
}

/* How far apart lines are, against dots. What says nothing that makes sense is
 * taken to be as fine as most faxes. */
static void
read_resolution(TIFF *t, struct claimed *c)
{
	float across = 0, down = 0;

	c->times = c->every = 1;
	if (!TIFFGetField(t, TIFFTAG_XRESOLUTION, &across) ||
		!TIFFGetField(t, TIFFTAG_YRESOLUTION, &down) || !(across > 0) ||
		!(down > 0))
		return;
	if (across / down > 1.5F)
		c->times = 2;
	else if (down / across > 1.5F)
		c->every = 2;
}

static bool
read_claimed(TIFF *t, struct claimed *c)
{
	uint16_t photometric = PHOTOMETRIC_MINISWHITE;

	if (!is_of_fax(t) || !TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &c->width) ||
		!TIFFGetField(t, TIFFTAG_IMAGELENGTH, &c->lines))
		return false;
	if (c->width == 0 || c->width > TIFF_WIDTH_MAX || c->lines == 0 ||
		c->lines > TIFF_LINES_MAX)
		return false;
	read_resolution(t, c);
	(void)TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &photometric);
	c->black_is_zero = photometric == PHOTOMETRIC_MINISBLACK;
	return (size_t)c->width * c->lines * c->times <= TIFF_PIXELS_MAX &&
		TIFFScanlineSize(t) == (tmsize_t)((c->width + 7) / 8);
}

static void
unpack(const unsigned char *row, const struct claimed *c, unsigned char *pixels)
{
	for (uint32_t x = 0; x < c->width; x++) {
		const bool set = (row[x / 8] & 0x80 >> x % 8) != 0;

		pixels[x] = set == c->black_is_zero ? 255 : 0;
	}
}

/* What cannot be read of it stays white: symbols above it are good. */
static void
read_lines(TIFF *t, const struct claimed *c, struct page *page)
{
	unsigned char row[(TIFF_WIDTH_MAX + 7) / 8];
	unsigned char *to = page->pixels;

	for (uint32_t y = 0; y < c->lines; y++) {
		if (TIFFReadScanline(t, row, y, 0) != 1)
			return;
		if (y % c->every != 0)
			continue;
		unpack(row, c, to);
		to += c->width;
		if (c->times == 2) {
			memcpy(to, to - c->width, c->width);
			to += c->width;
		}
	}
}

static int
read_page(TIFF *t, struct tiff_look *look, struct error *e)
{
	struct claimed c;
	struct page page;
	int rc;

	if (!read_claimed(t, &c)) {
		look->passed++;
		return 0;
	}
	if (page_open(c.width, (c.lines + c.every - 1) / c.every * c.times,
		    &page, e) == -1)
		return -1;
	read_lines(t, &c, &page);
	look->pages++;
	rc = look->each(&page, look->arg, e);
	page_close(&page);
	return rc;
}

/* HylaFAX notes the machine's name for itself, and below it who called. */
static void
read_sender(TIFF *t, struct tiff_look *look)
{
	char line[4 * TELEPHONE_SIZE];
	char *text = NULL;
	size_t length;

	if (!TIFFGetField(t, TIFFTAG_IMAGEDESCRIPTION, &text) || text == NULL)
		return;
	length = strcspn(text, "\n");
	if (text_format(line, sizeof(line), "%.*s", (int)(length & 0xff), text))
		(void)telephone_read(line, look->station);
	if (text[length] == '\0')
		return;
	text += length + 1;
	length = strcspn(text, "\n");
	if (text_format(line, sizeof(line), "%.*s", (int)(length & 0xff), text))
		(void)telephone_read(line, look->caller);
}

int
tiff_read(const void *octets, size_t length, struct tiff_look *look,
	struct error *e)
{
	struct tiff_memory memory = { .octets = octets, .length = length };
	unsigned int seen = 0;
	TIFF *t;
	int rc = 0;

	look->pages = look->passed = 0;
	look->station[0] = look->caller[0] = '\0';
	if (length > TIFF_OCTETS_MAX)
		return error_set(
			e, ERROR_LIMIT, "more than %d octets", TIFF_OCTETS_MAX);
	t = tiff_memory_open(&memory, "rm");
	if (t == NULL) {
		*e = memory.error;
		return -1;
	}
	read_sender(t, look);
	do
		rc = read_page(t, look, e);
	while (rc == 0 && ++seen < TIFF_PAGES_MAX && TIFFReadDirectory(t) == 1);
	TIFFClose(t);
	return rc;
}
