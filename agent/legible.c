/*
 * Printers write in the charset of their panel's language, or in none that they
 * tell of: what can be read is kept, the rest cannot do harm.
 */
#include "agent/legible.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* Characters that show nothing, or change how others are shown. */
static const struct {
	uint32_t first, last;
} unseen[] = {
	{ 0x00, 0x20 },
	{ 0x7f, 0xa0 },
	{ 0xad, 0xad },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x3000, 0x3000 },
	{ 0xfeff, 0xfeff },
	{ 0xfff0, 0xfffb },
	{ 0xe0000, 0xe0fff },
};

static bool
is_unseen(uint32_t character)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (character >= unseen[i].first && character <= unseen[i].last)
			return true;
	return false;
}

/* The character of a valid sequence of that length. */
static uint32_t
character_of(const unsigned char *at, size_t length)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t character = at[0] & first[length];

	for (size_t i = 1; i < length; i++)
		character = character << 6 | (at[i] & 0x3f);
	return character;
}

/* One character as UTF-8, from whatever is at at; *used_r octets of it. */
static size_t
take_one(const unsigned char *at, size_t left, size_t *used_r, char sequence[4])
{
	const size_t length = text_utf8(at, left);
	const uint32_t character =
		length == 0 ? at[0] : character_of(at, length);

	*used_r = length == 0 ? 1 : length;
	if (is_unseen(character)) {
		sequence[0] = ' ';
		return 1;
	}
	if (length > 0) {
		memcpy(sequence, at, length);
		return length;
	}
	sequence[0] = (char)(0xc0 | at[0] >> 6);
	sequence[1] = (char)(0x80 | (at[0] & 0x3f));
	return 2;
}

void
legible(const void *octets, size_t length, char *out, size_t size)
{
	const unsigned char *at = octets;
	const unsigned char *const end = at + length;
	char sequence[4];
	size_t used, got, filled = 0;

	/* HP begins texts with the octets of a symbol set, which may be 0 */
	while (at < end && *at < ' ')
		at++;
	for (; at < end && *at != '\0'; at += used) {
		got = take_one(at, (size_t)(end - at), &used, sequence);
		if (sequence[0] == ' ' &&
			(filled == 0 || out[filled - 1] == ' '))
			continue;
		if (filled + got >= size)
			break;
		memcpy(out + filled, sequence, got);
		filled += got;
	}
	if (filled > 0 && out[filled - 1] == ' ')
		filled--;
	out[filled] = '\0';
}
