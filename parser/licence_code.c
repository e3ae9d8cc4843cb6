/*
 * The check is a sum modulo 31, a prime, in which each place has a weight of
 * its own and none is 0. So a wrong character changes it, and so do two
 * different ones that change places, wherever they stand: as long as there are
 * fewer places than 31.
 */
#include "parser/licence_code.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/crypto.h"
#include "base/wipe.h"

/* Without 0 and O, 1, I and L. */
static const char alphabet[] = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";

enum {
	BASE = 31,
	GROUP = 4,
	ID_LETTERS = 10,
	PREFIX = 4,
	FAIR = 256 / BASE * BASE /* octets below it give each letter alike */
};

static const char prefix[] = "LIC-";

static int
value_of(char letter)
{
	const char *at = letter != '\0'
		? strchr(alphabet, toupper((unsigned char)letter))
		: NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

/* The weight of the last place is 1. */
static int
sum(const char *letters, size_t count)
{
	int total = 0;

	for (size_t i = 0; i < count; i++)
		total += (int)(count - i) * value_of(letters[i]);
	return total % BASE;
}

/* By chance; the last one is the check character. */
static int
draw(char *letters, size_t count, struct error *e)
{
	unsigned char octet = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		do {
			if (crypto_random(&octet, 1, e) == -1)
				return -1;
		} while (octet >= FAIR);
		letters[i] = alphabet[octet % BASE];
	}
	letters[count - 1] = alphabet[0];
	letters[count - 1] = alphabet[(BASE - sum(letters, count)) % BASE];
	wipe(&octet, sizeof(octet));
	return 0;
}

/* Reads count of them, in upper case; name is what they make. */
static int
take(const char *text, size_t length, char *letters, size_t count,
	const char *name, struct error *e)
{
	size_t found = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == ' ' || text[i] == '-')
			continue;
		if (value_of(text[i]) == -1)
			return error_set(e, ERROR_BAD,
				"\"%.1s\" is in no %s: it has A to Z and 2 to "
				"9, without I, L and O",
				text + i, name);
		if (found < count)
			letters[found] = (char)toupper((unsigned char)text[i]);
		found++;
	}
	if (found != count)
		return error_set(e, ERROR_BAD,
			"a %s has %zu characters, and this has %zu", name,
			count, found);
	return sum(letters, count) == 0
		? 0
		: error_set(e, ERROR_BAD,
			  "mistyped: a character of "
			  "the %s is wrong, or two have "
			  "changed places",
			  name);
}

static void
group(const char *letters, char *out)
{
	for (size_t i = 0; i < LICENCE_LETTERS; i++) {
		if (i > 0 && i % GROUP == 0)
			*out++ = '-';
		*out++ = letters[i];
	}
	*out = '\0';
}

int
licence_code_make(char out[LICENCE_CODE_SIZE], struct error *e)
{
	char letters[LICENCE_LETTERS];

	out[0] = '\0';
	if (draw(letters, sizeof(letters), e) == -1)
		return -1;
	group(letters, out);
	wipe(letters, sizeof(letters));
	return 0;
}

int
licence_code_read(const char *text, size_t length, char out[LICENCE_CODE_SIZE],
	struct error *e)
{
	char letters[LICENCE_LETTERS];
	int rc =
		take(text, length, letters, sizeof(letters), "licence code", e);

	out[0] = '\0';
	if (rc == 0)
		group(letters, out);
	wipe(letters, sizeof(letters));
	return rc;
}

void
licence_code_letters(
	const char code[LICENCE_CODE_SIZE], char out[LICENCE_LETTERS])
{
	for (size_t i = 0; i < LICENCE_LETTERS; i++)
		out[i] = code[i + i / GROUP];
}

static void
name_id(const char *letters, char out[LICENCE_ID_SIZE])
{
	memcpy(out, prefix, PREFIX);
	memcpy(out + PREFIX, letters, ID_LETTERS);
	for (size_t i = 0; i < LICENCE_ID_SIZE - 1; i++)
		out[i] = (char)tolower((unsigned char)out[i]);
	out[LICENCE_ID_SIZE - 1] = '\0';
}

int
licence_id_make(char out[LICENCE_ID_SIZE], struct error *e)
{
	char letters[ID_LETTERS];

	out[0] = '\0';
	if (draw(letters, sizeof(letters), e) == -1)
		return -1;
	name_id(letters, out);
	return 0;
}

/* Does it begin as all do? The rest has its own check. */
static bool
has_prefix(const char *text, size_t length)
{
	if (length < PREFIX)
		return false;
	for (size_t i = 0; i < PREFIX; i++)
		if (toupper((unsigned char)text[i]) != prefix[i])
			return false;
	return true;
}

int
licence_id_read(const char *text, size_t length, char out[LICENCE_ID_SIZE],
	struct error *e)
{
	char letters[ID_LETTERS];

	out[0] = '\0';
	if (!has_prefix(text, length))
		return error_set(e, ERROR_BAD,
			"a licence's id is \"lic-\" and %d characters",
			ID_LETTERS);
	if (take(text + PREFIX, length - PREFIX, letters, sizeof(letters),
		    "licence id", e) == -1)
		return -1;
	name_id(letters, out);
	return 0;
}
