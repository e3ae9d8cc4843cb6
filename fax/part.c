/*
 * See part.h. A message's room is taken with its first part, as its number of
 * parts says, which a few octets bound.
 */
#include "fax/part.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/wipe.h"

enum { DIGEST_KEPT = 16, NUMBER_AT = 20, TOTAL_AT = 21 };
static const unsigned char magic[4] = { 'C', 'S', 'F', 1 };

struct message {
	unsigned char digest[DIGEST_KEPT];
	unsigned int total, have;
	bool there[PARTS_MAX + 1]; /* by number */
	size_t last;               /* octets of the last part */
	unsigned char *octets;     /* total * PART_CONTENT */
};

struct assembly {
	size_t count;
	struct message messages[ASSEMBLY_MESSAGES_MAX];
};

static int
digest_of(const void *octets, size_t length, unsigned char out[DIGEST_KEPT],
	struct error *e)
{
	const struct crypto_span span = { octets, length };
	unsigned char whole[SHA256_SIZE];

	if (crypto_sha256(&span, 1, whole, e) == -1)
		return -1;
	memcpy(out, whole, DIGEST_KEPT);
	return 0;
}

int
parts_make(const struct buffer *message,
	int (*each)(
		const void *octets, size_t length, void *arg, struct error *e),
	void *arg, struct error *e)
{
	const size_t total =
		(message->length + PART_CONTENT - 1) / PART_CONTENT;
	unsigned char part[PART_SIZE];
	int rc = 0;

	if (total == 0 || total > PARTS_MAX)
		return error_set(e, ERROR_LIMIT,
			"a message by fax has 1 to %d octets, not %zu",
			PARTS_MESSAGE_MAX, message->length);
	memcpy(part, magic, sizeof(magic));
	if (digest_of(message->data, message->length, part + sizeof(magic),
		    e) == -1)
		return -1;
	part[TOTAL_AT] = (unsigned char)total;
	for (size_t i = 0; rc == 0 && i < total; i++) {
		const size_t from = i * PART_CONTENT;
		const size_t left = message->length - from;
		const size_t length = left < PART_CONTENT ? left : PART_CONTENT;

		part[NUMBER_AT] = (unsigned char)(i + 1);
		memcpy(part + PART_HEADER, message->data + from, length);
		rc = each(part, PART_HEADER + length, arg, e);
	}
	wipe(part, sizeof(part));
	return rc;
}

int
assembly_open(struct assembly **assembly_r, struct error *e)
{
	*assembly_r = calloc(1, sizeof(**assembly_r));
	return *assembly_r != NULL ? 0 : error_memory(e);
}

void
assembly_close(struct assembly **assembly)
{
	struct assembly *a = *assembly;

	for (size_t i = 0; a != NULL && i < a->count; i++) {
		struct message *m = &a->messages[i];

		wipe_free(m->octets);
	}
	free(a);
	*assembly = NULL;
}

/* NULL: there is no room for another one. */
static struct message *
find_message(struct assembly *a, const unsigned char *part, struct error *e)
{
	struct message *m = a->messages;

	for (; m < a->messages + a->count; m++)
		if (memcmp(m->digest, part + sizeof(magic), DIGEST_KEPT) == 0)
			return m;
	if (a->count == ASSEMBLY_MESSAGES_MAX) {
		error_set(e, ERROR_LIMIT, "more than %d messages",
			ASSEMBLY_MESSAGES_MAX);
		return NULL;
	}
	memcpy(m->digest, part + sizeof(magic), DIGEST_KEPT);
	m->total = part[TOTAL_AT];
	m->octets = calloc(m->total, PART_CONTENT);
	if (m->octets == NULL) {
		error_memory(e);
		return NULL;
	}
	a->count++;
	return m;
}

/* All parts but the last are full, and that one is not empty. */
static bool
is_part(const unsigned char *part, size_t length)
{
	return length > PART_HEADER && length <= PART_SIZE &&
		memcmp(part, magic, sizeof(magic)) == 0 &&
		part[NUMBER_AT] >= 1 && part[NUMBER_AT] <= part[TOTAL_AT] &&
		(part[NUMBER_AT] == part[TOTAL_AT] || length == PART_SIZE);
}

int
assembly_take(
	struct assembly *a, const void *octets, size_t length, struct error *e)
{
	const unsigned char *part = octets;
	struct message *m;
	unsigned int number;

	if (!is_part(part, length))
		return error_set(e, ERROR_BAD, "a symbol that is no part");
	m = find_message(a, part, e);
	if (m == NULL)
		return -1;
	number = part[NUMBER_AT];
	if (part[TOTAL_AT] != m->total)
		return error_set(e, ERROR_BAD, "a part of two messages");
	if (m->there[number])
		return 0;
	m->there[number] = true;
	m->have++;
	if (number == m->total)
		m->last = length - PART_HEADER;
	memcpy(m->octets + (size_t)(number - 1) * PART_CONTENT,
		part + PART_HEADER, length - PART_HEADER);
	return 0;
}

size_t
assembly_count(const struct assembly *a)
{
	return a->count;
}

size_t
assembly_missing(const struct assembly *a)
{
	size_t missing = 0;

	for (size_t i = 0; i < a->count; i++)
		missing += a->messages[i].total - a->messages[i].have;
	return missing;
}

int
assembly_message(const struct assembly *a, size_t index, struct buffer *out,
	struct error *e)
{
	const struct message *m = &a->messages[index];
	unsigned char digest[DIGEST_KEPT];
	size_t length;

	if (m->have != m->total)
		return 0;
	length = (size_t)(m->total - 1) * PART_CONTENT + m->last;
	if (digest_of(m->octets, length, digest, e) == -1)
		return -1;
	if (memcmp(digest, m->digest, DIGEST_KEPT) != 0)
		return 0;
	return buffer_append(out, m->octets, length) == BUFFER_OK
		? 1
		: error_memory(e);
}
