/*
 * Words that makers use, in many languages, for the draft of a format file. The
 * readers know none of them. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_LEXICON_H
#define PARSER_FORMATS_LEXICON_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/formats/document.h"
#include "parser/formats/format.h"

/* What a label that has no number may mean: LABEL_SERIAL, _MODEL, _DATE, or
 * LABEL_OTHER. */
enum label_use lexicon_use(const char *label);

/* A name of csrc-report(5) for a counter of this label; never empty. */
enum { LEXICON_NAME_SIZE = 64 };
void lexicon_counter(const char *label, char out[LEXICON_NAME_SIZE]);

/* Does it say that something is counted? */
bool lexicon_counts(const char *label);

/* Charsets of those languages, to be tried. */
extern const struct charsets lexicon_charsets;

/* Patterns of dates that are seen; NULL ends them. */
extern const char *const lexicon_dates[];

#endif
