/*
 * One table has what each kind is called and what its names are made of.
 */
#include "parser/principal.h"

#include <string.h>

#include "base/text.h"

static bool
machine_name(const char *text, size_t length, char *out)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	out[0] = '\0';
	if (length == 0 || length >= MACHINE_NAME_SIZE)
		return false;
	memcpy(out, text, length);
	out[length] = '\0';
	text_upper(out);
	if (strspn(out, good) == length)
		return true;
	out[0] = '\0';
	return false;
}

static const struct {
	const char *prefix;
	bool (*name)(const char *text, size_t length, char *out);
} kinds[] = {
	[PRINCIPAL_DEVICE] = { "device:", claims_serial },
	/* an agent's ID has the syntax of a center's */
	[PRINCIPAL_AGENT] = { "agent:", claims_center },
	[PRINCIPAL_COLLECTOR] = { "collector:", machine_name },
	[PRINCIPAL_SERVER] = { "server:", machine_name },
};

static bool
spell(enum principal_kind kind, const char *name, size_t length,
	char out[PRINCIPAL_SIZE])
{
	char canonical[SERIAL_SIZE];

	out[0] = '\0';
	return kinds[kind].name(name, length, canonical) &&
		text_format(out, PRINCIPAL_SIZE, "%s%s", kinds[kind].prefix,
			canonical);
}

bool
principal_spell(
	enum principal_kind kind, const char *name, char out[PRINCIPAL_SIZE])
{
	return spell(kind, name, strlen(name), out);
}

bool
principal_parse(const char *text, size_t length, char out[PRINCIPAL_SIZE])
{
	size_t skip;

	for (enum principal_kind i = PRINCIPAL_DEVICE; i < PRINCIPAL_KINDS;
		i++) {
		skip = strlen(kinds[i].prefix);
		if (length > skip && memcmp(text, kinds[i].prefix, skip) == 0)
			return spell(i, text + skip, length - skip, out);
	}
	out[0] = '\0';
	return false;
}

const char *
principal_name(const char *principal, enum principal_kind kind)
{
	const size_t skip = strlen(kinds[kind].prefix);

	return strncmp(principal, kinds[kind].prefix, skip) == 0
		? principal + skip
		: NULL;
}

bool
principal_same(const char *a, const char *b)
{
	return a[0] != '\0' && strcmp(a, b) == 0;
}
