/*
 * A table of places in one long text: a word costs no allocation of its own,
 * of which a million would take longer than the import.
 */
#include "control/commands/seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 4096, OCTETS_MAX = 1 << 28 };

struct seen_word {
	uint32_t place; /* in words, and one; 0: none */
	uint32_t line;
};

static uint32_t
digest(const char *word)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (; *word != '\0'; word++)
		h = (h ^ (unsigned char)*word) * 16777619U;
	return h;
}

static const char *
word_of(const struct seen *s, const struct seen_word *slot)
{
	return (const char *)s->words.data + slot->place - 1;
}

/* Where the word is, or would be. */
static struct seen_word *
find(const struct seen *s, const char *word)
{
	size_t i = digest(word) & (s->room - 1);

	while (s->slots[i].place != 0 &&
		strcmp(word_of(s, &s->slots[i]), word) != 0)
		i = (i + 1) & (s->room - 1);
	return &s->slots[i];
}

/* At most half full. */
static int
make_room(struct seen *s, struct error *e)
{
	struct seen_word *old = s->slots;
	const size_t before = s->room;

	if (2 * (s->count + 1) <= before)
		return 0;
	s->room = before > 0 ? 2 * before : ROOM_FIRST;
	s->slots = calloc(s->room, sizeof(*s->slots));
	if (s->slots == NULL) {
		s->slots = old;
		s->room = before;
		return error_memory(e);
	}
	for (size_t i = 0; i < before; i++) {
		if (old[i].place != 0)
			*find(s, word_of(s, &old[i])) = old[i];
	}
	free(old);
	return 0;
}

long
seen_before(
	struct seen *s, const char *word, unsigned long line, struct error *e)
{
	struct seen_word *slot;
	size_t place;

	if (make_room(s, e) == -1)
		return -1;
	slot = find(s, word);
	if (slot->place != 0)
		return slot->line;
	place = s->words.length;
	s->words.limit = OCTETS_MAX;
	if (buffer_append(&s->words, word, strlen(word) + 1) != BUFFER_OK)
		return error_set(e, ERROR_LIMIT, "the file is too long");
	slot->place = (uint32_t)place + 1;
	slot->line = (uint32_t)line;
	s->count++;
	return 0;
}

void
seen_clear(struct seen *s)
{
	buffer_clear(&s->words);
	free(s->slots);
	memset(s, 0, sizeof(*s));
}
