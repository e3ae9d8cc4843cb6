/*
 * Pins, sorted by address, and their file: a line an address,
 *
 *	ADDRESS ID BOOTS TIME FIRST LAST [ID BOOTS SINCE]
 *
 * with what was met instead in the brackets. Clocks go on by themselves, so the
 * file need not be written because of them unless they are not what it says.
 */
#include "agent/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/host.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"

enum {
	LINE_MAX_OCTETS = 512,
	FIELDS = 6,
	FIELDS_CHANGED = 9,
	FIELD_SIZE = 2 * ENGINE_ID_MAX + 1,
	DRIFT = 30,     /* seconds that a clock may be off its line */
	OLD = 24 * 3600 /* seconds after which a line is written anyway */
};

struct pin {
	unsigned char key[HOST_KEY_SIZE];
	struct engine_id id, other;
	uint32_t boots, time, other_boots;
	int64_t first, last, other_since;
	int64_t written; /* last, as the file has it */
};

struct engines {
	char *path;
	struct pin *pins;
	size_t count, room;
	bool changed;
};

bool
engine_id_same(const struct engine_id *a, const struct engine_id *b)
{
	return a->length == b->length &&
		memcmp(a->octets, b->octets, a->length) == 0;
}

/* The first place that is not before the key. */
static size_t
place_of(const struct engines *engines, const unsigned char *key, bool *same_r)
{
	size_t low = 0, high = engines->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (memcmp(engines->pins[middle].key, key, HOST_KEY_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*same_r = low < engines->count &&
		memcmp(engines->pins[low].key, key, HOST_KEY_SIZE) == 0;
	return low;
}

static struct pin *
find(const struct engines *engines, const struct sockaddr_storage *address)
{
	unsigned char key[HOST_KEY_SIZE];
	size_t place;
	bool same;

	host_key(address, key);
	place = place_of(engines, key, &same);
	return same ? &engines->pins[place] : NULL;
}

static int
make_room(struct engines *engines, struct error *e)
{
	const size_t room = engines->room == 0 ? 64 : engines->room * 2;
	struct pin *pins;

	if (engines->count == ENGINES_MAX)
		return error_set(
			e, ERROR_LIMIT, "more than %d engines", ENGINES_MAX);
	if (engines->count < engines->room)
		return 0;
	pins = reallocarray(engines->pins, room, sizeof(*pins));
	if (pins == NULL)
		return error_memory(e);
	engines->pins = pins;
	engines->room = room;
	return 0;
}

/* At its place. ERROR_EXISTS. */
static int
insert(struct engines *engines, const struct pin *pin, struct error *e)
{
	bool same;
	const size_t place = place_of(engines, pin->key, &same);

	if (same)
		return error_set(e, ERROR_EXISTS, "the address is there twice");
	if (make_room(engines, e) != 0)
		return -1;
	memmove(engines->pins + place + 1, engines->pins + place,
		(engines->count - place) * sizeof(*pin));
	engines->pins[place] = *pin;
	engines->count++;
	return 0;
}

static bool
read_id(const char *hex, struct engine_id *id_r)
{
	const int length = text_unhex(hex, id_r->octets, ENGINE_ID_MAX);

	if (length < ENGINE_ID_MIN)
		return false;
	id_r->length = (size_t)length;
	return true;
}

static bool
read_number(const char *text, int64_t most, int64_t *number_r)
{
	const size_t length = strlen(text);

	if (length < 1 || length > 18 || strspn(text, "0123456789") != length)
		return false;
	*number_r = strtoll(text, NULL, 10);
	return *number_r <= most;
}

static bool
read_count(const char *text, uint32_t *count_r)
{
	int64_t number;

	if (!read_number(text, UINT32_MAX, &number))
		return false;
	*count_r = (uint32_t)number;
	return true;
}

/* The line's words; 0: they are too many, or one is too long. */
static size_t
split(const char *line, char fields[FIELDS_CHANGED][FIELD_SIZE])
{
	const char *word;
	size_t count = 0, length;

	while ((length = text_word(&line, &word)) > 0) {
		if (count == FIELDS_CHANGED || length >= FIELD_SIZE)
			return 0;
		memcpy(fields[count], word, length);
		fields[count++][length] = '\0';
	}
	return count;
}

static bool
read_pin(const char *line, struct pin *pin)
{
	char fields[FIELDS_CHANGED][FIELD_SIZE];
	const size_t count = split(line, fields);
	struct sockaddr_storage address;

	memset(pin, 0, sizeof(*pin));
	if ((count != FIELDS && count != FIELDS_CHANGED) ||
		!host_read(fields[0], HOST_PORT, &address) ||
		!read_id(fields[1], &pin->id) ||
		!read_count(fields[2], &pin->boots) ||
		!read_count(fields[3], &pin->time) ||
		!read_number(fields[4], INT64_MAX, &pin->first) ||
		!read_number(fields[5], INT64_MAX, &pin->last))
		return false;
	host_key(&address, pin->key);
	pin->written = pin->last;
	return count == FIELDS ||
		(read_id(fields[6], &pin->other) &&
			read_count(fields[7], &pin->other_boots) &&
			read_number(fields[8], INT64_MAX, &pin->other_since));
}

static int
read_lines(struct engines *engines, char *text, struct error *e)
{
	struct pin pin;
	char *line;

	for (int number = 1; (line = strsep(&text, "\n")) != NULL; number++) {
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (!read_pin(line, &pin))
			return error_set(e, ERROR_BAD,
				"%s:%d: this is no engine that was met",
				engines->path, number);
		if (insert(engines, &pin, e) != 0)
			return error_prefix(e, "%s:%d", engines->path, number);
	}
	return 0;
}

static int
read_file(struct engines *engines, struct error *e)
{
	struct buffer text = { .limit = (size_t)ENGINES_MAX * LINE_MAX_OCTETS };
	int rc = 0;

	if (access(engines->path, F_OK) != 0)
		return 0;
	if (file_read(engines->path, &text, e) != 0)
		rc = -1;
	else if (text.length > 0)
		rc = read_lines(engines, (char *)text.data, e);
	buffer_clear(&text);
	return rc;
}

int
engines_open(const char *path, struct engines **engines_r, struct error *e)
{
	struct engines *engines = calloc(1, sizeof(*engines));

	if (engines == NULL)
		return error_memory(e);
	if (path != NULL) {
		engines->path = strdup(path);
		if (engines->path == NULL)
			error_memory(e);
		if (engines->path == NULL || read_file(engines, e) != 0) {
			engines_free(&engines);
			return -1;
		}
	}
	*engines_r = engines;
	return 0;
}

void
engines_free(struct engines **engines)
{
	if (*engines == NULL)
		return;
	free((*engines)->path);
	free((*engines)->pins);
	free(*engines);
	*engines = NULL;
}

static enum buffer_result
write_pin(const struct pin *pin, struct buffer *out)
{
	struct sockaddr_storage address;
	char host[HOST_TEXT_SIZE], id[FIELD_SIZE], other[FIELD_SIZE];
	enum buffer_result result;

	host_of_key(pin->key, &address);
	host_write(&address, host);
	text_hex(pin->id.octets, pin->id.length, id);
	result = buffer_format(out,
		"%s %s %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRId64, host, id,
		pin->boots, pin->time, pin->first, pin->last);
	if (result == BUFFER_OK && pin->other.length > 0) {
		text_hex(pin->other.octets, pin->other.length, other);
		result = buffer_format(out, " %s %" PRIu32 " %" PRId64, other,
			pin->other_boots, pin->other_since);
	}
	return result == BUFFER_OK ? buffer_text(out, "\n") : result;
}

int
engines_save(struct engines *engines, struct error *e)
{
	struct buffer text = { 0 };
	enum buffer_result result = BUFFER_OK;
	int rc;

	if (engines->path == NULL || !engines->changed)
		return 0;
	for (size_t i = 0; i < engines->count && result == BUFFER_OK; i++) {
		result = write_pin(&engines->pins[i], &text);
		engines->pins[i].written = engines->pins[i].last;
	}
	rc = result == BUFFER_OK ? file_write(engines->path, 0600, &text, e)
				 : error_memory(e);
	buffer_clear(&text);
	if (rc == 0)
		engines->changed = false;
	return rc;
}

size_t
engines_count(const struct engines *engines)
{
	return engines->count;
}

bool
engines_at(const struct engines *engines, size_t place, struct engine *one_r)
{
	const struct pin *pin;

	if (place >= engines->count)
		return false;
	pin = &engines->pins[place];
	*one_r = (struct engine){ .id = pin->id,
		.boots = pin->boots,
		.time = pin->time,
		.first = pin->first,
		.last = pin->last,
		.other = pin->other,
		.other_boots = pin->other_boots,
		.other_since = pin->other_since };
	host_of_key(pin->key, &one_r->address);
	return true;
}

bool
engines_find(const struct engines *engines,
	const struct sockaddr_storage *address, struct engine *one_r)
{
	const struct pin *pin = find(engines, address);

	return pin != NULL &&
		engines_at(engines, (size_t)(pin - engines->pins), one_r);
}

static int
pin_new(struct engines *engines, const struct sockaddr_storage *address,
	const struct pin *model, struct error *e)
{
	struct pin pin = *model;

	host_key(address, pin.key);
	engines->changed = true;
	return insert(engines, &pin, e);
}

static void
met_other(struct engines *engines, struct pin *pin, const struct pin *met)
{
	if (!engine_id_same(&pin->other, &met->id) ||
		pin->other_boots != met->boots) {
		if (pin->other.length == 0)
			pin->other_since = met->last;
		pin->other = met->id;
		pin->other_boots = met->boots;
		engines->changed = true;
	}
}

/* Is its clock where the file's line says that it would be by now? */
static bool
foreseen(const struct pin *pin, const struct pin *met)
{
	const int64_t off =
		(int64_t)met->time - pin->time - (met->last - pin->last);

	return met->boots == pin->boots && off <= DRIFT && off >= -DRIFT &&
		met->last - pin->written < OLD;
}

static void
met_again(struct engines *engines, struct pin *pin, const struct pin *met)
{
	if (pin->other.length > 0) {
		pin->other.length = 0;
		engines->changed = true;
	}
	if (met->boots == 0)
		return;
	engines->changed = engines->changed || !foreseen(pin, met);
	pin->boots = met->boots;
	pin->time = met->time;
	pin->last = met->last;
}

int
engines_met(struct engines *engines, const struct sockaddr_storage *address,
	const struct engine_id *id, uint32_t boots, uint32_t time, int64_t now,
	enum engine_state *state_r, struct error *e)
{
	struct pin *pin = find(engines, address);
	const struct pin met = { .id = *id,
		.boots = boots,
		.time = time,
		.first = now,
		.last = now };

	*state_r = ENGINE_NEW;
	if (pin == NULL)
		return pin_new(engines, address, &met, e);
	if (!engine_id_same(&pin->id, id))
		*state_r = ENGINE_CHANGED;
	else if (boots != 0 && boots < pin->boots)
		*state_r = ENGINE_BACK;
	else
		*state_r = ENGINE_KNOWN;
	if (*state_r == ENGINE_KNOWN)
		met_again(engines, pin, &met);
	else
		met_other(engines, pin, &met);
	return 0;
}

int
engines_accept(struct engines *engines, const struct sockaddr_storage *address,
	struct error *e)
{
	struct pin *pin = find(engines, address);

	if (pin == NULL || pin->other.length == 0)
		return error_set(e, ERROR_NOT_FOUND,
			"no other engine was met at this address");
	pin->id = pin->other;
	pin->boots = pin->other_boots;
	pin->time = 0;
	pin->other.length = 0;
	engines->changed = true;
	return 0;
}

int
engines_forget(struct engines *engines, const struct sockaddr_storage *address,
	struct error *e)
{
	struct pin *pin = find(engines, address);
	size_t place;

	if (pin == NULL)
		return error_set(e, ERROR_NOT_FOUND,
			"no engine is known at this address");
	place = (size_t)(pin - engines->pins);
	engines->count--;
	memmove(pin, pin + 1, (engines->count - place) * sizeof(*pin));
	engines->changed = true;
	return 0;
}
