/*
 * The canonical form of a mail address (RFC 5321 section 4.1.2), so that one
 * mailbox is one row however an MTA writes it. ASCII only: a center's address
 * and a printer's are plain in practice, and case folding of anything else is
 * nobody's idea of simple.
 */
#include <string.h>

#include "base/text.h"
#include "store/registry.h"

enum { LOCAL_MAX = 64, DOMAIN_MAX = 255 };

static bool
is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9');
}

static bool
is_atext(unsigned char c)
{
	return is_alnum(c) ||
		(c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Dot-string: atoms with single dots between. */
static bool
is_dot_string(const char *text, size_t length)
{
	bool dot = true;
	size_t i;

	for (i = 0; i < length; i++) {
		if (text[i] == '.' && dot)
			return false;
		dot = text[i] == '.';
		if (!dot && !is_atext((unsigned char)text[i]))
			return false;
	}
	return length > 0 && !dot;
}

static bool
is_domain(const char *text, size_t length)
{
	bool literal = text[0] == '[';
	size_t i;

	if (length == 0 || length > DOMAIN_MAX)
		return false;
	if (literal)
		return length > 2 && text[length - 1] == ']' &&
			strspn(text + 1, "0123456789abcdefABCDEFIPvipV:.-") ==
			length - 2;
	for (i = 0; i < length; i++)
		if (!is_alnum((unsigned char)text[i]) && text[i] != '-' &&
			text[i] != '.')
			return false;
	return is_dot_string(text, length);
}

/*
 * Reads a quoted local part after its opening quote; what it means, without
 * quotes and backslashes, goes to out. Returns what follows, or NULL.
 */
static const char *
unquote(const char *at, char *out, size_t *length_r)
{
	size_t length = 0;

	for (; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (*at < ' ' || *at > '~' || length == LOCAL_MAX)
			return NULL;
		out[length++] = *at;
	}
	*length_r = length;
	return at + 1;
}

static const char *
read_local(const char *at, char *out, size_t *length_r)
{
	const char *end;

	if (*at == '"')
		return unquote(at + 1, out, length_r);
	end = strchr(at, '@');
	if (end == NULL || end - at > LOCAL_MAX ||
		!is_dot_string(at, (size_t)(end - at)))
		return NULL;
	*length_r = (size_t)(end - at);
	memcpy(out, at, *length_r);
	return end;
}

/* The local part, in quotes only if it needs them. */
static size_t
write_local(const char *local, size_t length, char *out)
{
	size_t used = 0, i;

	if (is_dot_string(local, length)) {
		memcpy(out, local, length);
		return length;
	}
	out[used++] = '"';
	for (i = 0; i < length; i++) {
		if (local[i] == '"' || local[i] == '\\')
			out[used++] = '\\';
		out[used++] = local[i];
	}
	out[used++] = '"';
	return used;
}

/* Copies text without blanks around it and without its angle brackets. */
static bool
strip(const char *text, char *out, size_t size)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && strchr(" \t", text[length - 1]) != NULL)
		length--;
	if (length > 1 && text[0] == '<' && text[length - 1] == '>') {
		text++;
		length -= 2;
	}
	if (length == 0 || length >= size)
		return false;
	memcpy(out, text, length);
	out[length] = '\0';
	return true;
}

bool
registry_address(const char *text, char out[ADDRESS_SIZE])
{
	/* room for a source route, which nobody sends any more */
	char whole[2 * ADDRESS_SIZE], local[LOCAL_MAX];
	char quoted[2 * LOCAL_MAX + 2];
	const char *at = whole, *domain;
	size_t length, size, used;

	out[0] = '\0';
	if (!strip(text, whole, sizeof(whole)))
		return false;
	if (*at == '@' && (at = strchr(at, ':')) != NULL)
		at++;
	if (at == NULL || (at = read_local(at, local, &length)) == NULL ||
		*at != '@')
		return false;
	domain = at + 1;
	size = strlen(domain);
	if (size > 1 && domain[size - 1] == '.')
		size--;
	if (length == 0 || !is_domain(domain, size))
		return false;
	used = write_local(local, length, quoted);
	if (used + 1 + size >= ADDRESS_SIZE)
		return false;
	memcpy(out, quoted, used);
	out[used++] = '@';
	memcpy(out + used, domain, size);
	out[used + size] = '\0';
	text_lower(out);
	return true;
}
