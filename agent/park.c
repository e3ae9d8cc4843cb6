/*
 * A sorted array: thousands of printers, looked up by address, changed seldom.
 */
#include "agent/park.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/discover.h"
#include "agent/host.h"
#include "base/text.h"

/* The same serial at another address so lately is somebody else's. */
enum { LATELY = 7 * 86400 };

void
park_clear(struct park *park)
{
	free(park->printers);
	memset(park, 0, sizeof(*park));
}

/* Where it is, or would be. */
static size_t
place_of(const struct park *park, const struct sockaddr_storage *address,
	bool *there_r)
{
	unsigned char want[HOST_KEY_SIZE], have[HOST_KEY_SIZE];
	size_t low = 0, high = park->count, middle;
	int order;

	host_key(address, want);
	*there_r = false;
	while (low < high) {
		middle = low + (high - low) / 2;
		host_key(&park->printers[middle].address, have);
		order = memcmp(have, want, sizeof(want));
		*there_r |= order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct park_printer *
park_find(const struct park *park, const struct sockaddr_storage *address)
{
	bool there;
	size_t place = place_of(park, address, &there);

	return there ? &park->printers[place] : NULL;
}

static int
make_room(struct park *park, struct error *e)
{
	size_t room = park->room == 0 ? 64 : 2 * park->room;
	struct park_printer *printers;

	if (park->count < park->room)
		return 0;
	if (park->count >= PARK_MAX)
		return error_set(
			e, ERROR_LIMIT, "more than %d printers", PARK_MAX);
	printers = reallocarray(park->printers, room, sizeof(*printers));
	if (printers == NULL)
		return error_memory(e);
	park->printers = printers;
	park->room = room;
	return 0;
}

struct park_printer *
park_add(struct park *park, const struct sockaddr_storage *address,
	const char *section, int64_t now, struct error *e)
{
	bool there;
	size_t place = place_of(park, address, &there);
	struct park_printer *p;

	if (there)
		return &park->printers[place];
	if (make_room(park, e) == -1)
		return NULL;
	p = &park->printers[place];
	memmove(p + 1, p, (park->count - place) * sizeof(*p));
	park->count++;
	park->changed = true;
	memset(p, 0, sizeof(*p));
	p->address = *address;
	p->found = now;
	text_copy(p->section, sizeof(p->section), section);
	return p;
}

/* Is its serial at its address still? One that was asked since and said nothing
 * has moved; a time far ahead is of a clock that was wrong. */
static bool
still_there(const struct park_printer *p, int64_t now)
{
	return p->heard > now - LATELY && p->heard < now + LATELY &&
		strcmp(p->outcome, "silent") != 0 &&
		strcmp(p->outcome, "conflict") != 0;
}

const struct park_printer *
park_other(const struct park *park, const struct park_printer *printer,
	const char *serial, int64_t now)
{
	for (size_t i = 0; i < park->count; i++) {
		const struct park_printer *p = &park->printers[i];

		if (p != printer && strcmp(p->serial, serial) == 0 &&
			still_there(p, now))
			return p;
	}
	return NULL;
}

/* --- as it is configured --- */

static void
drop_stale(struct park *park, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < park->count; i++) {
		struct park_printer *p = &park->printers[i];
		int64_t last = p->heard > p->found ? p->heard : p->found;

		if (!p->covered || (!p->listed && last + PARK_FORGOTTEN < now))
			continue;
		park->printers[kept++] = *p;
	}
	park->changed |= kept != park->count;
	park->count = kept;
}

static int
add_all(struct park *park, const struct dca_printers *section,
	const struct ranges *ranges, int64_t now, struct error *e)
{
	struct sockaddr_storage address;
	struct park_printer *p;

	for (size_t i = 0; ranges_at(ranges, i, &address); i++) {
		p = park_add(park, &address, section->name, now, e);
		if (p == NULL)
			return -1;
		text_copy(p->section, sizeof(p->section), section->name);
		p->listed = true;
	}
	return 0;
}

int
park_ranges(const struct dca_printers *section, bool hosts,
	struct ranges **ranges_r, struct error *e)
{
	const uint16_t port = (uint16_t)section->port;
	const char *at = section->addresses, *word;
	struct sockaddr_storage ignored;
	char range[128];
	size_t length;
	int rc = 0;

	*ranges_r = ranges_make();
	if (*ranges_r == NULL)
		return error_memory(e);
	while (rc == 0 && (length = text_word(&at, &word)) > 0) {
		if (!text_format(
			    range, sizeof(range), "%.*s", (int)length, word))
			rc = error_set(e, ERROR_BAD, "addresses: too long");
		else if (!hosts || host_read(range, port, &ignored))
			rc = ranges_add(*ranges_r, range, port, e);
	}
	if (rc == -1)
		ranges_free(ranges_r);
	return rc;
}

/* Which of those that are known are still in its ranges. */
static int
cover_section(
	struct park *park, const struct dca_printers *section, struct error *e)
{
	struct sockaddr_storage address;
	struct park_printer *p;
	struct ranges *ranges;

	if (park_ranges(section, false, &ranges, e) == -1)
		return -1;
	for (size_t i = 0; ranges_at(ranges, i, &address); i++) {
		p = park_find(park, &address);
		if (p != NULL && text_equal_nocase(p->section, section->name))
			p->covered = true;
	}
	ranges_free(&ranges);
	return 0;
}

/* Ranges without discovery whole, and of others what is one address. */
static int
match_section(struct park *park, const struct dca_printers *section,
	int64_t now, struct error *e)
{
	struct ranges *ranges;
	int rc;

	if (park_ranges(section, section->discover != 0, &ranges, e) == -1)
		return -1;
	rc = add_all(park, section, ranges, now, e);
	ranges_free(&ranges);
	return rc == 0 ? cover_section(park, section, e) : -1;
}

int
park_match(struct park *park, const struct dca_configuration *c, int64_t now,
	struct error *e)
{
	for (size_t i = 0; i < park->count; i++)
		park->printers[i].listed = park->printers[i].covered = false;
	for (size_t i = 0; i < c->printer_count; i++)
		if (match_section(park, &c->printers[i], now, e) == -1)
			return error_prefix(e, "%s:%d: printers %s", c->path,
				c->printers[i].line, c->printers[i].name);
	drop_stale(park, now);
	return 0;
}
