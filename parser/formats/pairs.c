/*
 * A list that grows, and is wiped: it may have been sealed.
 */
#include "parser/formats/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "parser/formats/format.h"

/* More room, by doubling: a list costs no more than its length. */
static int
grow(struct pairs *pairs, struct error *e)
{
	struct pair *rows;

	if ((pairs->count & (pairs->count - 1)) != 0)
		return 0;
	rows = reallocarray(pairs->rows,
		pairs->count == 0 ? 1 : 2 * pairs->count, sizeof(*rows));
	if (rows == NULL)
		return error_memory(e);
	pairs->rows = rows;
	return 0;
}

int
pairs_add(struct pairs *pairs, enum pair_kind kind, size_t line,
	const char *name, const char *value, struct error *e)
{
	struct pair *row;

	if (pairs->count == PAIRS_MAX)
		return error_set(
			e, ERROR_LIMIT, "more than %d labels", PAIRS_MAX);
	if (grow(pairs, e))
		return -1;
	row = &pairs->rows[pairs->count];
	row->kind = kind;
	row->line = line;
	row->name = strdup(name);
	row->value = strdup(value);
	if (row->name == NULL || row->value == NULL) {
		wipe_free(row->name);
		wipe_free(row->value);
		return error_memory(e);
	}
	label_collapse(row->name);
	label_collapse(row->value);
	pairs->count++;
	return 0;
}

void
pairs_clear(struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		wipe_free(pairs->rows[i].name);
		wipe_free(pairs->rows[i].value);
	}
	wipe_free(pairs->rows);
	memset(pairs, 0, sizeof(*pairs));
}
