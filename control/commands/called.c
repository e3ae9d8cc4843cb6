/*
 * called: what a call on a line has cost, as the program of that channel counts
 * it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/commands/commands.h"
#include "store/registry.h"

static int
read_number(const struct arguments *a, const char *name, uint64_t *number_r,
	struct error *e)
{
	const char *text = options_value(a, name);
	char *end;

	errno = 0;
	*number_r = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9')
		return error_set(e, ERROR_BAD, "--%s: not a number", name);
	return 0;
}

enum exit_code
command_called(struct command_context *c, const struct arguments *a)
{
	struct call_costs costs = { .count = 1 };
	struct error e;

	if (c->channel != NULL && c->channel[0] != '\0' &&
		strcmp(c->channel, registry_channel_name(BY_LINE)) != 0)
		return command_refused(
			c, ERROR_DENIED, "only lines have calls");
	if (read_number(a, "seconds", &costs.seconds, &e) == -1 ||
		read_number(a, "sent", &costs.sent, &e) == -1 ||
		read_number(a, "received", &costs.received, &e) == -1 ||
		registry_called(c->store, a->operands[0], &costs, &e) == -1)
		return command_failed(c, &e);
	return command_done(c, NULL, NULL);
}
