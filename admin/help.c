/*
 * What --help says is what the table says, so it cannot be out of date.
 */
#include "admin/help.h"

#include <string.h>

#include "control/usage.h"
#include "base/text.h"

static void
print_name(FILE *out, const struct command *row)
{
	char call[COMMAND_CALL_SIZE];

	fprintf(out, "csrcadm %s\n", command_synopsis(row, call));
}

/* "SERIAL", "--center ID (-c)", and what it means */
static void
print_argument(FILE *out, const struct argument_spec *s)
{
	char call[USAGE_CALL_SIZE + 16], name[USAGE_CALL_SIZE];

	usage_call(s, name);
	(void)text_format(call, sizeof(call), "%s%s", name,
		s->many && (s->operand != NULL || s->value != NULL) ? " ..."
								    : "");
	if (s->letter != '\0')
		(void)text_format(call + strlen(call),
			sizeof(call) - strlen(call), " (-%c)", s->letter);
	fprintf(out, "  %-30s  %s\n", call, s->meaning);
}

static void
print_arguments(FILE *out, const struct argument_spec *s)
{
	for (; !argument_last(s); s++)
		print_argument(out, s);
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
		print_arguments(out, command_globals());
	for (size_t i = 0; i < count; i++) {
		if (verb != NULL && strcmp(rows[i].verb, verb) != 0)
			continue;
		if (verb == NULL && found == 0)
			putc('\n', out);
		print_name(out, &rows[i]);
		fprintf(out, "        %s\n", rows[i].summary);
		found++;
	}
	if (verb == NULL)
		fprintf(out,
			"csrcadm help [VERB [NOUN]]\n"
			"        print this, or how a verb is called\n");
	return found;
}

void
help_command(FILE *out, const struct command *row)
{
	print_name(out, row);
	fprintf(out, "%s\n", row->summary);
	print_arguments(out, row->takes);
	print_arguments(out, command_globals());
}
