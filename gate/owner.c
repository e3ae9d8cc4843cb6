/*
 * For whether a recipient is a center or a device the address must be exactly
 * that. For whether a mail says that it comes from a center it must not be left
 * to one reading of a hostile header: so each "@" is looked at twice, as it
 * stands and with comments, quotes and blanks of the old syntax taken out.
 */
#include "gate/owner.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "gate/gate_inside.h"

/* Nobody has so many names; each costs look-ups. */
enum { NAMED_MAX = 100, DELIMITERS_SIZE = 16 };

/* Looks the address up, and then what is left of it without its extension. */
static int
look_up(struct store *store, const char *address, const char *delimiters,
	int (*get)(struct store *, const char *, char *, struct error *),
	char *name_r, struct error *e)
{
	char exact[ADDRESS_SIZE], base[ADDRESS_SIZE];
	struct error local = { 0 };

	if (!registry_address(address, exact))
		return 0;
	if (get(store, exact, name_r, &local) == 0)
		return 1;
	if (local.code == ERROR_NOT_FOUND &&
		registry_address_base(exact, delimiters, base) &&
		get(store, base, name_r, &local) == 0)
		return 1;
	if (local.code == ERROR_NOT_FOUND)
		return 0;
	return error_set(e, local.code, "%s", local.text);
}

static int
get_device(struct store *store, const char *address, char *serial_r,
	struct error *e)
{
	struct device device;

	if (registry_device_at(store, address, &device, e) == -1)
		return -1;
	memcpy(serial_r, device.serial, sizeof(device.serial));
	return 0;
}

int
owner_center(struct store *store, const char *address, const char *delimiters,
	char center_r[CENTER_ID_SIZE], struct error *e)
{
	return look_up(
		store, address, delimiters, registry_center_of, center_r, e);
}

int
owner_device(struct store *store, const char *address, const char *delimiters,
	char serial_r[SERIAL_SIZE], struct error *e)
{
	return look_up(store, address, delimiters, get_device, serial_r, e);
}

int
gate_center_of(struct gate *gate, const char *address,
	char center_r[CENTER_ID_SIZE], struct error *e)
{
	struct rules *rules = gate_rules(gate);
	int found = owner_center(gate->store, address,
		rules->settings->recipient_delimiter, center_r, e);

	rules_drop(&rules);
	return found;
}

int
gate_device_of(struct gate *gate, const char *address,
	char serial_r[SERIAL_SIZE], struct error *e)
{
	struct rules *rules = gate_rules(gate);
	int found = owner_device(gate->store, address,
		rules->settings->recipient_delimiter, serial_r, e);

	rules_drop(&rules);
	return found;
}

static int
take_first(const char *address, const char *center, void *arg)
{
	(void)center;
	if (!text_ascii(address))
		return 0;
	(void)text_copy(arg, ADDRESS_SIZE, address);
	return 1;
}

int
owner_first(struct store *store, const char *center,
	char address_r[ADDRESS_SIZE], struct error *e)
{
	address_r[0] = '\0';
	return registry_addresses(store, center, take_first, address_r, e) == -1
		? -1
		: 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Of a local part or a domain that needs no quotes, in any alphabet. */
static bool
is_atom(char c)
{
	return c > ' ' ? c != 0x7f && strchr("()<>[]:;@\\,\"", c) == NULL
		       : (unsigned char)c > 0x7f;
}

/* Where the local part that ends before text[at] begins. */
static size_t
local_start(const char *text, size_t at)
{
	size_t start = at;

	if (at > 0 && text[at - 1] == '"') {
		for (start = at - 1; start > 0; start--)
			if (text[start - 1] == '"' &&
				(start < 2 || text[start - 2] != '\\'))
				return start - 1;
		return at;
	}
	while (start > 0 && is_atom(text[start - 1]))
		start--;
	return start;
}

/* Where the domain that begins at text[at] ends. */
static size_t
domain_end(const char *text, size_t at, size_t length)
{
	const char *bracket;

	if (at < length && text[at] == '[') {
		bracket = memchr(text + at, ']', length - at);
		return bracket == NULL ? at : (size_t)(bracket - text) + 1;
	}
	while (at < length && is_atom(text[at]))
		at++;
	return at;
}

/* Looks at each "@" of a text. */
static int
find_center(struct store *store, const char *text, size_t length,
	const char *delimiters, struct error *e)
{
	char address[ADDRESS_SIZE], center[CENTER_ID_SIZE];
	unsigned int seen = 0;
	size_t start, size;
	int found = 0;

	for (size_t at = 0; at < length && found == 0; at++) {
		if (text[at] != '@')
			continue;
		if (++seen > NAMED_MAX)
			return 1;
		start = local_start(text, at);
		size = domain_end(text, at + 1, length) - start;
		if (size >= sizeof(address))
			continue;
		memcpy(address, text + start, size);
		address[size] = '\0';
		found = owner_center(store, address, delimiters, center, e);
	}
	return found;
}

/* Takes comments out. Returns the octet after the one at text[at]. */
static size_t
skip_comment(const char *text, size_t at, size_t length)
{
	unsigned int depth = 0;

	do {
		if (text[at] == '\\')
			at++;
		else if (text[at] == '(')
			depth++;
		else if (text[at] == ')')
			depth--;
		at++;
	} while (depth > 0 && at < length);
	return at < length ? at : length;
}

/* Adds one octet, but no blank beside a dot or an "@". */
static enum buffer_result
add_bare(struct buffer *b, char c)
{
	bool binds = c == '.' || c == '@';
	char last;

	while (binds && b->length > 0 && is_blank((char)b->data[b->length - 1]))
		b->length--;
	last = b->length > 0 ? (char)b->data[b->length - 1] : ' ';
	if (is_blank(c) && (last == '.' || last == '@'))
		return BUFFER_OK;
	return buffer_append(b, &c, 1);
}

/* Without comments, quotes, backslashes, and blanks inside an address. */
static int
strip(const char *text, size_t length, struct buffer *out, struct error *e)
{
	bool quoted = false;
	size_t at = 0;
	char c;

	while (at < length) {
		c = text[at];
		if (c == '(' && !quoted) {
			at = skip_comment(text, at, length);
			c = ' ';
		} else {
			at++;
		}
		if (c == '\\' && at < length)
			c = text[at++];
		else if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (add_bare(out, c) != BUFFER_OK)
			return error_memory(e);
	}
	return 0;
}

int
owner_named(struct store *store, const char *text, size_t length,
	const char *delimiters, struct error *e)
{
	char more[DELIMITERS_SIZE + 1];
	struct buffer bare = { 0 };
	int found = -1;

	if (!text_format(more, sizeof(more), "+%s", delimiters))
		return error_set(e, ERROR_TROUBLE, "too many delimiters");
	if (strip(text, length, &bare, e) == 0)
		found = find_center(store, text, length, more, e);
	if (found == 0)
		found = find_center(
			store, (const char *)bare.data, bare.length, more, e);
	buffer_clear(&bare);
	return found;
}
