#include "admin/adopt.h"

#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/text.h"
#include "control/output.h"

static const struct {
	const char *option;
	const char *asked;
	const char *member; /* of what was seen; NULL: "optional" */
} questions[ADOPT_WORDS] = {
	{ "protection", "must its mail be sealed (required), or not (optional)",
		NULL },
	{ "from", "the sender of its plain mail, or any", "sender" },
	{ "network", "the network that this comes from, or any", "client" },
};

bool
adopt_wanted(const struct command *row, const struct arguments *a)
{
	if (row->noun == NULL || strcmp(row->noun, "adopt") != 0 ||
		isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
		return false;
	for (size_t i = 0; i < ADOPT_WORDS; i++)
		if (!options_given(a, questions[i].option))
			return true;
	return false;
}

/* What was seen of the serial; NULL: nothing. */
static json_t *
find(const char *serial, FILE *seen)
{
	const char *found;
	json_t *object;

	while ((object = json_loadf(seen, JSON_DISABLE_EOF_CHECK, NULL)) !=
		NULL) {
		found = json_string_value(json_object_get(object, "serial"));
		if (found != NULL && text_equal_nocase(found, serial))
			return object;
		json_decref(object);
	}
	return NULL;
}

static const char *
offered(size_t question, const json_t *seen)
{
	const char *value = questions[question].member != NULL
		? json_string_value(
			  json_object_get(seen, questions[question].member))
		: "optional";

	return value != NULL ? value : "any";
}

/* The answer's line; "": Enter, or nobody answers. */
static void
ask(size_t question, const char *offer, char answer[ADOPT_WORD_SIZE])
{
	char cell[OUTPUT_CELL_SIZE];

	fprintf(stderr, "%s [%s]: ", questions[question].asked,
		output_cell(offer, cell));
	fflush(stderr);
	if (fgets(answer, ADOPT_WORD_SIZE / 2, stdin) == NULL) {
		putc('\n', stderr);
		answer[0] = '\0';
	}
	answer[strcspn(answer, "\n")] = '\0';
}

void
adopt_ask(const struct arguments *a, FILE *seen, struct adopt *adopt)
{
	json_t *object = find(a->operands[0], seen);
	char answer[ADOPT_WORD_SIZE];
	const char *offer;

	adopt->count = 0;
	for (size_t i = 0; i < ADOPT_WORDS; i++) {
		if (options_given(a, questions[i].option))
			continue;
		offer = offered(i, object);
		ask(i, offer, answer);
		if (answer[0] == '\0')
			(void)text_copy(answer, sizeof(answer), offer);
		(void)text_format(adopt->words[adopt->count++], ADOPT_WORD_SIZE,
			"--%s=%s", questions[i].option,
			strcmp(answer, "any") == 0 ? "" : answer);
	}
	json_decref(object);
}
