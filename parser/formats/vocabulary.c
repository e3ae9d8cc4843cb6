/*
 * Labels are hashed by their first three octets, and so is the text wherever a
 * word may begin.
 */
#include "parser/formats/vocabulary.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "parser/formats/known.h"

enum { BUCKETS = 4096, NONE = -1 };

struct entry {
	const char *label; /* the last part */
	size_t format;
	enum label_use use;
	int next; /* in the bucket */
};

struct vocabulary {
	size_t formats, count;
	struct entry *entries;
	int buckets[BUCKETS];
};

/* By so many octets. */
static unsigned int
bucket_of(const char *text, size_t count)
{
	unsigned int hash = 0;

	for (size_t i = 0; i < count && text[i] != '\0'; i++)
		hash = hash * 31 +
			(unsigned int)tolower((unsigned char)text[i]);
	return hash % BUCKETS;
}

/* A label that is short, or has a blank early on, goes by its first octet. */
static size_t
octets_of(const char *label)
{
	return strcspn(label, " ") < 3 ? 1 : 3;
}

static void
add(struct vocabulary *v, size_t format, const struct label_rule *rule)
{
	struct entry *entry = &v->entries[v->count];
	unsigned int bucket;

	entry->label = rule->label + rule->leaf;
	entry->label += *entry->label == '@';
	entry->format = format;
	entry->use = rule->use;
	bucket = bucket_of(entry->label, octets_of(entry->label));
	entry->next = v->buckets[bucket];
	v->buckets[bucket] = (int)v->count++;
}

struct vocabulary *
vocabulary_make(struct format *const *formats, size_t count)
{
	struct vocabulary *v = calloc(1, sizeof(*v));
	size_t rules = 0;

	if (v == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		rules += formats[i]->rule_count;
	for (size_t i = 0; i < BUCKETS; i++)
		v->buckets[i] = NONE;
	v->formats = count;
	v->entries = calloc(rules + 1, sizeof(*v->entries));
	if (v->entries == NULL) {
		free(v);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < formats[i]->rule_count; j++)
			if (formats[i]->rules[j].use <= LABEL_ALARM)
				add(v, i, &formats[i]->rules[j]);
	return v;
}

void
vocabulary_free(struct vocabulary **vocabulary)
{
	struct vocabulary *old = *vocabulary;

	*vocabulary = NULL;
	if (old == NULL)
		return;
	free(old->entries);
	free(old);
}

static void
look_in(const struct vocabulary *v, unsigned int bucket, const char *text,
	bool *met, struct seen *seen)
{
	for (int i = v->buckets[bucket]; i != NONE; i = v->entries[i].next) {
		const struct entry *entry = &v->entries[i];

		if (met[i] || known_match(text, entry->label) == NULL)
			continue;
		met[i] = true;
		if (entry->use == LABEL_SERIAL)
			seen[entry->format].serial = true;
		else if (entry->use == LABEL_COUNTER ||
			entry->use == LABEL_ALARM)
			seen[entry->format].counter = true;
	}
}

int
vocabulary_look(
	const struct vocabulary *v, const char *text, struct seen *seen_r)
{
	bool *met = calloc(v->count + 1, sizeof(*met)), inside = false;

	if (met == NULL)
		return -1;
	memset(seen_r, 0, v->formats * sizeof(*seen_r));
	for (; *text != '\0'; text++) {
		if (!inside)
			for (size_t octets = 1; octets <= 3; octets += 2)
				look_in(v, bucket_of(text, octets), text, met,
					seen_r);
		inside = isalnum((unsigned char)*text);
	}
	free(met);
	return 0;
}
