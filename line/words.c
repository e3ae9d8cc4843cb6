/*
 * See words.h.
 */
#include "line/words.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

int
words_split(const char *command, const char *number, struct words *w,
	struct error *e)
{
	char *rest = w->text, *word;
	size_t count = 0;

	if (!text_copy(w->text, sizeof(w->text), command))
		return error_set(e, ERROR_BAD, "the command is too long");
	while ((word = strsep(&rest, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		if (count == WORDS_MAX)
			return error_set(e, ERROR_BAD,
				"a command has at most %d words", WORDS_MAX);
		if (strcmp(word, "%n") == 0) {
			if (number == NULL)
				return error_set(
					e, ERROR_BAD, "no number to call");
			word = (char *)(uintptr_t)number;
		}
		w->words[count++] = word;
	}
	w->words[count] = NULL;
	return count > 0 ? 0 : error_set(e, ERROR_BAD, "the command is empty");
}
