/*
 * A linear look at XML before a library sees it. The lists of WebDAV servers
 * are plain; what is not needed there is refused, since parsers have their
 * flaws in it, or take more time and memory than octets came: DTDs and all else
 * that begins with "<!" (entities, comments, CDATA), processing instructions,
 * other charsets than UTF-8, NULs, tags and texts of more than some thousand
 * octets (attributes are compared each with each), depth.
 */
#ifndef DAV_MARKUP_H
#define DAV_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
	MARKUP_TAG_MAX = 2000,
	MARKUP_TEXT_MAX = 2000, /* neon drops parts of longer ones */
	MARKUP_DEPTH_MAX = 16
};

/* All zero at the start. */
struct markup {
	enum markup_state {
		MARKUP_TEXT,
		MARKUP_OPENED, /* after "<" */
		MARKUP_TAG,
		MARKUP_QUOTED,
		MARKUP_INSTRUCTION
	} state;
	bool began, closing;
	char quote, last;
	int depth;
	size_t length; /* octets in this state of text, or of a tag */
	char declaration[128];
};

/* The next octets of the document, in pieces of any size. ERROR_BAD. */
int markup_look(
	struct markup *m, const char *octets, size_t length, struct error *e);

#endif
