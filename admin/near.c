/*
 * Verb and noun are looked at together, and in the other order: "add device" is
 * what many say first.
 */
#include "admin/near.h"

#include "base/text.h"
#include "control/command.h"
#include "control/suggest.h"

static const struct command *
near_pair(const char *first, const char *second)
{
	const struct command *rows, *best = NULL;
	size_t count = command_table(&rows), distance = SUGGEST_FAR;
	char words[NEAR_SIZE], turned[NEAR_SIZE], call[NEAR_SIZE];

	(void)text_format(words, sizeof(words), "%s %s", first, second);
	(void)text_format(turned, sizeof(turned), "%s %s", second, first);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].noun == NULL)
			continue;
		(void)text_format(call, sizeof(call), "%s %s", rows[i].verb,
			rows[i].noun);
		if (suggest_near(words, call, &distance) ||
			suggest_near(turned, call, &distance))
			best = &rows[i];
	}
	return best;
}

/* One that is there is no suggestion. */
static const char *
near_verb(const char *word)
{
	const struct command *rows;
	size_t count = command_table(&rows), distance = SUGGEST_FAR;
	const char *best = NULL;

	for (size_t i = 0; i < count; i++) {
		if (suggest_near(word, rows[i].verb, &distance))
			best = rows[i].verb;
	}
	return distance > 0 ? best : NULL;
}

const char *
near_command(int argc, char **argv, char near_r[NEAR_SIZE])
{
	const struct command *pair =
		argc > 1 ? near_pair(argv[0], argv[1]) : NULL;
	const char *verb = argc > 0 ? near_verb(argv[0]) : NULL;

	near_r[0] = '\0';
	if (pair != NULL)
		(void)text_format(
			near_r, NEAR_SIZE, "%s %s", pair->verb, pair->noun);
	else if (verb != NULL)
		(void)text_copy(near_r, NEAR_SIZE, verb);
	return near_r;
}
