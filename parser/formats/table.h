/*
 * Lines of a text as rows of cells. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_TABLE_H
#define PARSER_FORMATS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

enum { CELLS_MAX = 256 };

/* Where a row's columns are parted at two blanks instead of at a character. */
enum { SEPARATOR_COLUMNS = ' ' };

struct row {
	struct buffer text; /* of the cells, each ended by NUL */
	size_t count;
	struct cell {
		size_t at;         /* in text.data */
		size_t begin, end; /* where on the screen, for columns */
	} cells[CELLS_MAX];
	size_t lines; /* that it takes in the text */
};

/*
 * Reads the row that begins at *text_r and moves that behind it. quotes: a cell
 * may be in quotation marks (RFC 4180). ERROR_BAD: a quoted cell does not end;
 * ERROR_LIMIT: too many cells, or too long; *text_r is then behind the row.
 */
int row_read(const char **text_r, char separator, bool quotes, struct row *row,
	struct error *e);
const char *row_cell(const struct row *row, size_t index);
/* How many cells there are when empty ones at the end are left out. */
size_t row_filled(const struct row *row);
void row_clear(struct row *row);

/*
 * Puts the cells of a row of columns under their heading's: count cells, some
 * of them empty. ERROR_BAD: one stands under none, or two under one.
 */
int row_align(const struct row *heading, struct row *row, struct error *e);

#endif
