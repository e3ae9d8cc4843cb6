/*
 * A pattern has no octet in it that a file of patterns might take for its own:
 * neither a comment's sign nor a backslash.
 */
#include "base/telephone.h"

#include <string.h>

#include "base/text.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_number(const char *text)
{
	size_t length = 0;

	text += *text == '+';
	while (is_digit(text[length]) || is_letter(text[length]))
		length++;
	return length > 0 && text[length] == '\0';
}

bool
telephone_read(const char *text, char out[TELEPHONE_SIZE])
{
	size_t length = 0;

	for (; *text != '\0' && length < TELEPHONE_SIZE - 1; text++)
		if (strchr(" .-()/", *text) == NULL)
			out[length++] = *text;
	out[length] = '\0';
	text_upper(out);
	text += strspn(text, " .-()/");
	if (*text == '\0' && is_number(out))
		return true;
	out[0] = '\0';
	return false;
}

void
telephone_pattern(const char *number, char out[TELEPHONE_PATTERN_SIZE])
{
	size_t used = 1;

	(void)text_copy(out, TELEPHONE_PATTERN_SIZE, "^");
	for (; *number != '\0'; number++) {
		const char lower = (char)(*number | 0x20);
		char *at = out + used;
		const size_t left = TELEPHONE_PATTERN_SIZE - used;

		if (is_letter(*number))
			text_format(at, left, "[ .-]*[%c%c]", *number, lower);
		else if (is_digit(*number))
			text_format(at, left, "[ .-]*%c", *number);
		else
			text_format(at, left, "[ .-]*[%c]", *number);
		used += strlen(at);
	}
	(void)text_copy(out + used, TELEPHONE_PATTERN_SIZE - used, "[ .-]*$");
}
