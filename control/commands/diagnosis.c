/*
 * Rows are said as they are found: what comes later may take its time.
 */
#include "control/commands/diagnosis.h"

#include <stdarg.h>

#include "control/output.h"
#include "base/text.h"

static const char *const names[] = {
	[SEEN_OK] = "ok",
	[SEEN_WRONG] = "wrong",
	[SEEN_NOT] = "not seen",
};

void
diagnosis_row(struct diagnosis *d, enum diagnosis_state state, const char *what,
	const char *cure, const char *fmt, ...)
{
	struct error how;
	va_list values;

	/* as an error's: one line of printable ASCII */
	va_start(values, fmt);
	error_setv(&how, ERROR_NONE, fmt, values);
	va_end(values);
	d->count[state]++;
	if (d->c->json) {
		d->failed = d->failed ||
			output_json(d->c->out, &d->e, "{s:s,s:s,s:s,s:s*}",
				"check", what, "state", names[state], "text",
				how.text, "type", cure) == -1;
		return;
	}
	fprintf(d->c->out, "%-8s  %s: %s\n", names[state], what, how.text);
	if (cure != NULL && state != SEEN_OK)
		fprintf(d->c->out, "          type: %s\n", cure);
	fflush(d->c->out);
}

enum exit_code
diagnosis_end(struct diagnosis *d)
{
	if (d->failed)
		return command_failed(d->c, &d->e);
	if (!d->c->json)
		fprintf(d->c->out, "%u ok, %u wrong, %u not seen\n",
			d->count[SEEN_OK], d->count[SEEN_WRONG],
			d->count[SEEN_NOT]);
	return d->count[SEEN_WRONG] == 0 ? EXIT_DONE : EXIT_NO;
}
