/*
 * What a table of arguments says of them taken together: how they are written
 * ("SERIAL --center ID [--from ADDRESS]"), and what may not be given so.
 *
 * A row and those that are tied to it make a group. Rows of a group that are
 * tied by TIE_OR begin alternatives, of which one may be given; it must be if
 * the first row of the group is an operand or a required option.
 */
#ifndef CONTROL_USAGE_H
#define CONTROL_USAGE_H

#include "control/options.h"

enum {
	USAGE_CALL_SIZE = 64, /* "--center ID" */
	USAGE_SIZE = 512
};

/* "SERIAL", "--center ID": one row. */
void usage_call(const struct argument_spec *s, char call_r[USAGE_CALL_SIZE]);
/* All of them; "" if there are none. */
void
usage_synopsis(const struct argument_spec *table, char synopsis_r[USAGE_SIZE]);

/* Are there as many operands as the table has? */
bool
usage_operands(const struct argument_spec *table, const struct arguments *a);
/* Is something missing, or there that excludes something else? ERROR_USAGE. */
int usage_check(const struct argument_spec *table, const struct arguments *a,
	struct error *e);

#endif
