/*
 * Both ends must be a terminal: what a script feeds or nobody sees is no
 * answer.
 */
#include "admin/confirm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/output.h"

enum { ANSWER_SIZE = 16 };

/* "remove for good: A B? [y/N] " */
static void
ask(const struct command *row, const struct arguments *a)
{
	char cell[OUTPUT_CELL_SIZE];

	fprintf(stderr, "%s %s", row->verb, row->noun != NULL ? row->noun : "");
	for (size_t i = 0; i < a->operand_count; i++)
		fprintf(stderr, " %s", output_cell(a->operands[i], cell));
	fprintf(stderr, ": %s? [y/N] ", row->asks);
	fflush(stderr);
}

bool
confirm(const struct command *row, const struct arguments *a)
{
	char answer[ANSWER_SIZE] = "";

	if (row->asks == NULL || options_given(a, "yes") ||
		isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
		return true;
	ask(row, a);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		putc('\n', stderr);
	return strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0;
}
