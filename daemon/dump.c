/*
 * An option that is given and one that has the same value by default are told
 * apart, since the default may be another one some day.
 */
#include "daemon/dump.h"

#include <sysexits.h>

#include "config/settings.h"

enum { VALUE_SIZE = 4096 };

static void
write_option(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s =%s%s\n", name, value[0] != '\0' ? " " : "", value);
}

static int
finish(FILE *out)
{
	return fflush(out) == EOF ? EX_OSERR : EX_OK;
}

int
dump_settings(FILE *out, const char *config, struct error *e)
{
	const struct option_info *rows;
	size_t count = settings_options(&rows);
	struct settings *s;
	char value[VALUE_SIZE];

	if (settings_load(config, &s, e) == -1)
		return EX_CONFIG;
	for (size_t i = 0; i < count; i++) {
		int line = settings_line(s, i);

		if (settings_value(s, rows[i].name, value, sizeof(value)) == -1)
			continue;
		if (line != 0)
			fprintf(out, "# %s:%d\n", s->path, line);
		else
			fputs("# default\n", out);
		write_option(out, rows[i].name, value);
	}
	settings_free(&s);
	return finish(out);
}

int
dump_defaults(FILE *out)
{
	const struct option_info *rows;
	size_t count = settings_options(&rows);

	for (size_t i = 0; i < count; i++)
		write_option(out, rows[i].name, rows[i].fallback);
	return finish(out);
}
