/*
 * How many rows are held back is bounded, since a list may have a million of
 * them, and who reads it should not have to wait for the last one.
 */
#include "control/columns.h"

#include <string.h>

enum { ROWS_HELD = 500, OCTETS_HELD = 1 << 18, GAP = 2 };

void
columns_begin(
	struct columns *c, FILE *out, const char *const *names, size_t count)
{
	*c = (struct columns){ .out = out, .names = names, .count = count };
	c->held.limit = OCTETS_HELD;
	for (size_t i = 0; i < count; i++)
		c->widths[i] = strlen(names[i]);
}

static const char *
shown(const char *cell)
{
	return cell[0] != '\0' ? cell : "-";
}

/* Nothing is padded at the end of a line. */
static void
write_row(const struct columns *c, const char *const *cells)
{
	for (size_t i = 0; i + 1 < c->count; i++)
		fprintf(c->out, "%-*s%*s", (int)c->widths[i], shown(cells[i]),
			GAP, "");
	fprintf(c->out, "%s\n", shown(cells[c->count - 1]));
}

static void
release(struct columns *c)
{
	const char *text = (const char *)c->held.data;
	const char *cells[COLUMNS_MAX];

	c->flows = true;
	write_row(c, c->names);
	for (size_t row = 0; row < c->rows; row++) {
		for (size_t i = 0; i < c->count; i++) {
			cells[i] = text;
			text += strlen(text) + 1;
		}
		write_row(c, cells);
	}
	buffer_clear(&c->held);
}

/* All of its cells or none. */
static bool
hold(struct columns *c, const char *const *cells)
{
	const size_t before = c->held.length;

	for (size_t i = 0; i < c->count; i++) {
		size_t length = strlen(cells[i]);

		if (buffer_append(&c->held, cells[i], length + 1) !=
			BUFFER_OK) {
			c->held.length = before;
			return false;
		}
		if (length > c->widths[i])
			c->widths[i] = length;
	}
	c->rows++;
	return true;
}

void
columns_row(struct columns *c, const char *const *cells)
{
	if (!c->flows && c->rows < ROWS_HELD && hold(c, cells))
		return;
	if (!c->flows)
		release(c);
	write_row(c, cells);
}

void
columns_end(struct columns *c)
{
	if (!c->flows && c->rows > 0)
		release(c);
	buffer_clear(&c->held);
}
