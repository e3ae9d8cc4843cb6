/*
 * Format files: how makers' "label value" counter mails are read. One reader,
 * driven by data (*.format files); nothing here knows a maker.
 */
#ifndef PARSER_FORMATS_FORMATS_H
#define PARSER_FORMATS_FORMATS_H

#include <stddef.h>

#include "base/error.h"

struct formats; /* immutable; any thread may read it */

/*
 * Reads every *.format file of the directories, in order of name; a file in a
 * later directory replaces one of the same name in an earlier one. A missing
 * directory is an empty one. Errors begin with "FILE:LINE: ".
 */
int formats_load(const char *const *directories, size_t count,
	struct formats **formats_r, struct error *e);
void formats_free(struct formats **f);
size_t formats_count(const struct formats *f);

#endif
