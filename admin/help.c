/*
 * What --help says is what the table says, so it cannot be out of date.
 */
#include "admin/help.h"

#include <string.h>

#include "base/text.h"

static void
print_name(FILE *out, const struct command *row)
{
	fprintf(out, "csrcadm %s%s%s%s%s\n", row->verb,
		row->noun != NULL ? " " : "",
		row->noun != NULL ? row->noun : "",
		row->synopsis[0] != '\0' ? " " : "", row->synopsis);
}

/* "--center ID" */
static void
print_option(FILE *out, const struct option_spec *s)
{
	char call[64];
	const bool more = s->value != NULL && s->many;

	(void)text_format(call, sizeof(call), "--%s%s%s%s", s->name,
		s->value != NULL ? " " : "", s->value != NULL ? s->value : "",
		more ? " …" : "");
	if (s->letter != '\0')
		(void)text_format(call + strlen(call),
			sizeof(call) - strlen(call), " (-%c)", s->letter);
	/* "…" is three octets and one column */
	fprintf(out, "  %-*s  %s\n", more ? 32 : 30, call, s->meaning);
}

static void
print_options(FILE *out, const struct option_spec *s)
{
	for (; s != NULL && s->name != NULL; s++)
		print_option(out, s);
}

size_t
help_commands(FILE *out, const char *verb)
{
	const struct command *rows;
	size_t count = command_table(&rows);
	size_t found = 0;

	if (verb == NULL)
		fprintf(out,
			"csrcadm operates the CSRC gateway; see csrcadm(8).\n\n"
			"These options may stand anywhere:\n");
	if (verb == NULL)
		print_options(out, command_globals());
	for (size_t i = 0; i < count; i++) {
		if (verb != NULL && strcmp(rows[i].verb, verb) != 0)
			continue;
		if (verb == NULL && found == 0)
			putc('\n', out);
		print_name(out, &rows[i]);
		fprintf(out, "        %s\n", rows[i].summary);
		found++;
	}
	return found;
}

void
help_command(FILE *out, const struct command *row)
{
	print_name(out, row);
	fprintf(out, "%s\n", row->summary);
	print_options(out, row->options);
	print_options(out, command_globals());
}
