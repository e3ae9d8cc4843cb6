/*
 * A list for people: a header line, and below it cells that stand in columns.
 *
 * The first rows are held back to see how wide each column is; a cell that is
 * wider and comes later pushes what is right of it. A list without rows prints
 * nothing, no header either.
 */
#ifndef CONTROL_COLUMNS_H
#define CONTROL_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buffer.h"

enum { COLUMNS_MAX = 12 };

struct columns {
	FILE *out;
	const char *const *names; /* borrowed, in capitals */
	size_t count;
	size_t widths[COLUMNS_MAX];
	size_t rows; /* held back */
	bool flows;  /* nothing is held back any more */
	struct buffer held;
};

void columns_begin(
	struct columns *c, FILE *out, const char *const *names, size_t count);
/* A cell for each name, fit for a terminal; "" is written as "-". */
void columns_row(struct columns *c, const char *const *cells);
/* Writes what is held back still, and frees. To be called in any case. */
void columns_end(struct columns *c);

#endif
