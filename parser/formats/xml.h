/*
 * XML as labels and values: an element that holds text is a label by its path,
 * "Device > Usage > Total", and so is an attribute, "Device > @id". libxml2,
 * without network, entities and DOCTYPE. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_XML_H
#define PARSER_FORMATS_XML_H

#include <stddef.h>

#include "base/error.h"
#include "parser/formats/format.h"
#include "parser/formats/pairs.h"

/* Where the element of one report stands in the text. */
struct xml_slice {
	size_t at, length, line;
};

enum { XML_SLICES_MAX = 100000 };

/*
 * The elements of the name that the format's "record" has, those inside others
 * left out; the whole text if it has none. Dates outside of them are added to
 * outside. The caller frees *slices_r. ERROR_BAD: no XML, or such as is not
 * read; ERROR_LIMIT.
 */
int xml_slices(const char *text, size_t length, const struct format *f,
	struct xml_slice **slices_r, size_t *count_r, struct pairs *outside,
	struct error *e);

/*
 * The pairs of one slice. Labels that the format does not know are left out
 * when there are many. Clear pairs_r in any case.
 */
int xml_pairs(const char *text, const struct xml_slice *slice,
	const struct format *f, struct pairs *pairs_r, struct error *e);

#endif
