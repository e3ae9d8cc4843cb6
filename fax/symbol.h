/*
 * Data Matrix symbols (ISO/IEC 16022, ECC 200) of 64 by 64 modules, by libdmtx.
 */
#ifndef FAX_SYMBOL_H
#define FAX_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "fax/page.h"

enum {
	SYMBOL_MODULES = 64, /* on a side, with the finder pattern */
	SYMBOL_OCTETS = 277  /* that one has room for */
};

/* Rows of modules, 0 for black. ERROR_TROUBLE. */
int symbol_draw(const void *octets, size_t length,
	unsigned char modules_r[SYMBOL_MODULES * SYMBOL_MODULES],
	struct error *e);

/*
 * Looks for them on a page, and calls each with what one holds, until there are
 * no more, until each does not return 0, or until milliseconds have passed.
 * Whatever is on the page: what takes longest is not to find one. Returns what
 * each did last, else 0; -1: ERROR_TROUBLE.
 */
int symbols_find(const struct page *page, int64_t milliseconds,
	int (*each)(const void *octets, size_t length, void *arg), void *arg,
	struct error *e);

#endif
