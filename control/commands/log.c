/*
 * log: the journal, as people read it or as it is. It is read by csrcadm
 * itself, since it matters most when nothing else works.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/commands/commands.h"
#include "control/journal.h"
#include "control/output.h"

static void
say_words(FILE *out, const json_t *words)
{
	char cell[OUTPUT_CELL_SIZE];
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
	{
		const char *text = json_string_value(word);

		fprintf(out, " %s",
			text != NULL ? output_cell(text, cell) : "?");
	}
	putc('\n', out);
}

static const char *
text_of(const json_t *line, const char *name, char out[OUTPUT_CELL_SIZE])
{
	const char *text = json_string_value(json_object_get(line, name));

	return output_cell(text != NULL && text[0] != '\0' ? text : "-", out);
}

static void
say(FILE *out, const json_t *line)
{
	const json_t *code = json_object_get(line, "exit");
	char cell[OUTPUT_CELL_SIZE];

	fprintf(out, "%s", text_of(line, "time", cell));
	fprintf(out, " %s", text_of(line, "user", cell));
	fprintf(out, " %s ", text_of(line, "role", cell));
	if (json_is_integer(code))
		fprintf(out, "%d", (int)json_integer_value(code));
	else
		putc('?', out);
	say_words(out, json_object_get(line, "command"));
}

/* What is no line (the power failed in it) is passed over. */
static void
say_all(const struct command_context *c, FILE *journal)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length;
	json_t *line;

	while (!command_over(c) &&
		(length = getline(&text, &size, journal)) > 0) {
		line = json_loadb(text, (size_t)length, 0, NULL);
		if (line != NULL && c->json)
			(void)output_json(c->out, NULL, "O", line);
		else if (line != NULL)
			say(c->out, line);
		json_decref(line);
	}
	free(text);
}

enum exit_code
command_log(struct command_context *c, const struct arguments *a)
{
	const char *directory = c->rules->settings->state_directory;
	struct error e;

	(void)a;
	for (int before = 1; before >= 0; before--) {
		FILE *journal = journal_open(directory, before == 1, &e);

		if (journal == NULL && e.code != ERROR_NONE)
			return command_failed(c, &e);
		if (journal == NULL)
			continue;
		say_all(c, journal);
		fclose(journal);
	}
	return EXIT_DONE;
}
