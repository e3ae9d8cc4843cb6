/*
 * How a text might be laid out, tried one way after the other: for drafts.
 * Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_TRIAL_H
#define PARSER_FORMATS_TRIAL_H

#include "base/error.h"
#include "parser/formats/document.h"
#include "parser/formats/format.h"
#include "parser/formats/pairs.h"

/* What a value looks like. */
enum shape { SHAPE_TEXT, SHAPE_NUMBER, SHAPE_NONE };
/* sign_r: between thousands, or '\0'; unit_r: what follows the digits. */
enum shape trial_shape(const char *value, char *sign_r, const char **unit_r);

struct trial {
	struct format format; /* layout, separators, sections; no more */
	const char *separator, *sections, *matrix; /* as files say; or NULL */
	struct pairs pairs;                        /* of the first report */
	int score;                                 /* how much sense it makes */
	/* The element or label that begins each report, if there are several;
	 * of XML, the pair's names. "": none. */
	char record[64], pair_name[64], pair_value[64];
};

/* The best of all ways; clear it in any case. -1: trouble. */
int trial_best(const struct document *document, struct trial *trial_r,
	struct error *e);
void trial_clear(struct trial *trial);

#endif
