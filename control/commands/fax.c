/*
 * Who may send faxes, for the program that answers the line: it can refuse a
 * machine before it takes a page. What a machine calls itself is no proof.
 */
#include "base/telephone.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "store/registry.h"

struct listing {
	struct command_context *c;
	struct error *e;
};

static int
list_fax(const struct device *d, void *arg)
{
	struct listing *l = arg;
	char pattern[TELEPHONE_PATTERN_SIZE];

	if (command_over(l->c))
		return error_set(l->e, ERROR_TROUBLE, "stopped");
	if (!d->enabled || d->fax[0] == '\0')
		return 0;
	telephone_pattern(d->fax, pattern);
	if (l->c->json)
		return output_json(l->c->out, l->e, "{s:s,s:s,s:s}", "serial",
			d->serial, "fax", d->fax, "pattern", pattern);
	fprintf(l->c->out, "%s # %s\n", pattern, d->serial);
	return ferror(l->c->out)
		? error_set(l->e, ERROR_TROUBLE, "the output is closed")
		: 0;
}

enum exit_code
command_fax_tsi(struct command_context *c, const struct arguments *a)
{
	struct error e = { ERROR_NONE, "" };
	struct listing l = { c, &e };

	(void)a;
	return registry_devices(c->store, list_fax, &l, &e) == 0
		? EXIT_DONE
		: command_failed(c, &e);
}
