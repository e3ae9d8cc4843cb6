/*
 * See symbol.h. libdmtx walks over the page along a grid; where it meets an
 * edge that could be a finder pattern's, it follows it. What it is told of the
 * size keeps it from following everything.
 */
#include "fax/symbol.h"

#include <string.h>

#include <dmtx.h>

enum {
	SCAN_GAP = 8,    /* pixels between the lines of the grid */
	EDGE_MIN = 192,  /* of a symbol's side: 3 dots a module, */
	EDGE_MAX = 560,  /* and 8, turned */
	SQUARE_DEVN = 10 /* degrees from a right angle */
};

/* False: it is no symbol of our size, which libdmtx chose itself. */
static bool
copy_modules(const DmtxImage *image, unsigned char *modules_r)
{
	if (image->width != SYMBOL_MODULES || image->height != SYMBOL_MODULES)
		return false;
	for (int y = 0; y < SYMBOL_MODULES; y++)
		memcpy(modules_r + y * SYMBOL_MODULES,
			image->pxl + y * image->rowSizeBytes, SYMBOL_MODULES);
	return true;
}

int
symbol_draw(const void *octets, size_t length,
	unsigned char modules_r[SYMBOL_MODULES * SYMBOL_MODULES],
	struct error *e)
{
	unsigned char copy[SYMBOL_OCTETS];
	DmtxEncode *encode;
	bool drawn = false;

	if (length == 0 || length > sizeof(copy))
		return error_set(e, ERROR_TROUBLE,
			"a symbol holds 1 to %d octets", SYMBOL_OCTETS);
	encode = dmtxEncodeCreate();
	if (encode == NULL)
		return error_memory(e);
	memcpy(copy, octets, length);
	dmtxEncodeSetProp(encode, DmtxPropScheme, DmtxSchemeBase256);
	dmtxEncodeSetProp(encode, DmtxPropSizeRequest, DmtxSymbol64x64);
	dmtxEncodeSetProp(encode, DmtxPropModuleSize, 1);
	dmtxEncodeSetProp(encode, DmtxPropMarginSize, 0);
	dmtxEncodeSetProp(encode, DmtxPropPixelPacking, DmtxPack8bppK);
	if (dmtxEncodeDataMatrix(encode, (int)length, copy) == DmtxPass)
		drawn = copy_modules(encode->image, modules_r);
	dmtxEncodeDestroy(&encode);
	return drawn ? 0 : error_set(e, ERROR_TROUBLE, "no symbol was drawn");
}

static int
tell(DmtxDecode *decode, DmtxRegion *region,
	int (*each)(const void *octets, size_t length, void *arg), void *arg)
{
	DmtxMessage *m = dmtxDecodeMatrixRegion(decode, region, DmtxUndefined);
	int rc = 0;

	if (m == NULL)
		return 0;
	if (m->outputIdx > 0)
		rc = each(m->output, (size_t)m->outputIdx, arg);
	dmtxMessageDestroy(&m);
	return rc;
}

static int
scan(DmtxDecode *decode, int64_t milliseconds,
	int (*each)(const void *octets, size_t length, void *arg), void *arg)
{
	DmtxTime end = dmtxTimeAdd(dmtxTimeNow(), (long)milliseconds);
	DmtxRegion *region;
	int rc = 0;

	while (rc == 0 && !dmtxTimeExceeded(end) &&
		(region = dmtxRegionFindNext(decode, &end)) != NULL) {
		rc = tell(decode, region, each, arg);
		dmtxRegionDestroy(&region);
	}
	return rc;
}

int
symbols_find(const struct page *page, int64_t milliseconds,
	int (*each)(const void *octets, size_t length, void *arg), void *arg,
	struct error *e)
{
	/* it reads them only */
	DmtxImage *image = dmtxImageCreate(page->pixels, (int)page->width,
		(int)page->height, DmtxPack8bppK);
	DmtxDecode *decode = image != NULL ? dmtxDecodeCreate(image, 1) : NULL;
	int rc = -1;

	if (decode != NULL) {
		dmtxDecodeSetProp(decode, DmtxPropSymbolSize, DmtxSymbol64x64);
		dmtxDecodeSetProp(decode, DmtxPropScanGap, SCAN_GAP);
		dmtxDecodeSetProp(decode, DmtxPropEdgeMin, EDGE_MIN);
		dmtxDecodeSetProp(decode, DmtxPropEdgeMax, EDGE_MAX);
		dmtxDecodeSetProp(decode, DmtxPropSquareDevn, SQUARE_DEVN);
		rc = scan(decode, milliseconds, each, arg);
		dmtxDecodeDestroy(&decode);
	} else {
		error_memory(e);
	}
	if (image != NULL)
		dmtxImageDestroy(&image);
	return rc;
}
