/*
 * The files in a ZIP, in memory. libzip. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_ZIP_H
#define PARSER_FORMATS_ZIP_H

#include <stddef.h>

#include "base/error.h"

enum {
	ZIP_MEMBERS_MAX = 16, /* files */
	ZIP_RATIO_MAX = 200   /* octets out for one in */
};

/*
 * Calls take for each file, one after the other; its octets are the callee's to
 * read until it returns, and its -1 ends the walk. No file may be larger than
 * limit, and all together not than four times that. ERROR_BAD: no ZIP, one
 * that is encrypted or packed in another way than deflate; ERROR_LIMIT.
 */
int zip_each(const void *octets, size_t length, size_t limit,
	int (*take)(const char *name, const unsigned char *octets,
		size_t length, void *arg, struct error *e),
	void *arg, struct error *e);

#endif
