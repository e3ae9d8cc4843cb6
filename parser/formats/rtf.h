/*
 * The text of RTF: paragraphs as lines, cells with tabs between. Inside
 * parser/formats/ only.
 */
#ifndef PARSER_FORMATS_RTF_H
#define PARSER_FORMATS_RTF_H

#include <stddef.h>

#include "base/error.h"

/*
 * The caller frees *text_r (wipe_free), UTF-8. ERROR_BAD: no RTF, or octets
 * that are not of its charset; ERROR_LIMIT: nested too deep, more than limit
 * octets come out.
 */
int rtf_text(const void *octets, size_t length, size_t limit, char **text_r,
	struct error *e);

#endif
