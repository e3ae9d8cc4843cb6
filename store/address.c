/*
 * The canonical form of a mail address (RFC 5321 section 4.1.2, RFC 6531), so
 * that one mailbox is one row however an MTA writes it. A domain in another
 * alphabet becomes what the DNS has for it (libidn2, UTS #46 as Postfix does);
 * a local part stays as it is beyond ASCII, since its letters are the
 * mailbox's own affair.
 */
#include <idn2.h>
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

/* RFC 6531: whatever is not ASCII belongs to an atom. */
static bool
is_atext(unsigned char c)
{
	return is_alnum(c) || c >= 0x80 ||
		(c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Dot-string: atoms with single dots between. */
static bool
is_dot_string(const char *text, size_t length)
{
	bool dot = true;

	for (size_t i = 0; i < length; i++) {
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

	if (length == 0 || length > DOMAIN_MAX)
		return false;
	if (literal)
		return length > 2 && text[length - 1] == ']' &&
			strspn(text + 1, "0123456789abcdefABCDEFIPvipV:.-") ==
			length - 2;
	for (size_t i = 0; i < length; i++)
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
		if ((unsigned char)*at < ' ' || *at == 0x7f ||
			length == LOCAL_MAX)
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
	size_t used = 0;

	if (is_dot_string(local, length)) {
		memcpy(out, local, length);
		return length;
	}
	out[used++] = '"';
	for (size_t i = 0; i < length; i++) {
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

static bool
is_utf8(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text), length = 1;

	while (left > 0 && (length = text_utf8(at, left)) != 0) {
		at += length;
		left -= length;
	}
	return left == 0;
}

/* The domain in ASCII. What is ASCII stays as it is. */
static bool
ascii_domain(const char *domain, char out[DOMAIN_MAX + 2])
{
	const size_t size = DOMAIN_MAX + 2;
	char *ascii = NULL;
	bool fits;

	if (text_ascii(domain))
		return text_copy(out, size, domain);
	fits = idn2_to_ascii_8z(domain, &ascii,
		       IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
		text_copy(out, size, ascii);
	idn2_free(ascii);
	return fits;
}

bool
registry_address_base(
	const char *address, const char *delimiters, char out[ADDRESS_SIZE])
{
	const bool quoted = address[0] == '"';
	const char *domain = strrchr(address, '@');
	size_t first = quoted ? 2 : 1;
	size_t length;
	char whole[ADDRESS_SIZE + 1];

	if (domain == NULL || (size_t)(domain - address) <= first)
		return false;
	length = first + strcspn(address + first, delimiters);
	if (length >= (size_t)(domain - address) - (quoted ? 1 : 0))
		return false;
	/* Less may need no quotes any more. */
	return text_format(whole, sizeof(whole), "%.*s%s%s", (int)length,
		       address, quoted ? "\"" : "", domain) &&
		registry_address(whole, out);
}

bool
registry_address(const char *text, char out[ADDRESS_SIZE])
{
	/* room for a source route, which nobody sends any more */
	char whole[2 * ADDRESS_SIZE], local[LOCAL_MAX];
	char quoted[2 * LOCAL_MAX + 2], domain[DOMAIN_MAX + 2];
	const char *at = whole;
	size_t length, size, used;

	out[0] = '\0';
	if (!strip(text, whole, sizeof(whole)) || !is_utf8(whole))
		return false;
	if (*at == '@' && (at = strchr(at, ':')) != NULL)
		at++;
	if (at == NULL || (at = read_local(at, local, &length)) == NULL ||
		*at != '@')
		return false;
	if (!ascii_domain(at + 1, domain))
		return false;
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
