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

/*
 * The same, but a file that is wrong is left out, and so is one that it would
 * have replaced: who reads its mails with other eyes bills other numbers. What
 * is wrong with each is kept.
 */
int formats_load_sound(const char *const *directories, size_t count,
	struct formats **formats_r, struct error *e);
/* What is wrong with the files that were left out; NULL: no more. */
const char *formats_fault(const struct formats *f, size_t index);

/* Calls tie for each two files that fit every text alike: nobody may choose
 * between them. How many. */
size_t formats_ties(const struct formats *f,
	void (*tie)(const char *one, const char *other, void *arg), void *arg);

#endif
