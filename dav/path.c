/* RFC 3986. Nothing here normalises: what is not plain is refused. */
#include "dav/path.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { PATH_MAX_OCTETS = 1024 };

/* "a/b", each part with something in it, and no way up. */
static bool
plain(const char *path, bool collection)
{
	size_t length;

	for (;;) {
		length = strcspn(path, "/");
		if (length == 0 || (length == 1 && path[0] == '.') ||
			(length == 2 && strncmp(path, "..", 2) == 0))
			return false;
		if (path[length] == '\0')
			return true;
		path += length + 1;
		if (*path == '\0')
			return collection;
	}
}

static bool
unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c >= '0' && c <= '9') ||
		(c != '\0' && strchr("-._~=/", c) != NULL);
}

static char *
encode(char *out, const char *in)
{
	for (; *in != '\0'; in++) {
		if (unreserved(*in)) {
			*out++ = *in;
		} else {
			*out++ = '%';
			text_hex(in, 1, out);
			text_upper(out);
			out += 2;
		}
	}
	*out = '\0';
	return out;
}

char *
path_join(const char *base, const char *path, bool collection, struct error *e)
{
	const size_t length = strlen(path);
	char *made, *end;

	if (length > PATH_MAX_OCTETS || !plain(path, collection)) {
		error_set(e, ERROR_USAGE, "%s: not a path", path);
		return NULL;
	}
	made = malloc(strlen(base) + 3 * length + 2);
	if (made == NULL) {
		error_memory(e);
		return NULL;
	}
	end = encode(stpcpy(made, base), path);
	if (collection && end[-1] != '/')
		stpcpy(end, "/");
	return made;
}

bool
path_decode(const char *encoded, char *out, size_t size)
{
	unsigned char octet;
	char hex[3] = "";

	for (; *encoded != '\0'; encoded++) {
		octet = (unsigned char)*encoded;
		if (octet == '%') {
			/* a NUL ends it, and is no digit */
			hex[0] = encoded[1];
			hex[1] = encoded[1] != '\0' ? encoded[2] : '\0';
			if (text_unhex(hex, &octet, 1) != 1 || octet == '\0')
				return false;
			encoded += 2;
		}
		if (size < 2)
			return false;
		*out++ = (char)octet;
		size--;
	}
	*out = '\0';
	return true;
}

int
path_child(const char *of, const char *below, char *name_r, size_t size)
{
	char whole[4096], parent[4096];
	const char *name;
	size_t length;

	if (!path_decode(of, whole, sizeof(whole)) ||
		!path_decode(below, parent, sizeof(parent)))
		return -1;
	length = strlen(parent);
	if (strncmp(whole, parent, length) != 0)
		/* itself, without its "/" */
		return strlen(whole) + 1 == length &&
				strncmp(whole, parent, length - 1) == 0
			? 0
			: -1;
	name = whole + length;
	if (*name == '\0')
		return 0;
	length = strcspn(name, "/");
	if (name[length] != '\0' && name[length + 1] != '\0')
		return -1;
	whole[name - whole + (ptrdiff_t)length] = '\0';
	if (length == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -1;
	return text_copy(name_r, size, name) ? 1 : -1;
}
