/*
 * HTML as the text that somebody would read: a line a block, a line a row of a
 * table with tabs between its cells. libxml2, without network. Inside
 * parser/formats/ only.
 */
#ifndef PARSER_FORMATS_HTML_H
#define PARSER_FORMATS_HTML_H

#include <stddef.h>

#include "base/error.h"

/*
 * html: UTF-8. The caller frees *text_r (wipe_free). ERROR_LIMIT: nested too
 * deep, or more than limit octets come out.
 */
int html_text(const char *html, size_t length, size_t limit, char **text_r,
	struct error *e);

#endif
